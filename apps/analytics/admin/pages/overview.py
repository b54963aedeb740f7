"""总览: the figures of the six systems with the previous period, how they ran, and what moved."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import Chart, Series, bars, line
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import page_url, rows_url
from apps.analytics.admin.board.moves import moves
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile, tile_of
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_families, all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.hours import hours_of
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.series import series, stretches
from apps.events.enums import EventKind

#: What runs over time, each chart with one unit.
_PEOPLE = ("new_members", "active_members", "buyers", "participants")
_MONEY = ("revenue", "cost")
#: The six systems show these first; what else a family has is in the dictionary.
_SHOWN = 6
_SYSTEMS = ("acquire", "activate", "convert", "refer", "replicate", "review")
_HOURS = (
    EventKind.PAGE_VIEWED,
    EventKind.CAMPAIGN_ENTERED,
    EventKind.CAMPAIGN_CONTRIBUTED,
    EventKind.ORDER_PAID,
)


def build(filters: Filters) -> dict[str, Any]:
    families = sorted(all_families().values(), key=lambda family: _place(family.key))
    chosen = {family.key: _chosen(family.metrics) for family in families}
    metrics = [metric for found in chosen.values() for metric in found]
    now = readings(metrics, scope=filters.scope, period=filters.period)[""]
    was = readings(metrics, scope=filters.scope, period=filters.previous)[""]
    parts = stretches(filters.period)
    over_time = series(metrics, scope=filters.scope, parts=parts)
    urls = {metric.key: rows_url(metric.key, filters) for metric in metrics}
    # A set of today has no yesterday: its previous period would read the same or nothing.
    movable = [metric for metric in metrics if not metric.sets]
    sections = [
        (
            family.label,
            [
                _tile(metric, urls, now, was, over_time, is_over=not filters.is_today)
                for metric in chosen[family.key]
            ],
        )
        for family in families
        if chosen[family.key]
    ]
    return {
        "sections": sections,
        "tiles": [tile for _label, tiles in sections for tile in tiles],
        "moves": [] if filters.is_today else moves(movable, now, was, urls),
        "is_empty": not any(reading.value for reading in now.values()),
        "dictionary_url": page_url("dictionary", filters),
        "charts": {
            "money": trend("money", _("钱的走势"), _MONEY, filters, parts, over_time),
            "people": trend("people", _("人的走势"), _PEOPLE, filters, parts, over_time),
            "hours": _hours(filters),
        },
    }


def _place(family: str) -> int:
    return _SYSTEMS.index(family) if family in _SYSTEMS else len(_SYSTEMS)


def _chosen(metrics: tuple[Metric, ...]) -> list[Metric]:
    return [metric for metric in metrics if Dimension.TOTAL in metric.dimensions][:_SHOWN]


def _tile(
    metric: Metric,
    urls: dict[str, str],
    now: dict[str, Reading],
    was: dict[str, Reading],
    over_time: list[dict[str, Reading]],
    *,
    is_over: bool,
) -> Tile:
    spark = [one[metric.key] for one in over_time if metric.key in one]
    before = None if metric.sets else was[metric.key]
    return tile_of(metric, now[metric.key], before, urls[metric.key], spark, is_over=is_over)


def name_of(part: Period) -> str:
    """A stretch of days on an axis."""
    if part.days == 1:
        return f"{part.first:%m-%d}"
    return f"{part.first:%m-%d}–{part.last:%m-%d}"


def trend(
    key: str,
    title: Any,
    wanted: tuple[str, ...],
    filters: Filters,
    parts: list[Period],
    over_time: list[dict[str, Reading]],
) -> Chart:
    """Lines of the metrics that exist and were read."""
    known = all_metrics()
    read = over_time[0] if over_time else {}
    drawn = [
        Series(
            known[name].label,
            [one[name].value for one in over_time],
            known[name].unit,
            [rows_url(name, filters, period=part) for part in parts],
        )
        for name in wanted
        if name in known and name in read
    ]
    return line(key, title, [name_of(part) for part in parts], drawn, x_label=_("日期"))


def _hours(filters: Filters) -> Chart:
    """Today by the hour: opening, taking part, paying."""
    today = hours_of(filters.scope, day_of(filters.now), [kind.value for kind in _HOURS])
    drawn = [
        Series(kind.label, [count for count, _value in today[kind.value]], Unit.COUNT, kind="bar")
        for kind in _HOURS
    ]
    return bars(
        "hours",
        _("今天每小时"),
        [f"{hour:02d}:00" for hour in range(24)],
        drawn,
        x_label=_("钟点"),
        note=_("总是今天。"),
        beyond=("period",),
    )


PAGE = Page(
    key="overview",
    label=_("总览"),
    icon="space_dashboard",
    template="analytics/overview.html",
    build=build,
    order=10,
    help=_("六个系统的指标，和上一段时间对比。"),
)
