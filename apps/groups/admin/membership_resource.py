"""群成员的 CSV. Phones go out masked (M3); rows are found again by 成员编号, or come in with a full phone."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field

from apps.accounts.admin.import_export import ChoiceWidget, CountWidget, NamedWidget, PlainResource
from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.core.phones import canonical_phone
from apps.groups.enums import MembershipRole, MembershipSource
from apps.groups.models import Group, Membership
from apps.groups.services.memberships import refresh_member_counts, refresh_member_teams
from apps.members.models import Member


class MembershipResource(PlainResource):
    """Current memberships, one per (社群, 成员). A member not yet in the group joins; others change role."""

    group = Field("group", "社群", NamedWidget(Group, "name"))
    member_number = Field("member_id", "成员编号", CountWidget())
    nickname = Field("member__nickname", "昵称", readonly=True)
    phone = Field("member__masked_phone", "手机号", readonly=True)
    role = Field("role", "身份", ChoiceWidget(MembershipRole.choices))

    class Meta(PlainResource.Meta):
        model = Membership
        import_id_fields = ["group"]
        fields = ["group", "member_number", "nickname", "phone", "role"]
        export_order = fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups: set[int] = set()
        self._members: set[int] = set()

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("group", "member")

    def get_instance(self, instance_loader: Any, row: Any) -> Membership | None:
        member = self._member(row)
        name = str(row.get("社群") or "").strip()
        current = self.get_queryset().current().filter(group__name=name, member=member)
        return current.select_related("group", "member").first()

    def init_instance(self, row: Any = None) -> Membership:
        from django.utils import timezone

        return Membership(member=self._member(row), joined_at=timezone.now(), source=MembershipSource.IMPORT)

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        self._groups.add(instance.group_id)
        self._members.add(instance.member_id)
        if instance.group.memberships.current().count() > instance.group.capacity:
            raise ValidationError(_("“%s”满员了，请调大容量或换一个群。") % instance.group)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        refresh_member_counts(self._groups)
        refresh_member_teams(self._members)
        super().after_import(dataset, result, **kwargs)

    def _member(self, row: Any) -> Member:
        number = whole(str(row.get("成员编号") or "").strip())
        text = str(row.get("手机号") or "").strip()
        members = Member.objects.visible_to(self.user) if self.user is not None else Member.objects.all()
        if number is not None:
            found = members.filter(pk=number).first()
        else:
            try:
                found = members.filter(phone=canonical_phone(text)).first()
            except Invalid as error:
                raise ValidationError(str(error)) from error
        if found is None:
            raise ValidationError(_("没有这位成员，或者你看不到。请先导入成员。"))
        return found
