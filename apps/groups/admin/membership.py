"""群成员: who is, or was, in which group."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from apps.accounts.admin.base import ScopedModelAdmin, ScopedTabularInline
from apps.accounts.admin.import_export import SpreadsheetAdminMixin
from apps.core.errors import DomainError, Invalid
from apps.core.numbers import whole
from apps.core.phones import canonical_phone
from apps.groups.admin.membership_resource import MembershipResource
from apps.groups.models import Group, Membership
from apps.groups.services.joining import join, leave
from apps.members.models import Member


class MembershipInline(ScopedTabularInline):
    """Who is in the group now, 25 a page. Adding and leaving have pages of their own."""

    model = Membership
    tab = True
    fields = ["member", "phone", "role", "source", "joined_at"]
    readonly_fields = ["member", "phone", "source", "joined_at"]
    verbose_name_plural = _("在群成员")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(left_at__isnull=True).select_related("member")

    @display(description=_("手机号"))
    def phone(self, membership: Membership) -> str:
        return membership.member.masked_phone

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CurrentFilter(admin.SimpleListFilter):
    title = _("在群")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("in", _("在群")), ("left", _("已退群"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        if self.value() == "in":
            return queryset.filter(left_at__isnull=True)
        if self.value() == "left":
            return queryset.filter(left_at__isnull=False)
        return queryset


class GroupFilter(admin.SimpleListFilter):
    """Keeps a link with ``?group__id__exact=`` working without listing every group as a choice."""

    title = _("社群")
    parameter_name = "group__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = whole(request.GET.get(self.parameter_name))
        groups = Group.objects.visible_to(request.user)  # type: ignore[arg-type]
        return [(str(g.pk), g.name) for g in groups.filter(pk=chosen)] if chosen is not None else []

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        value = whole(self.value())
        return queryset if value is None else queryset.filter(group_id=value)


@admin.register(Membership)
class MembershipAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [MembershipResource]
    list_display = ["member", "phone", "group", "role", "source", "joined_at", "left_at"]
    list_filter = [
        GroupFilter,
        CurrentFilter,
        ("role", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("joined_at", RangeDateTimeFilter),
    ]
    list_select_related = ["member", "group"]
    search_fields = ["group__name"]
    search_help_text = _("群名称、成员昵称，或完整手机号")
    ordering = ["-id"]
    autocomplete_fields = ["group", "member"]
    actions = ["mark_left"]
    fields = ["group", "member", "role"]

    @display(description=_("手机号"))
    def phone(self, membership: Membership) -> str:
        return membership.member.masked_phone

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Membership], search_term: str
    ) -> tuple[QuerySet[Membership], bool]:
        """A phone is looked up by its index, a name among groups and members separately: no join of millions."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(member__phone=canonical_phone(term)), False
        except Invalid:
            groups = Group.objects.filter(name__icontains=term).values("pk")
            members = Member.objects.filter(nickname__istartswith=term).order_by().values("pk")[:1000]
            return queryset.filter(Q(group__in=groups) | Q(member__in=members)), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["group", "member", "source", "joined_at", "left_at"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = ["group", "member", "role"]
        return [*fields, "source", "joined_at", "left_at"] if obj else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Stays are closed, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        actor: Any = request.user
        saved = join(group=obj.group, member=obj.member, role=obj.role, actor=actor, now=timezone.now())
        obj.pk = saved.pk
        obj.refresh_from_db()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal of the service (full, closed) sends back to the form with its sentence."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect(request.get_full_path())

    @action(description=_("标为已退群"), permissions=["change"])
    def mark_left(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        actor: Any = request.user
        done = 0
        for membership in queryset.filter(left_at__isnull=True):
            try:
                leave(membership=membership, actor=actor, now=timezone.now())
            except DomainError as error:
                messages.error(request, str(error))
            else:
                done += 1
        messages.success(request, _("已将 %d 人标为退群。") % done)
