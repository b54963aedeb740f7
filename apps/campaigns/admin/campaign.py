"""The list of campaigns, and the way to the room's own pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, MultipleChoicesDropdownFilter
from unfold.decorators import action, display

from apps.accounts.admin.base import ScopedModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import campaign_page, list_cells, lookups, wizard
from apps.campaigns.admin.landing import editor, pictures, versions
from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import CampaignState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign
from apps.campaigns.selectors.current_runs import current_of, with_current_runs
from apps.campaigns.services.runs import archive_campaign, clone_campaign, pause_campaign
from apps.core.clock import database_now
from apps.core.errors import DomainError

STATE_COLOURS = {
    CampaignState.DRAFT: "default",
    CampaignState.LAUNCHED: "success",
    CampaignState.PAUSED: "warning",
    CampaignState.ARCHIVED: "default",
}


@admin.register(Campaign)
class CampaignAdmin(ScopedModelAdmin):
    """Campaigns are written in the wizard and looked at on their page; only drafts without runs are deleted."""

    list_display = ["card", "shown_state", "now_going", "stock_bar", "budget_bar", "team", "owner"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("mechanic", ChoicesDropdownFilter),
        ("team", ScopedRelatedFilter),
        ("owner", ScopedRelatedFilter),
    ]
    list_select_related = ["team", "owner"]
    search_fields = ["title", "headline", "product_name"]
    actions = ["clone", "pause", "archive"]
    ordering = ["-id"]
    list_before_template = "campaigns/list_head.html"
    warn_unsaved_form = False

    class Media:
        css = {"all": ["campaigns/campaigns.css"]}
        js = ["campaigns/countdown.js"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages: list[tuple[str, Any, str]] = [
            ("live/", wizard.live_view, "live"),
            ("groups/", lookups.groups_view, "groups"),
            ("benefit/", lookups.benefit_view, "benefit"),
            ("<int:pk>/edit/", wizard.edit_view, "edit"),
            ("<int:pk>/do/<slug:verb>/", campaign_page.act_view, "act"),
            ("<int:pk>/landing/", versions.versions_view, "landing"),
            ("<int:pk>/landing/do/<slug:verb>/", versions.act_view, "landing_act"),
            ("<int:pk>/landing/picture/", pictures.picture_view, "landing_picture"),
            ("<int:pk>/landing/picture/<slug:token>/", pictures.thumb_view, "landing_thumb"),
            ("<int:pk>/landing/<str:variant>/", editor.edit_view, "landing_edit"),
        ]
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_campaign_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return wizard.add_view(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return campaign_page.page_view(self, request, object_id)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        is_empty = not self.get_queryset(request).order_by().exists()
        mechanics = all_mechanics().values() if is_empty else ()
        more = {"has_no_campaigns": is_empty, "mechanics": mechanics, **(extra_context or {})}
        return super().changelist_view(request, more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """On the list each row brings its unfinished runs along."""
        rows: QuerySet[Campaign] = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "campaigns_campaign_changelist":
            return with_current_runs(rows)
        return rows

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """A campaign that ran is kept with all that members did in it."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or (obj.state == CampaignState.DRAFT and not obj.runs.exists())

    def has_launch_permission(self, request: HttpRequest) -> bool:
        return staff(request).has_perm("campaigns.launch_campaign")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting is for single drafts, on their own page."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    # --- columns

    @display(description=_("活动"), ordering="title")
    def card(self, campaign: Campaign) -> SafeString:
        return list_cells.card(campaign)

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.state, campaign.get_state_display()

    @display(description=_("当前一期"))
    def now_going(self, campaign: Campaign) -> SafeString:
        return list_cells.current_run(current_of(campaign.going_runs))  # type: ignore[attr-defined]

    @display(description=_("库存"))
    def stock_bar(self, campaign: Campaign) -> SafeString:
        return list_cells.stock(campaign, current_of(campaign.going_runs))  # type: ignore[attr-defined]

    @display(description=_("预算"))
    def budget_bar(self, campaign: Campaign) -> SafeString:
        return list_cells.budget(campaign, current_of(campaign.going_runs))  # type: ignore[attr-defined]

    # --- bulk actions

    @action(description=_("复制成新草稿"), permissions=["add"])
    def clone(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._for_each(request, queryset, clone_campaign, _("已复制 %(count)d 个活动。"))

    @action(description=_("暂停"), permissions=["launch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._for_each(request, queryset, pause_campaign, _("已暂停 %(count)d 个活动，进行中的期不受影响。"))

    @action(description=_("归档"), permissions=["launch"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self._for_each(request, queryset, archive_campaign, _("已归档 %(count)d 个活动。"))

    def _for_each(
        self, request: HttpRequest, queryset: QuerySet[Campaign], service: Callable[..., Any], done: Any
    ) -> None:
        """One service call each: what is refused is said, the others go through."""
        now = database_now()
        count = 0
        for campaign in queryset:
            try:
                service(campaign=campaign, actor=staff(request), now=now)
            except DomainError as error:
                messages.error(
                    request, _now("“%(title)s”：%(error)s") % {"title": campaign.title, "error": error}
                )
            else:
                count += 1
        if count:
            messages.success(request, str(done) % {"count": count})
