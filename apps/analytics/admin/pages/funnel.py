"""AARRR 漏斗: 引流 → 激活 → 成交 → 裂变、复购, with the time between and where people come from."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Step,
    Table,
    number_cell,
    reading_cell,
    text_cell,
)
from apps.analytics.admin.board.charts import (
    funnel as funnel_chart,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import change_of, say, say_interval
from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Reading, share
from apps.analytics.selectors.funnel import COHORT_KINDS, Passage, Passed, cohorts, funnel
from apps.analytics.selectors.labels import labels_of

#: step → its words, and the metric whose facts it is counted from.
_NAMES = {
    "acquire": (_("引流：入群"), "joins"),
    "activate": (_("激活：有动作"), "active_members"),
    "convert": (_("成交：付款"), "buyers"),
    "refer": (_("裂变：带来新人"), "inviters"),
    "repurchase": (_("复购：再次付款"), "orders"),
}
_ROWS = 50


def build(filters: Filters) -> dict[str, Any]:
    steps = funnel(filters.scope, filters.period)
    was = funnel(filters.scope, filters.previous)
    by = _by(filters)
    return {
        "tiles": [_tile(index, steps, was, filters) for index in range(len(steps))],
        "charts": {
            "funnel": _picture(steps, filters),
            "waits": _waits(steps, filters),
            "breakdown": _breakdown(steps, filters, by),
        },
        "choices": [(dim.label, filters.query(by=dim.value), dim == by) for dim in COHORT_KINDS],
    }


def _by(filters: Filters) -> Dimension:
    wanted = filters.more.get("by", "")
    return next((dim for dim in COHORT_KINDS if dim.value == wanted), Dimension.SOURCE)


def _rows(step: str, filters: Filters, by: Dimension = Dimension.TOTAL, key: str = "") -> str:
    """The facts by which members passed the step: not those of everybody who ever did it."""
    passed = Passage(step, by, key)
    return rows_url(_NAMES[step][1], filters, dim=Dimension.TOTAL, passed=passed)


def _share(steps: list[Passed], index: int) -> Reading | None:
    after = steps[index].after
    return None if after is None else share(len(steps[index].members), len(steps[after].members))


def _tile(index: int, steps: list[Passed], was: list[Passed], filters: Filters) -> Tile:
    label, _metric = _NAMES[steps[index].key]
    now_share, was_share = _share(steps, index), _share(was, index)
    url = _rows(steps[index].key, filters)
    count = Reading(len(steps[index].members))
    if now_share is None or was_share is None:
        moved = change_of(count, Reading(len(was[index].members)), Unit.PEOPLE, Direction.HIGHER)
        words = _t("上期 %s") % f"{len(was[index].members):,}"
        return Tile(str(label), say(count, Unit.PEOPLE), words, moved.text, moved.tone, url)
    moved = change_of(now_share, was_share, Unit.PERCENT, Direction.HIGHER)
    before = _NAMES[steps[steps[index].after or 0].key][0]
    note = say(now_share, Unit.PERCENT)
    if now_share.value is not None and not now_share.is_small:
        note = _t("占“%(step)s”的 %(share)s") % {"step": before, "share": note}
    if not now_share.is_small and (interval := say_interval(now_share)):
        note = _t("%(note)s（%(interval)s）") % {"note": note, "interval": interval}
    words = _t("上期 %s") % f"{len(was[index].members):,}"
    return Tile(str(label), say(count, Unit.PEOPLE), words, moved.text, moved.tone, url, note=note)


def _picture(steps: list[Passed], filters: Filters) -> Chart:
    drawn = [Step(_NAMES[step.key][0], len(step.members), _rows(step.key, filters)) for step in steps]
    labels = {"step": _("步骤"), "count": _("人数"), "from_first": _("占引流"), "from_last": _("占上一步")}
    chart = funnel_chart("funnel", _("漏斗"), drawn, labels=labels, empty=_EMPTY)
    if not drawn[0].value:
        return replace(chart, table=Table(chart.table.columns, []))
    rows = []
    for index, row in enumerate(chart.table.rows):
        of_first = share(len(steps[index].members), len(steps[0].members))
        of_last = _share(steps, index)
        url = _rows(steps[index].key, filters)
        rows.append([*row[:2], *(reading_cell(one, Unit.PERCENT, url) for one in (of_first, of_last))])
    note = _("每一步都在这段时间内，而且不早于上一步那一天。裂变和复购都从成交算。")
    return replace(chart, table=Table(chart.table.columns, rows), note=note)


def _waits(steps: list[Passed], filters: Filters) -> Chart:
    rows = [
        [
            text_cell(f"{_NAMES[steps[step.after].key][0]} → {_NAMES[step.key][0]}"),
            number_cell(len(step.members), Unit.PEOPLE, _rows(step.key, filters)),
            *(_days_cell(value) for value in (step.median, step.quarter, step.three_quarters)),
        ]
        for step in steps
        if step.after is not None and step.members
    ]
    columns = [
        Column(_("从哪步到哪步"), is_number=False),
        Column(_("人数")),
        Column(_("一半的人在几天内")),
        Column(_("最快的四分之一")),
        Column(_("四分之三的人")),
    ]
    note = _("从上一步那一天起隔了几天。")
    return Chart("waits", _("步骤之间的时间"), {}, Table(columns, rows), note, empty=_EMPTY)


def _days_cell(days: float | None) -> Cell:
    return Cell(days, _t("当天")) if days == 0 else number_cell(days, Unit.DAYS)


def _breakdown(steps: list[Passed], filters: Filters, by: Dimension) -> Chart:
    came = steps[0].members
    found = {key: members & came for key, members in cohorts(filters.scope, filters.period, by).items()}
    ordered = sorted(
        ((key, members) for key, members in found.items() if members), key=lambda one: -len(one[1])
    )
    names = labels_of(by, [key for key, _members in ordered[:_ROWS]], filters.scope)
    rows = []
    for key, members in ordered[:_ROWS]:
        passed = [step.members & members for step in steps]
        shares = [
            _share_cell(
                share(len(passed[index]), len(passed[step.after or 0])), _rows(step.key, filters, by, key)
            )
            for index, step in enumerate(steps)
            if index
        ]
        rows.append(
            [
                text_cell(names[key]),
                number_cell(len(members), Unit.PEOPLE, _rows("acquire", filters, by, key)),
                *shares,
            ]
        )
    columns = [
        Column(by.label, is_number=False),
        Column(_("引流人数")),
        *(Column(_NAMES[step.key][0]) for step in steps[1:]),
    ]
    note = _("比例都占上一步（裂变、复购占成交），括号里是 95% 区间；区间重叠的两行不必分高下。")
    return Chart("breakdown", _("从哪里来的人走得更远"), {}, Table(columns, rows), note, empty=_EMPTY)


def _share_cell(reading: Reading, url: str) -> Cell:
    cell = reading_cell(reading, Unit.PERCENT, url)
    if reading.is_small or not (interval := say_interval(reading)):
        return cell
    return replace(cell, text=_t("%(note)s（%(interval)s）") % {"note": cell.text, "interval": interval})


_EMPTY = _("这段时间没有人入群。换一个更长的时间范围，或者先导入成员、开一期拉新活动。")

PAGE = Page(
    key="funnel",
    label=_("漏斗"),
    icon="filter_alt",
    template="analytics/funnel.html",
    build=build,
    order=20,
    preset="30d",
    help=_("引流、激活、成交、裂变、复购：每一步留下多少人，用了多久。"),
)
