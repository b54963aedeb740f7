"""社群: how healthy each group is, which go quiet, and whether copies become what their model was."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Table,
    number_cell,
    plain,
    reading_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import page_url, rows_url
from apps.analytics.admin.board.one_group import one_group
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile, tile_of
from apps.analytics.admin.board.wording import change_of, say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.copying import FIRST_DAYS
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.extras.copies import Copy, copies_of
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.groups import GroupRow, group_rows
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.periods import day_of
from apps.groups.enums import GroupStage

_TABLE = (
    "health", "members_in_groups", "activity_rate", "active_members", "joins", "leavers", "net_growth", "leave_rate",
    "orders", "revenue",
)  # fmt: skip
_TILES = (
    "members_in_groups", "health", "activity_rate", "joins", "leavers", "net_growth", "revenue", "replicate_rate",
)  # fmt: skip
_QUIET = 12


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    if filters.group_id is not None:
        return one_group(filters, known)
    metrics = [known[key] for key in _TABLE]
    rows = group_rows(metrics, scope=filters.scope, period=filters.period, before=filters.previous)
    shown = [known[key] for key in _TILES]
    now = readings(shown, scope=filters.scope, period=filters.period)[""]
    was = readings(shown, scope=filters.scope, period=filters.previous)[""]
    quiet = [row for row in rows if row.has_gone_quiet]
    return {
        "tiles": [
            tile_of(
                metric,
                now[metric.key],
                None if metric.sets else was[metric.key],
                rows_url(metric.key, filters),
                is_over=not filters.is_today,
            )
            for metric in shown
        ]
        + [Tile(label=_("变安静的群"), text=say_number(len(quiet), Unit.COUNT), url="#quiet")],
        "charts": {
            "matrix": _matrix(rows, filters),
            "quiet": _quiet(quiet, filters),
            "groups": _groups(rows, metrics, filters),
            "copies": _copies(filters),
        },
    }


def _growth(row: GroupRow) -> float | None:
    members = row.now["members_in_groups"].value or 0
    return float(row.now["net_growth"].value or 0) / float(members) if members else None


def _matrix(rows: list[GroupRow], filters: Filters) -> Chart:
    """Each group a dot: right is active, up is growing, its size its members, its colour its stage."""
    stages: dict[str, list[dict[str, Any]]] = {}
    lines: list[list[Cell]] = []
    for row in rows:
        growth = _growth(row)
        if growth is None:
            continue
        activity, members = row.now["activity_rate"], row.now["members_in_groups"]
        stages.setdefault(row.group.stage, []).append(
            {
                "name": row.group.name,
                "value": [plain(activity.value or 0.0), round(growth, 4), plain(members.value)],
            }
        )
        lines.append(
            [
                text_cell(row.group.name, page_url("groups", filters, group=row.group.pk)),
                text_cell(row.group.get_stage_display()),
                reading_cell(activity, Unit.PERCENT, _rows("activity_rate", filters, row)),
                number_cell(growth, Unit.PERCENT, _rows("net_growth", filters, row)),
                reading_cell(members, Unit.PEOPLE, _rows("members_in_groups", filters, row)),
            ]
        )
    option = {
        "legend": {"show": True},
        "tooltip": {"trigger": "item"},
        "xAxis": {"type": "value", "name": _("活跃度"), "unit": Unit.PERCENT.value},
        "yAxis": {"type": "value", "name": _("净增 ÷ 在群"), "unit": Unit.PERCENT.value},
        "series": [
            {"type": "scatter", "name": str(label), "unit": Unit.PERCENT.value, "data": stages[stage]}
            for stage, label in GroupStage.choices
            if stage in stages
        ],
    }
    columns = [
        Column(_("社群"), is_number=False),
        *(Column(words) for words in (_("阶段"), _("活跃度"), _("净增 ÷ 在群"), _("在群人数"))),
    ]
    return Chart(
        "matrix",
        _("健康矩阵"),
        option,
        Table(columns, lines),
        note=_("一个点是一个群：越靠右越活跃，越靠上长得越快，点越大人越多，颜色是现在的阶段。"),
        height=28,
        empty=_EMPTY,
    )


def _groups(rows: list[GroupRow], metrics: list[Metric], filters: Filters) -> Chart:
    lines = [
        [
            text_cell(row.group.name, page_url("groups", filters, group=row.group.pk)),
            text_cell(row.group.get_stage_display()),
            *(
                reading_cell(row.now[metric.key], metric.unit, _rows(metric.key, filters, row))
                for metric in metrics
            ),
            _ago(row, filters),
        ]
        for row in rows
    ]
    columns = [
        Column(_("社群"), is_number=False),
        Column(_("阶段")),
        *(Column(metric.label) for metric in metrics),
        Column(_("最近发帖")),
    ]
    note = _("健康分高的在前。点群名看它自己的页面，点数字看背后的明细。")
    return Chart("groups", _("全部社群"), {}, Table(columns, lines), note=note, empty=_EMPTY)


def _ago(row: GroupRow, filters: Filters) -> Cell:
    if row.posted_on is None:
        return Cell(None, _("没发过"), tone="dim")
    days = (day_of(filters.now) - row.posted_on).days
    words = _("今天") if days <= 0 else _("%d 天前") % days
    return Cell(
        row.posted_on.isoformat(),
        words,
        _rows("messages_sent", filters, row) if row.posted_on >= filters.period.first else "",
    )


def _quiet(rows: list[GroupRow], filters: Filters) -> Chart:
    metric = all_metrics()["activity_rate"]
    rows = sorted(rows, key=_fall)[:_QUIET]
    lines = [
        [
            text_cell(row.group.name, page_url("groups", filters, group=row.group.pk)),
            reading_cell(row.was[metric.key], metric.unit),
            reading_cell(row.now[metric.key], metric.unit, _rows(metric.key, filters, row)),
            text_cell(
                change_of(row.now[metric.key], row.was[metric.key], metric.unit, metric.direction).text
            ),
            text_cell(row.active_on or "—"),
            _ago(row, filters),
        ]
        for row in rows
    ]
    columns = [
        Column(_("社群"), is_number=False),
        *(
            Column(words)
            for words in (_("上期活跃度"), _("本期活跃度"), _("变化"), _("最近有人活动"), _("最近发帖"))
        ),
    ]
    return Chart(
        "quiet",
        _("变安静的群"),
        {},
        Table(columns, lines),
        note=_("活跃度降到了碰巧说不过去的程度（两期的 95% 区间不相交），都按现在在群的人算。"),
        empty=_("没有明显变安静的群。人太少的群看不出来，不在这里下结论。"),
    )


def _fall(row: GroupRow) -> float:
    return float(row.now["activity_rate"].value or 0) - float(row.was["activity_rate"].value or 0)


def _copies(filters: Filters) -> Chart:
    found = copies_of(filters.scope)
    keys = {str(copy.group_id) for copy in found} | {
        str(copy.model_id) for copy in found if copy.is_model_seen
    }
    names = labels_of(Dimension.GROUP, keys, filters.scope)
    today = day_of(filters.now)
    lines = [
        [
            text_cell(names[str(copy.group_id)], page_url("groups", filters, group=copy.group_id)),
            text_cell(names[str(copy.model_id)], page_url("groups", filters, group=copy.model_id))
            if copy.is_model_seen
            else Cell("", _("其他团队的群"), tone="dim"),
            _pair(copy, "joined", Unit.PEOPLE),
            _pair(copy, "active", Unit.PEOPLE),
            _pair(copy, "revenue", Unit.MONEY),
            _verdict(copy, is_due=copy.ends_on is not None and copy.ends_on < today),
        ]
        for copy in found
    ]
    columns = [
        Column(_("复制群"), is_number=False),
        *(Column(words) for words in (_("样板群"), _("入群人数"), _("活跃人数"), _("成交净额"), _("结果"))),
    ]
    return Chart(
        "copies",
        _("复制群和样板群"),
        {},
        Table(columns, lines),
        note=_(
            "都看从第一个人入群起的头 %d 天：前面是复制群，后面是样板群。三样都到样板群的八成，才算复制成功。"
        )
        % FIRST_DAYS,
        beyond=("period",),
        empty=_("还没有复制出来的群。在社群页把做得好的群标成样板，再照着开新群。"),
    )


def _pair(copy: Copy, name: str, unit: Unit) -> Cell:
    own, model = (getattr(start, name) if start else None for start in (copy.start, copy.model))
    return Cell(own, f"{say_number(own, unit)} / {say_number(model, unit)}")


def _verdict(copy: Copy, *, is_due: bool) -> Cell:
    if copy.start is None:
        return Cell("", _("还没有人入群"), tone="dim")
    if not copy.is_model_seen:
        return Cell("", _("样板群在别的团队，没法比"), tone="dim")
    if copy.model is None:
        return Cell("", _("样板群还没有人入群，没法比"), tone="dim")
    if copy.is_reached:
        return Cell("reached", _("达到了") if is_due else _("已达到，还没满 %d 天") % FIRST_DAYS, tone="good")
    if not is_due:
        return Cell("running", _("还没满 %d 天") % FIRST_DAYS, tone="dim")
    return Cell("missed", _("没达到"), tone="bad")


def _rows(key: str, filters: Filters, row: GroupRow) -> str:
    return rows_url(key, filters, dim=Dimension.GROUP, key=str(row.group.pk))


_EMPTY = gettext_lazy("还没有社群。先建一个群，或把群名单导进来，这里就有它的健康分。")

PAGE = Page(
    key="groups",
    label=gettext_lazy("社群健康"),
    icon="forum",
    template="analytics/groups.html",
    build=build,
    order=70,
    preset="30d",
    filters=("period", "team", "group"),
    help=gettext_lazy("每个群的健康分、活跃、增减和成交；哪些群在变安静；复制群有没有做到样板群的样子。"),
)
