"""What the groups room shows in the members room: stays, a filter, and who is in groups now."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from apps.accounts.admin.base import ScopedTabularInline
from apps.accounts.models import User
from apps.core.numbers import whole
from apps.groups.models import Group, Membership
from apps.members.admin import panels
from apps.members.admin.panels import Fact
from apps.members.models import Member


class StayInline(ScopedTabularInline):
    model = Membership
    tab = True
    can_delete = False
    fields = ["group", "role", "source", "joined_at", "left_at"]
    readonly_fields = fields
    ordering = ["left_at", "-joined_at"]
    verbose_name_plural = _("社群")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("group")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GroupFilter(DropdownFilter):
    title = _("所在社群")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        groups = Group.objects.visible_to(request.user)
        return [(str(pk), name) for pk, name in groups.order_by("name").values_list("pk", "name")[:1_000]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        chosen = whole(self.value())
        if chosen is None:
            return queryset
        stays = Membership.objects.visible_to(request.user).filter(group_id=chosen, left_at__isnull=True)
        return queryset.filter(Exists(stays.filter(member=OuterRef("pk"))))


def group_facts(member: Member, user: User) -> list[Fact]:
    """How many groups the member is in, and how many invitees are still in any (net of those who left)."""
    stays = Membership.objects.visible_to(user).current()
    net = Member.objects.filter(inviter=member).filter(Exists(stays.filter(member=OuterRef("pk")))).count()
    groups = stays.filter(member=member).count()
    link = f"{reverse('admin:groups_membership_changelist')}?member__id__exact={member.pk}"
    return [Fact(_("邀请净人数（仍在群）"), f"{net:,}"), Fact(_("在群"), f"{groups:,}", link)]


panels.inlines.append(StayInline)
panels.filters.append(GroupFilter)
panels.facts.append(group_facts)
