"""One group's own page: its figures, what its score is made of, and how it ran."""

from typing import Any

from django.utils.translation import gettext as _

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    line,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.tiles import Tile, tile_of
from apps.analytics.admin.board.wording import say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.health import Part, score_of, stage_of
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.groups import health_parts
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.series import series, stretches
from apps.groups.enums import GroupStage

_TILES = (
    "members_in_groups", "activity_rate", "active_members", "joins", "leavers", "net_growth", "leave_rate",
    "messages_sent", "visits", "participants", "invited", "orders", "revenue", "repurchase_rate",
)  # fmt: skip
#: What each part of the score is read from.
_BEHIND = {"activity": "activity_rate", "staying": "leavers", "growth": "joins", "buying": "buyers"}


def one_group(filters: Filters, known: dict[str, Metric]) -> dict[str, Any]:
    """The context of the page for ``filters.group_id``."""
    assert filters.group_id is not None
    dim, key = Dimension.GROUP, str(filters.group_id)
    metrics = [known[name] for name in _TILES if dim in known[name].dimensions]
    asked: dict[str, Any] = {"scope": filters.scope, "dim": dim, "keys": [key]}
    now = readings(metrics, period=filters.period, **asked)[key]
    was = readings(metrics, period=filters.previous, **asked)[key]
    parts = stretches(filters.period)
    over_time = series(metrics, scope=filters.scope, parts=parts, dim=dim, key=key)
    score = health_parts(filters.group_id, scope=filters.scope, period=filters.period)
    tiles = [
        tile_of(
            metric,
            now[metric.key],
            None if metric.sets else was[metric.key],
            rows_url(metric.key, filters, dim=dim, key=key),
            [one[metric.key] for one in over_time if metric.key in one],
            is_over=not filters.is_today,
        )
        for metric in metrics
    ]
    total = score_of(score)
    first = Tile(
        label=_("健康分"),
        text=say_number(total, Unit.POINTS),
        note=_("数字说它像：%s") % GroupStage(stage_of(score)).label if score else _("群里还没有人"),
        url=rows_url("health", filters, dim=dim, key=key),
    )
    drawn = {
        "people": (_("人的走势"), ("active_members", "joins", "leavers")),
        "money": (_("成交走势"), ("revenue",)),
        "posts": (_("发帖和来访"), ("messages_sent", "visits")),
    }
    charts = {
        name: _trend(name, title, keys, filters, parts, over_time, known)
        for name, (title, keys) in drawn.items()
    }
    return {
        "tiles": [first, *tiles],
        "charts": {"score": _score(score, filters), **charts},
        "all_groups": filters.query(group=None),
        "is_one": True,
    }


def _score(parts: tuple[Part, ...], filters: Filters) -> Chart:
    dim, key = Dimension.GROUP, str(filters.group_id)
    rows: list[list[Cell]] = [
        [
            text_cell(part.label),
            number_cell(
                round(part.points, 1),
                Unit.POINTS,
                tone="good" if part.mark >= 0.8 else "bad" * (part.mark < 0.3),
            ),
            number_cell(part.weight, Unit.POINTS),
            number_cell(part.value, Unit.PERCENT, rows_url(_BEHIND[part.key], filters, dim=dim, key=key)),
        ]
        for part in parts
    ]
    columns = [
        Column(_("一项"), is_number=False),
        Column(_("得分")),
        Column(_("满分")),
        Column(_("量出来的（时间有关的折成 30 天）")),
    ]
    note = _("得分最少的一项，就是最该先补的一项。")
    empty = _("群里还没有人，算不出健康分。")
    return Chart("score", _("健康分是怎么来的"), {}, Table(columns, rows), note=note, empty=empty)


def _trend(
    name: str,
    title: str,
    keys: tuple[str, ...],
    filters: Filters,
    parts: list[Period],
    over_time: list[dict[str, Any]],
    known: dict[str, Metric],
) -> Chart:
    drawn = [
        Series(
            known[key].label,
            [one[key].value for one in over_time],
            known[key].unit,
            [
                rows_url(key, filters, dim=Dimension.GROUP, key=str(filters.group_id), period=part)
                for part in parts
            ],
        )
        for key in keys
        if over_time and key in over_time[0]
    ]
    days = [
        f"{part.first:%m-%d}" if part.days == 1 else f"{part.first:%m-%d}–{part.last:%m-%d}" for part in parts
    ]
    return line(name, title, days, drawn, x_label=_("日期"))
