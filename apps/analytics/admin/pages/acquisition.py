"""引流: by channel, live code, source, group, campaign, post; what a new member costs."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import Chart, Column, Series, Table, bars, reading_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import tile_of
from apps.analytics.admin.pages.overview import trend
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.series import series, stretches

_TILES = (
    "clicks",
    "visits",
    "acquire_rate",
    "registered",
    "new_members",
    "joins",
    "leavers",
    "net_growth",
    "spend",
    "cac",
    "cost_per_new",
)
_TABLE = (
    "clicks",
    "visits",
    "acquire_rate",
    "registered",
    "joins",
    "leavers",
    "invited",
    "effective_invites",
    "spend",
    "reward_cost",
    "cost_per_new",
    "revenue",
    "roi",
)
_DIMENSIONS = (
    Dimension.CHANNEL,
    Dimension.LINK,
    Dimension.SOURCE,
    Dimension.GROUP,
    Dimension.CAMPAIGN,
    Dimension.POST,
)
_ROWS, _BARS = 100, 12


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    shown = [known[key] for key in _TILES if key in known]
    now = readings(shown, scope=filters.scope, period=filters.period)[""]
    was = readings(shown, scope=filters.scope, period=filters.previous)[""]
    parts = stretches(filters.period)
    over_time = series(shown, scope=filters.scope, parts=parts)
    wanted = filters.more.get("by", "")
    by = next((dim for dim in _DIMENSIONS if dim.value == wanted), Dimension.CHANNEL)
    metrics = [known[key] for key in _TABLE if key in known and by in known[key].dimensions]
    rows = _rows(filters, by, metrics)
    return {
        "tiles": [
            tile_of(
                metric,
                now[metric.key],
                was[metric.key],
                rows_url(metric.key, filters),
                [one[metric.key] for one in over_time if metric.key in one],
                is_over=not filters.is_today,
            )
            for metric in shown
        ],
        "choices": [(dim.label, filters.query(by=dim.value), dim == by) for dim in _DIMENSIONS],
        "charts": {
            "coming": trend(
                "coming", _("来和走"), ("new_members", "joins", "leavers"), filters, parts, over_time
            ),
            "visits": trend("visits", _("打开和来访"), ("clicks", "visits"), filters, parts, over_time),
            "top": _top(by, metrics, rows, filters),
            "by": _table(by, metrics, rows, filters),
        },
    }


type _Rows = list[tuple[str, str, dict[str, Reading]]]


def _rows(filters: Filters, by: Dimension, metrics: list[Metric]) -> _Rows:
    """(key, name, readings) of what brought anybody, the most first."""
    if not metrics:
        return []
    found = readings(metrics, scope=filters.scope, period=filters.period, dim=by)
    busy = [(key, one) for key, one in found.items() if any(reading.numerator for reading in one.values())]
    busy.sort(key=lambda row: [-float(row[1][metric.key].numerator or 0) for metric in metrics[:3]])
    busy = busy[:_ROWS]
    names = labels_of(by, [key for key, _one in busy], filters.scope)
    return [(key, names[key], one) for key, one in busy]


def _top(by: Dimension, metrics: list[Metric], rows: _Rows, filters: Filters) -> Chart:
    counted = [metric for metric in metrics if metric.key in ("clicks", "visits", "joins")]
    top = rows[:_BARS]
    drawn = [
        Series(
            metric.label,
            [one[metric.key].value for _key, _name, one in top],
            metric.unit,
            [rows_url(metric.key, filters, dim=by, key=key) for key, _name, _one in top],
        )
        for metric in counted
    ]
    return bars(
        "top",
        _("带来最多的"),
        [name for _key, name, _one in top],
        drawn,
        x_label=by.label,
        horizontal=True,
        height=24,
        empty=_EMPTY,
    )


def _table(by: Dimension, metrics: list[Metric], rows: _Rows, filters: Filters) -> Chart:
    columns = [Column(by.label, is_number=False), *(Column(metric.label) for metric in metrics)]
    lines = [
        [
            text_cell(name),
            *(
                reading_cell(one[metric.key], metric.unit, rows_url(metric.key, filters, dim=by, key=key))
                for metric in metrics
            ),
        ]
        for key, name, one in rows
    ]
    return Chart("by", _("明细对比"), {}, Table(columns, lines), empty=_EMPTY)


_EMPTY = _("这段时间没有带标记的来访。给每个渠道、每个群生成自己的短链，再看谁带来的人多。")

PAGE = Page(
    key="acquisition",
    label=_("引流"),
    icon="campaign",
    template="analytics/acquisition.html",
    build=build,
    order=30,
    preset="30d",
    help=_("人从哪里来，来一个花多少钱。"),
)
