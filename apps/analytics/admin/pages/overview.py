"""总览: the figures of the six systems with the previous period, and how they ran."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import Chart, Series, line
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile, tile_of
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_families, all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.series import series, stretches

#: The trend shows these, as far as they exist.
_TREND = ("revenue",)


def build(filters: Filters) -> dict[str, Any]:
    metrics = [metric for metric in all_metrics().values() if Dimension.TOTAL in metric.dimensions]
    now = readings(metrics, scope=filters.scope, period=filters.period)[""]
    was = readings(metrics, scope=filters.scope, period=filters.previous)[""]
    parts = stretches(filters.period)
    timed = [metric for metric in metrics if not metric.sets]
    over_time = series(timed, scope=filters.scope, parts=parts)
    sections = [
        (
            family.label,
            [_tile(metric, filters, now, was, over_time) for metric in family.metrics if metric in metrics],
        )
        for family in all_families().values()
    ]
    return {
        "sections": sections,
        "tiles": [tile for _label, tiles in sections for tile in tiles],
        "charts": {"trend": _trend(filters, parts, over_time)},
    }


def _tile(
    metric: Metric,
    filters: Filters,
    now: dict[str, Reading],
    was: dict[str, Reading],
    over_time: list[dict[str, Reading]],
) -> Tile:
    spark = [one[metric.key] for one in over_time if metric.key in one]
    return tile_of(metric, now[metric.key], was[metric.key], rows_url(metric.key, filters), spark)


def name_of(part: Period) -> str:
    """A stretch of days on an axis."""
    if part.days == 1:
        return f"{part.first:%m-%d}"
    return f"{part.first:%m-%d}–{part.last:%m-%d}"


def _trend(filters: Filters, parts: list[Period], over_time: list[dict[str, Reading]]) -> Chart:
    shown = [metric for key in _TREND if (metric := all_metrics().get(key))]
    drawn = [
        Series(
            metric.label,
            [one[metric.key].value for one in over_time],
            metric.unit,
            [rows_url(metric.key, filters, period=part) for part in parts],
        )
        for metric in shown
    ]
    return line("trend", _("走势"), [name_of(part) for part in parts], drawn, x_label=_("日期"))


PAGE = Page(
    key="overview",
    label=_("总览"),
    icon="space_dashboard",
    template="analytics/overview.html",
    build=build,
    order=10,
    help=_("六个系统的指标，和上一段时间对比。"),
)
