"""参与单 and 参与记录: lists; an entry's own page is in entry_page.py."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    MultipleChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import entry_page, queue_page
from apps.campaigns.admin.run_pages import ENTRY_COLOURS, PART_COLOURS
from apps.campaigns.models import Contribution, Entry
from apps.members.models import Member
from apps.members.selectors.search import search_members

_MOST_MEMBERS = 200


def members_found(request: HttpRequest, term: str) -> list[int]:
    """Ids of members whom ``term`` (phone, its end, name) finds among those that the user sees."""
    members = search_members(Member.objects.visible_to(request.user), term)  # type: ignore[arg-type]
    return list(members.order_by().values_list("pk", flat=True)[:_MOST_MEMBERS])


def found_by_any[M: Model](rows: QuerySet[M], *ways: Q) -> QuerySet[M]:
    """Rows that one of ``ways`` finds, each by its own index: an OR over tables would read them all."""
    found = [rows.model._base_manager.filter(way).order_by().values("pk") for way in ways]
    return rows.filter(pk__in=found[0].union(*found[1:], all=True))


@admin.register(Entry)
class EntryAdmin(ReadOnlyModelAdmin):
    list_display = ["card", "owner_name", "run_link", "state_label", "progress", "score", "opened_at"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("run__campaign", ScopedRelatedFilter),
        ("run__mechanic", ChoicesDropdownFilter),
        ("opened_at", RangeDateTimeFilter),
    ]
    search_fields = ["code"]
    search_help_text = _("完整的编号，发起人的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()

    class Media:
        css = {"all": ["campaigns/campaigns.css", "campaigns/runs.css"]}

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("<int:pk>/photo/", queue_page.photo_view, "photo"),
            ("<int:pk>/decide/<slug:verb>/", queue_page.decide_view, "decide"),
            ("<int:pk>/revoke/<int:part>/", entry_page.revoke_view, "revoke"),
        ]
        wrap = self.admin_site.admin_view
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_entry_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return entry_page.page_view(self, request, object_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        rows: QuerySet[Entry] = super().get_queryset(request)
        return rows.select_related("owner", "run__campaign")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """A code (or the link that ends with it), or whoever a member search finds: each by an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        code = term.rstrip("/").rpartition("/")[2]
        return found_by_any(queryset, Q(code=code), Q(owner__in=members_found(request, term))), False

    @display(description=_("参与单"), header=True)
    def card(self, entry: Entry) -> list[str]:
        return [entry.title or entry.code, entry.code if entry.title else ""]

    @display(description=_("发起人"))
    def owner_name(self, entry: Entry) -> str:
        return str(entry.owner)

    @display(description=_("活动期"))
    def run_link(self, entry: Entry) -> SafeString:
        return format_html('<a class="portal-link" href="{}">{}</a>', entry.run.get_absolute_url(), entry.run)

    @display(description=_("状态"), label=ENTRY_COLOURS)
    def state_label(self, entry: Entry) -> tuple[str, str]:
        return entry.state, entry.get_state_display()

    @display(description=_("有效人数"))
    def progress(self, entry: Entry) -> str:
        return str(entry.count) if entry.capacity is None else f"{entry.count} / {entry.capacity}"


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "member_name", "entry_link", "state_label", "value", "new_label", "void_reason"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("run__campaign", ScopedRelatedFilter),
        ("at", RangeDateTimeFilter),
    ]
    search_fields = ["entry__code"]
    search_help_text = _("参与单的完整编号，成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    list_display_links = None
    fields = [
        "entry",
        "member",
        "kind",
        "state",
        "value",
        "is_seat",
        "is_new_member",
        "at",
        "ended_at",
        "void_reason",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contribution]:
        rows: QuerySet[Contribution] = super().get_queryset(request)
        return rows.select_related("member", "entry")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contribution], search_term: str
    ) -> tuple[QuerySet[Contribution], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        ways = [Q(entry__code=term), Q(member__in=members_found(request, term))]
        return found_by_any(queryset, *ways), False

    @display(description=_("成员"))
    def member_name(self, part: Contribution) -> str:
        return str(part.member)

    @display(description=_("参与单"))
    def entry_link(self, part: Contribution) -> SafeString:
        url = reverse("admin:campaigns_entry_change", args=[part.entry_id])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, part.entry)

    @display(description=_("状态"), label=PART_COLOURS)
    def state_label(self, part: Contribution) -> tuple[str, str]:
        return part.state, part.get_state_display()

    @display(description=_("新成员"), boolean=True)
    def new_label(self, part: Contribution) -> bool:
        return part.is_new_member
