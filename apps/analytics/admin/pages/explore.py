"""自助分析: any funnel or retention over the facts themselves."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    bars,
    line,
    number_cell,
    reading_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.explore_form import ExploreForm
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Reading
from apps.analytics.selectors.explorer import (
    Breakdown,
    Funnel,
    FunnelLine,
    Retention,
    RetentionLine,
    funnel,
    retention,
)
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError
from apps.events.enums import EventKind

_NOTHING = _("没有人做过第一步。换一个时间范围，或者放宽条件。")


def build(filters: Filters) -> dict[str, Any]:
    form = ExploreForm.of(filters.more)
    built: dict[str, Any] = {"form": form, "menus": form.menus(), "tiles": [], "charts": {}}
    if not form.is_asked:
        return built
    try:
        if form.mode == "funnel":
            question = form.funnel()
            lines = funnel(question, scope=filters.scope, period=filters.period)
            built["charts"] = _funnel_charts(question, lines, filters.scope)
        else:
            asked = form.retention()
            found = retention(asked, scope=filters.scope, period=filters.period, today=day_of(filters.now))
            built["charts"] = _retention_charts(asked, found, filters.scope)
    except DomainError as error:
        built["problem"] = error
    return built


def _names(breakdown: Breakdown, lines: Sequence[FunnelLine | RetentionLine], scope: Scope) -> list[str]:
    """What each line is called."""
    keys = [one.key for one in lines if one.key]
    if breakdown.is_whole:
        names = {"": _t("全部")}
    elif breakdown.dim == Dimension.TOTAL:
        names = {"": _t("未标明"), **{key: key for key in keys}}
    else:
        names = labels_of(breakdown.dim, keys, scope) | {"": _t("未标明")}
    return [_t("其他") if one.is_rest else names[one.key] for one in lines]


def _span(span: timedelta | None) -> str:
    if span is None:
        return "—"
    minutes = span.total_seconds() / 60
    if minutes < 60:
        return _t("%s 分钟") % f"{minutes:.1f}"
    return _t("%s 小时") % f"{minutes / 60:.1f}" if minutes < 2880 else _t("%s 天") % f"{minutes / 1440:.1f}"


def _funnel_charts(question: Funnel, lines: list[FunnelLine], scope: Scope) -> dict[str, Chart]:
    names = _names(question.breakdown, lines, scope)
    steps = [f"{n}. {EventKind(step.kind).label}" for n, step in enumerate(question.steps, start=1)]
    columns = [Column(_("对象"), is_number=False), Column(_("步骤"), is_number=False)]
    columns += [Column(_("人数")), Column(_("占第一步")), Column(_("占上一步"))]
    columns += [Column(_("用时中位数")), Column(_("九成在这之内"))]
    rows: list[list[Cell]] = []
    for words, one in zip(names, lines, strict=True):
        for name, stage in zip(steps, one.stages, strict=True):
            rows.append(
                [
                    text_cell(words),
                    text_cell(name),
                    number_cell(stage.members, Unit.PEOPLE),
                    reading_cell(stage.of_first, Unit.PERCENT),
                    reading_cell(stage.of_last, Unit.PERCENT),
                    Cell(stage.median and stage.median.total_seconds(), _span(stage.median)),
                    Cell(stage.p90 and stage.p90.total_seconds(), _span(stage.p90)),
                ]
            )
    drawn = bars(
        "funnel",
        _("漏斗"),
        steps if lines else [],
        [
            Series(words, [stage.members for stage in one.stages], Unit.PEOPLE)
            for words, one in zip(names[:8], lines[:8], strict=True)
        ],
        x_label=_("步骤"),
        empty=_NOTHING,
        note=_("每个人从时段内第一次做第一步算起，在时限内按顺序走到哪一步。"),
    )
    return {
        "funnel": drawn,
        "numbers": Chart("numbers", _("每一步的数字"), {}, Table(columns, rows), empty=_NOTHING),
    }


def _retention_charts(question: Retention, lines: list[RetentionLine], scope: Scope) -> dict[str, Chart]:
    names = _names(question.breakdown, lines, scope)
    length = max((len(one.readings) for one in lines), default=0)
    x = [_t("第 %d 期") % n if n else _t("当期") for n in range(length)]
    drawn = line(
        "retention",
        _("留存"),
        x,
        [
            Series(words, [_value(one, n) for n in range(length)], Unit.PERCENT)
            for words, one in zip(names[:8], lines[:8], strict=True)
        ],
        x_label=_("之后"),
        empty=_NOTHING,
        note=_("每个人从时段内第一次做起点算起；只算已经过完的那些期。"),
    )
    columns = [Column(_("对象"), is_number=False), Column(_("人数")), *(Column(name) for name in x)]
    rows = [
        [
            text_cell(words),
            number_cell(one.size, Unit.PEOPLE),
            *(reading_cell(_reading(one, n), Unit.PERCENT) for n in range(length)),
        ]
        for words, one in zip(names, lines, strict=True)
    ]
    return {
        "retention": drawn,
        "numbers": Chart("numbers", _("每一期的数字"), {}, Table(columns, rows), empty=_NOTHING),
    }


def _reading(one: RetentionLine, n: int) -> Reading | None:
    return one.readings[n] if n < len(one.readings) else None


def _value(one: RetentionLine, n: int) -> float | None:
    reading = _reading(one, n)
    return None if reading is None or reading.value is None else float(reading.value)


PAGE = Page(
    key="explore",
    label=_("自助分析"),
    icon="travel_explore",
    template="analytics/explore.html",
    build=build,
    preset="30d",
    can_share=False,
    help=_("自己搭漏斗和留存：任意事件、条件、时限和细分，直接查事实，不等汇总。"),
)
