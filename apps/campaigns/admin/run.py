"""活动期: the list of runs, and the way to their pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    MultipleChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display
from unfold.views import ChangeList

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin import acting_for, list_cells, queue_page, results_page, run_actions, run_monitor
from apps.campaigns.admin.run_pages import RUN_COLOURS
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run
from apps.campaigns.selectors.run_rows import RunCounts, counts_of
from apps.core.numbers import whole

_CLOCKS = {
    RunState.OPEN: (_("还剩 %s"), _("马上结束")),
    RunState.PAUSED: (_("还剩 %s"), _("马上结束")),
    RunState.SCHEDULED: (_("%s 后开始"), _("马上开始")),
}


class _RunList(ChangeList):
    """Brings the counts of the page's runs along, two queries for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        runs: list[Run] = list(self.result_list)  # type: ignore[has-type]
        counts = counts_of(runs)
        for run in runs:
            run.counts = counts[run.pk]  # type: ignore[attr-defined]
        self.result_list = runs  # type: ignore[assignment]


@admin.register(Run)
class RunAdmin(ReadOnlyModelAdmin):
    """Runs open and close by themselves; what a person does to one is on its monitor."""

    list_display = ["card", "shown_state", "window", "entries", "joins", "stock_bar", "budget_bar"]
    list_filter = [
        ("state", MultipleChoicesDropdownFilter),
        ("mechanic", ChoicesDropdownFilter),
        ("campaign", ScopedRelatedFilter),
        ("campaign__team", ScopedRelatedFilter),
        ("opens_at", RangeDateTimeFilter),
    ]
    search_fields = ["campaign__title"]
    search_help_text = _("活动名称")
    ordering = ["-opens_at", "-id"]
    sortable_by = ["window"]

    class Media:
        css = {"all": ["campaigns/campaigns.css", "campaigns/runs.css"]}
        js = ["campaigns/countdown.js"]

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("pending/", queue_page.queue_view, "pending"),
            ("<int:pk>/pending/", queue_page.queue_view, "pending_of"),
            ("<int:pk>/monitor/", run_monitor.monitor_view, "monitor"),
            ("<int:pk>/live/", run_monitor.live_view, "live"),
            ("<int:pk>/trend/", run_monitor.trend_view, "trend"),
            ("<int:pk>/do/<slug:verb>/", run_actions.act_view, "act"),
            ("<int:pk>/consequences/", run_actions.consequences_view, "consequences"),
            ("<int:pk>/act-for/", acting_for.acting_view, "act_for"),
            ("<int:pk>/results/", results_page.results_view, "results"),
        ]
        wrap = self.admin_site.admin_view
        own = [
            path(route, wrap(self._bound(view)), name=f"campaigns_run_{name}") for route, view, name in pages
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
        return redirect("admin:campaigns_run_monitor", whole(object_id) or 0)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        rows: QuerySet[Run] = super().get_queryset(request)
        return rows.select_related("campaign", "stock")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _RunList

    # --- columns

    @display(description=_("活动期"))
    def card(self, run: Run) -> SafeString:
        return format_html('<a href="{}">{}</a>', run.get_absolute_url(), list_cells.run_card(run))

    @display(description=_("状态"), ordering="state", label=RUN_COLOURS)
    def shown_state(self, run: Run) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("时间"), ordering="opens_at")
    def window(self, run: Run) -> SafeString:
        return list_cells.window(run, _CLOCKS.get(RunState(run.state)))

    @display(description=_("发起"))
    def entries(self, run: Run) -> SafeString:
        counts: RunCounts = run.counts  # type: ignore[attr-defined]
        link = f"{reverse('admin:campaigns_entry_changelist')}?run__id__exact={run.pk}"
        won = _now("成功 %(won)d") % {"won": counts.won}
        return format_html(
            '<span class="ca-cell-list"><a class="portal-link" href="{}">{}</a><small>{}</small></span>',
            link,
            f"{counts.entries:,}",
            won,
        )

    @display(description=_("有效参与"))
    def joins(self, run: Run) -> SafeString:
        counts: RunCounts = run.counts  # type: ignore[attr-defined]
        held = _now("暂扣 %(held)d") % {"held": counts.held} if counts.held else ""
        return format_html(
            '<span class="ca-cell-list">{}<small class="ca-warn">{}</small></span>', f"{counts.seats:,}", held
        )

    @display(description=_("库存"))
    def stock_bar(self, run: Run) -> SafeString:
        return list_cells.stock(run.campaign, run)

    @display(description=_("预算"))
    def budget_bar(self, run: Run) -> SafeString:
        return list_cells.budget(run.campaign, run)
