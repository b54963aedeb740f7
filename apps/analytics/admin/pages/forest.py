"""裂变森林: who brought whom, how far it went, and what looks odd."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    bars,
    number_cell,
    picture,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import say, say_number
from apps.analytics.enums import Unit
from apps.analytics.metrics.base import share
from apps.analytics.models import Branch
from apps.analytics.selectors import forest
from apps.campaigns.enums import BenefitKind
from apps.core.numbers import whole

_EMPTY = _(
    "还没有裂变关系。成员由谁邀请，来自导入名单的“邀请人手机”一列，或活动里新朋友的参与；汇总后这里会长出树来。"
)


def build(filters: Filters) -> dict[str, Any]:
    teams = forest.forest_teams(filters.scope, filters.team_id)
    total = forest.summary(teams)
    more = dict(filters.more)
    found = forest.search(filters.user, teams, more.get("q", ""))
    roots = forest.trees(teams)
    chosen = _chosen(more, teams, found, roots)
    tops = forest.spreaders(teams)
    odd = forest.odd_shapes(teams)
    names = forest.names_of({row.member_id for row in (*roots, *tops, *odd, *found)})
    charts = {
        "tree": _tree(chosen, filters),
        "generations": _generations(teams, chosen),
        "trees": _listed("trees", _t("最大的树"), roots, names, filters),
        "spreaders": _listed("spreaders", _t("超级传播者"), tops, names, filters),
        "odd": _odd(odd, names, filters),
    }
    if chosen is not None:
        charts["rewards"] = _rewards(chosen)
    return {
        "tiles": _tiles(total),
        "charts": charts,
        "q": more.get("q", ""),
        "found": [(names[row.member_id], _url(row, filters), row.size) for row in found],
        "chosen": chosen,
        "chosen_name": forest.names_of([chosen.member_id])[chosen.member_id] if chosen else "",
        "up_url": _up(chosen, filters),
    }


def _chosen(
    more: dict[str, str], teams: list[int], found: list[Branch], roots: list[Branch]
) -> Branch | None:
    member_id = whole(more.get("member"))
    if member_id is not None:
        branch = forest.branch_of(teams, member_id)
        if branch is not None:
            return branch
    return next(iter(found or roots), None)


def _url(branch: Branch, filters: Filters) -> str:
    return "" if filters.is_shared else f"?{filters.query(member=branch.member_id, q=None)}"


def _up(chosen: Branch | None, filters: Filters) -> str:
    if chosen is None or chosen.inviter_id is None or filters.is_shared:
        return ""
    return f"?{filters.query(member=chosen.inviter_id, q=None)}"


def _tiles(total: forest.Summary) -> list[Tile]:
    kept = share(total.effective, total.brought)
    each = total.effective / total.inviters if total.inviters else None
    return [
        Tile(_t("树"), say_number(total.trees, Unit.COUNT), note=_t("没有邀请人、又带来过人的成员各是一棵")),
        Tile(_t("被邀请的人"), say_number(total.brought, Unit.PEOPLE)),
        Tile(
            _t("其中还在"),
            say(kept, Unit.PERCENT),
            note=_t("有效邀请 %s 人，不算退出了所有群的") % say_number(total.effective, Unit.PEOPLE),
            is_small=kept.is_small,
        ),
        Tile(_t("人均有效邀请"), say_number(each, Unit.RATIO), note=_t("每个邀请人")),
        Tile(_t("最深"), _t("%d 代") % total.height),
        Tile(
            _t("可疑的形状"),
            say_number(total.odd, Unit.COUNT),
            note=_t("请人看一眼，不等于作弊") if total.odd else "",
        ),
    ]


def _tree(chosen: Branch | None, filters: Filters) -> Chart:
    table = Table(
        [Column(_t("成员"), is_number=False), Column(_t("直接邀请")), Column(_t("有效")), Column(_t("全部后代")), Column(_t("往下几代"))],
        [],
    )  # fmt: skip
    if chosen is None:
        return Chart("tree", _("树"), {}, table, empty=_EMPTY)
    node = forest.tree_of(chosen)
    _fill(table, node, filters, 0)
    series = {
        "type": "tree",
        "roam": True,
        "initialTreeDepth": 2,
        "symbolSize": 9,
        "expandAndCollapse": True,
        "orient": "LR",
        "left": 110,
        "right": 130,
        "label": {"position": "left", "align": "right"},
        "leaves": {"label": {"position": "right", "align": "left"}},
        "data": [datum(node)],
        # A node says who it is and what to load; the words stay here.
        "team": chosen.team_id,
    }
    note = _("拖动平移，滚轮或双指缩放；点一个人收起或展开，点“还有 N 人”接着看。颜色浅的已退群。")
    return picture("tree", _("%s 的树") % node.name, series, table, note=note, height=32)


def datum(node: forest.Node) -> dict[str, Any]:
    """One node for the picture: name, size, and what a click loads."""
    row = node.branch
    kids = [datum(kid) for kid in node.children]
    if node.more > 0:
        kids.append(more_datum(row, node.more, len(node.children)))
    found: dict[str, Any] = {
        "name": node.name,
        "value": row.size,
        "itemStyle": {"opacity": 0.35 if row.has_left else 1},
    }
    if kids:
        found["children"] = kids
    return found


def more_datum(row: Branch, count: int, offset: int) -> dict[str, Any]:
    """The node that stands for those who are not drawn."""
    address = reverse("admin:analytics_forest_branch", args=[row.team_id, row.member_id])
    return {
        "name": _t("还有 %d 人") % count,
        "value": count,
        "symbol": "diamond",
        "load": f"{address}?offset={offset}",
    }


def _fill(table: Table, node: forest.Node, filters: Filters, level: int) -> None:
    row = node.branch
    table.rows.append(
        [
            text_cell(f"{'　' * level}{node.name}", _url(row, filters)),
            number_cell(row.children, Unit.PEOPLE),
            number_cell(row.effective_children, Unit.PEOPLE),
            number_cell(row.size, Unit.PEOPLE),
            number_cell(row.height, Unit.COUNT),
        ]
    )
    for kid in node.children:
        _fill(table, kid, filters, level + 1)


def _generations(teams: list[int], chosen: Branch | None) -> Chart:
    rows = forest.generations(teams, chosen)
    return bars(
        "generations",
        _("这棵树的每一代") if chosen else _("每一代"),
        [_t("第 %d 代") % depth for depth, _count, _kept in rows],
        [
            Series(_t("带来"), [count for _depth, count, _kept in rows], Unit.PEOPLE),
            Series(_t("还在"), [kept for _depth, _count, kept in rows], Unit.PEOPLE),
        ],
        x_label=_t("代"),
        y_label=_t("人"),
        empty=_EMPTY,
    )


def _listed(key: str, title: Any, rows: list[Branch], names: dict[int, str], filters: Filters) -> Chart:
    columns = [Column(_t("成员"), is_number=False), Column(_t("直接邀请")), Column(_t("有效")),
               Column(_t("留存")), Column(_t("全部后代")), Column(_t("往下几代"))]  # fmt: skip
    cells = [
        [
            text_cell(_said(row, names), _url(row, filters)),
            number_cell(row.children, Unit.PEOPLE),
            number_cell(row.effective_children, Unit.PEOPLE),
            _share_cell(row),
            number_cell(row.size, Unit.PEOPLE),
            number_cell(row.height, Unit.COUNT),
        ]
        for row in rows
    ]
    return Chart(key, title, {}, Table(columns, cells), empty=_EMPTY)


def _said(row: Branch, names: dict[int, str]) -> str:
    return _t("%s（由其他团队的成员邀请）") % names[row.member_id] if row.is_cut else names[row.member_id]


def _share_cell(row: Branch) -> Cell:
    reading = share(row.effective_children, row.children)
    return Cell(reading.value, say(reading, Unit.PERCENT), tone="dim" if reading.is_small else "")


def _odd(rows: list[Branch], names: dict[int, str], filters: Filters) -> Chart:
    columns = [Column(_t("成员"), is_number=False), Column(_t("为什么"), is_number=False), Column(_t("涉及")), Column(_t("全部后代"))]  # fmt: skip
    cells = [
        [
            text_cell(_said(row, names), _url(row, filters)),
            text_cell("；".join(words for words, _size in _reasons(row))),
            number_cell(max(size for _words, size in _reasons(row)), Unit.PEOPLE),
            number_cell(row.size, Unit.PEOPLE),
        ]
        for row in rows
    ]
    note = _("这些形状常见于刷量，也可能是正当的（比如线下活动现场一起扫码）。先看明细，再在风控队列里处理。")
    return Chart(
        "odd", _("可疑的形状"), {}, Table(columns, cells), note=note, empty=_("没有发现可疑的形状。")
    )


def _reasons(row: Branch) -> list[tuple[str, int]]:
    found = [
        (
            _t("星形：%(n)d 位朋友里 %(idle)d 位来了就再没动过") % {"n": row.children, "idle": row.star},
            row.star,
        ),
        (_t("扎堆：十分钟内来了 %d 位") % row.burst, row.burst),
        (_t("同一台设备连着邀请 %d 代") % row.device_chain, row.device_chain),
        (_t("成环：%d 人互为邀请人") % row.circle, row.circle),
    ]
    return [(words, size) for words, size in found if size]


def _rewards(chosen: Branch) -> Chart:
    levels = {0: _t("本人参与"), 1: _t("一级：直接邀请"), 2: _t("二级：朋友的朋友")}
    rows = [
        [
            text_cell(levels[reward.level]),
            text_cell(BenefitKind(reward.kind).label if reward.kind in BenefitKind.values else reward.kind),
            number_cell(reward.count, Unit.COUNT),
            number_cell(reward.cost, Unit.MONEY),
        ]
        for reward in forest.rewards_of(chosen)
    ]
    columns = [
        Column(_t("来由"), is_number=False),
        Column(_t("礼品"), is_number=False),
        Column(_t("次数")),
        Column(_t("成本")),
    ]
    note = _("奖励最多两级，这是底线。眼下的玩法只奖励直接邀请的人，没有二级奖励。")
    return Chart(
        "rewards", _("这位成员得到的"), {}, Table(columns, rows), note=note, empty=_("还没有得到过礼品。")
    )


PAGE = Page(
    key="forest",
    label=_("裂变森林"),
    icon="forest",
    template="analytics/forest.html",
    build=build,
    filters=("team",),
    order=80,
    can_share=False,
    help=_("谁带来了谁，传了几代，有没有可疑的形状。"),
)
