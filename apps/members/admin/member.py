"""成员: a list that opens at once among a million, and the member's whole picture on one page."""

from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin, visible
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.services.audit import audit
from apps.core.clock import database_now
from apps.core.numbers import whole
from apps.core.sentences import listed
from apps.members.admin import panels
from apps.members.admin.actions import add_tags
from apps.members.admin.export import export_view
from apps.members.admin.filters import CityFilter, SourceFilter, TagFilter
from apps.members.admin.forms import MemberForm
from apps.members.admin.inlines import (
    ConsentInline,
    IdentityInline,
    InviteeInline,
    MembershipInline,
    PointsInline,
    SessionInline,
    TagInline,
)
from apps.members.admin.panels import Fact
from apps.members.admin.personal import points_view, reveal_view
from apps.members.admin.tokens import close_tokens_view, token_view
from apps.members.enums import Lifecycle
from apps.members.models import Member, Tier
from apps.members.selectors.search import search_members
from apps.members.services.facts import record_registered, record_tier_changed
from apps.members.services.personal_data import REVEAL
from apps.members.services.sessions import OPEN_FOR_OTHERS
from apps.members.services.sight import grant_sight

_LIFECYCLE_COLOURS = {
    Lifecycle.NEW: "info",
    Lifecycle.ACTIVE: "success",
    Lifecycle.LOYAL: "success",
    Lifecycle.DORMANT: "warning",
    Lifecycle.LOST: "danger",
}


@admin.register(Member)
class MemberAdmin(ScopedModelAdmin):
    form = MemberForm
    list_display = ["person", "tier", "tag_names", "city", "source", "stage", "points_balance", "joined_at"]
    list_select_related = ["tier"]
    # Only what an index can order: sorting a million rows by points would read them all.
    sortable_by = ["joined_at"]
    ordering = ["-id"]
    search_fields = ["nickname"]
    search_help_text = _("昵称、手机号（任何写法）、手机号后几位、微信号")
    autocomplete_fields = ["inviter"]
    actions = [add_tags]
    list_before_template = "members/list_tools.html"
    change_form_outer_before_template = "members/head.html"
    readonly_fields = ["points_balance", "membership_until"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("nickname", "new_phone"),
                    ("gender", "born_on"),
                    ("city", "source"),
                    ("tier", "lifecycle"),
                    ("joined_at", "inviter"),
                    ("total_spent", "points_balance"),
                    "membership_until",
                    "note",
                ]
            },
        )
    ]

    class Media:
        css = {"all": ["members/members.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        members = super().get_queryset(request)
        return members.prefetch_related("tags") if _is_list(request) else members

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        return search_members(queryset, search_term), False

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [
            ("tier", ScopedRelatedFilter),
            TagFilter,
            ("lifecycle", ChoicesDropdownFilter),
            CityFilter,
            SourceFilter,
            *panels.filters,
            ("joined_at", RangeDateTimeFilter),
        ]

    def get_inlines(self, request: HttpRequest, obj: Member | None) -> list[Any]:
        if obj is None:
            return []
        return [
            TagInline,
            *panels.inlines,
            PointsInline,
            MembershipInline,
            InviteeInline,
            IdentityInline,
            SessionInline,
            ConsentInline,
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            # Without the form there is no field for a new phone; the head shows the masked one.
            fields = [
                n if n != ("nickname", "new_phone") else "nickname" for n in self.fieldsets[0][1]["fields"]
            ]
            return [(None, {"fields": fields})]
        return super().get_fieldsets(request, obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who is in no team and sees only teams' members would lose sight of the new one at once.

        Asked here and not in ``has_add_permission``, which every page's menu asks.
        """
        user: Any = request.user
        if not user.has_perm("accounts.view_all_teams") and not user.teams.exists():
            raise PermissionDenied
        return super().add_view(request, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Erasure is a job of its own (M5); deleting here would leave the ledger and the facts torn."""
        return False

    @display(description=_("成员"), header=True)
    def person(self, member: Member) -> list[str]:
        return [member.nickname or "—", member.masked_phone or str(_("没有手机号"))]

    @display(description=_("标签"))
    def tag_names(self, member: Member) -> str:
        names = [tag.name for tag in member.tags.all()]
        return listed(names[:4]) + ("…" if len(names) > 4 else "")

    @display(description=_("生命周期"), label=_LIFECYCLE_COLOURS)
    def stage(self, member: Member) -> tuple[str, str]:
        return member.lifecycle, member.get_lifecycle_display()

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        before = Tier.objects.filter(member=obj).first() if change and "tier" in form.changed_data else None
        super().save_model(request, obj, form, change)
        actor: Any = request.user
        if not change:
            grant_sight(member=obj, actor=actor)
            record_registered(member_id=obj.pk, now=database_now(), way="staff", actor=actor)
        elif before != obj.tier and "tier" in form.changed_data:
            record_tier_changed(member=obj, before=before, after=obj.tier, actor=actor, now=database_now())
        fields = sorted(set(form.changed_data))
        audit(
            actor=request.user,  # type: ignore[arg-type]
            action="member.change" if change else "member.create",
            target=obj,
            fields=fields,
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = extra_context or {}
        if whole(object_id) is not None and request.method == "GET":
            member = visible(Member.objects.select_related("tier"), request).filter(pk=object_id).first()
            if member is not None:
                context = {**context, **self._head(request, member)}
        return super().changeform_view(request, object_id, form_url, context)

    def _head(self, request: HttpRequest, member: Member) -> dict[str, Any]:
        own = [
            Fact(_("积分"), f"{member.points_balance:,}"),
            Fact(_("累计消费"), f"¥{member.total_spent:,.2f}"),
            Fact(_("邀请"), f"{member.invitees.count():,}"),
        ]
        user: Any = request.user
        return {
            "member": member,
            "facts": own + [fact for source in panels.facts for fact in source(member, user)],
            "may_reveal": user.has_perm(REVEAL),
            "may_adjust": user.has_perm("members.change_member"),
            "points_key": uuid4().hex,
            "may_open_session": user.has_perm(OPEN_FOR_OTHERS),
            "tools": [tool for source in panels.tools if (tool := source(member, user))],
        }

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("export/", wrap(self._export), name="members_member_export"),
            path("<int:pk>/reveal/", wrap(reveal_view), name="members_member_reveal"),
            path("<int:pk>/points/", wrap(points_view), name="members_member_points"),
            path("<int:pk>/token/", wrap(token_view), name="members_member_token"),
            path("<int:pk>/close-tokens/", wrap(close_tokens_view), name="members_member_close_tokens"),
            *super().get_urls(),
        ]

    def _export(self, request: HttpRequest) -> HttpResponseBase:
        """The list's own filters and search decide what is exported."""
        return export_view(request, self.get_changelist_instance(request).get_queryset(request))


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "members_member_changelist"
