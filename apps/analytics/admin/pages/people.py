"""成员: who is worth what (RFM), how tiers moved, who brings others."""

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
    heat,
    line,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import page_url, rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.buyers import buyers_of
from apps.analytics.selectors.figures import figures, readings, top_keys
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.rfm import Grid, Part, Segment, rfm_grid, rfm_members
from apps.events.enums import EventKind

_CONTRIBUTED = EventKind.CAMPAIGN_CONTRIBUTED.value
_ADVICE = {
    Segment.CHAMPION: _("最近买过、买得勤、花得多。给专属服务，请他们带人。"),
    Segment.GROW: _("最近买过、花得多，但次数少。推荐连带品，促第二单。"),
    Segment.KEEP: _("曾经买得勤、花得多，最近没来。主动问候，给回头的理由。"),
    Segment.RESCUE: _("花过大钱，很久没来。一对一挽留。"),
    Segment.LOYAL: _("常来，单价低。用套餐和满减提高客单价。"),
    Segment.FRESH: _("刚来，买得少。用新人券促复购。"),
    Segment.COOLING: _("常客在变冷，单价低。用福利日唤回。"),
    Segment.LOST: _("买得少，很久没来。低成本触达即可。"),
}


def build(filters: Filters) -> dict[str, Any]:
    grid = rfm_grid(filters.scope, trend_days=60)
    return {
        "tiles": _tiles(filters, grid),
        "charts": {
            "grid": _grid(filters, grid),
            "segments": _segments(filters, grid),
            **_chosen(filters),
            "trend": _trend(grid),
            "tiers": _tiers(filters),
            # Names of members are for staff.
            **({} if filters.is_shared else {"inviters": _inviters(filters)}),
        },
    }


def _tiles(filters: Filters, grid: Grid) -> list[Tile]:
    kept = figures(scope=filters.scope, period=filters.period, kinds=(ACTIVE,), sets=("in",))[""]
    total = grid.total
    return [
        Tile(
            _t("在群成员"),
            say_number(len(kept.now("in")), Unit.PEOPLE),
            url=rows_url("members_in_groups", filters, dim=Dimension.TOTAL),
            note=_t("现在的数字"),
            beyond=("period",),
        ),
        Tile(
            _t("活跃成员"),
            say_number(len(kept.people(ACTIVE)), Unit.PEOPLE),
            url=rows_url("active_members", filters, dim=Dimension.TOTAL),
            note=_t("所选时段内有动作"),
        ),
        Tile(
            _t("买过的成员"),
            say_number(total.count, Unit.PEOPLE),
            note=_t("从开始到现在"),
            beyond=("period",),
        ),
        Tile(
            _t("人均订单"),
            say_number(_rounded(total.mean(total.orders)), Unit.RATIO),
            note=_t("从开始到现在"),
            beyond=("period",),
        ),
        Tile(
            _t("人均消费"),
            say_number(total.mean(total.spent), Unit.MONEY),
            note=_t("从开始到现在，减去退款"),
            beyond=("period",),
        ),
    ]


def _rounded(value: Any) -> float | None:
    return None if value is None else float(value)


def _grid(filters: Filters, grid: Grid) -> Chart:
    x, y = range(1, 6), range(5, 0, -1)
    return heat(
        "grid",
        _("RFM 分布"),
        [_t("频次 %d") % f for f in x] if grid.day else [],
        [_t("最近 %d") % r for r in y] if grid.day else [],
        [[grid.cells[r, f].count for f in x] for r in y],
        unit=Unit.PEOPLE,
        urls=[[page_url("people", filters, cell=f"{r}-{f}", segment=None) for f in x] for r in y],
        x_label=_("购买频次得分"),
        y_label=_("最近购买得分"),
        note=_(
            "买过的人按最近一次购买、购买次数、消费金额各分五档，5 最好；每个团队在自己的买家里打分。点表里的人数看是谁。"
        ),
        empty=_("还没有打过分。有人付款之后，这里每小时给买家打一次分。"),
        beyond=("period",),
    )


def _segments(filters: Filters, grid: Grid) -> Chart:
    columns = [
        Column(_("人群"), is_number=False),
        Column(_("人数")),
        Column(_("占买家")),
        Column(_("消费金额")),
        Column(_("人均消费")),
        Column(_("人均订单")),
        Column(_("距上次购买")),
        Column(_("怎么做"), is_number=False),
    ]
    rows = [_segment_row(filters, grid, segment, part) for segment, part in grid.segments.items()]
    table = Table(columns, rows if grid.day else [])
    empty = _("还没有打过分。有人付款之后，这里每小时给买家打一次分。")
    return Chart("segments", _("八类人群"), {}, table, empty=empty, beyond=("period",))


def _segment_row(filters: Filters, grid: Grid, segment: Segment, part: Part) -> list[Cell]:
    url = page_url("people", filters, segment=segment.value, cell=None) if part.count else ""
    return [
        text_cell(segment.label, url),
        number_cell(part.count, Unit.PEOPLE, url),
        number_cell(part.count / grid.total.count if grid.total.count else None, Unit.PERCENT),
        number_cell(part.spent, Unit.MONEY),
        number_cell(part.mean(part.spent), Unit.MONEY),
        number_cell(_rounded(part.mean(part.orders)), Unit.RATIO),
        number_cell(_rounded(part.mean(part.days_since)), Unit.DAYS),
        text_cell(_ADVICE[segment]),
    ]


def _chosen(filters: Filters) -> dict[str, Chart]:
    """The members of the cell or segment that the address names; names are not for those without an account."""
    if filters.is_shared:
        return {}
    title, members = "", None
    segment, cell = filters.more.get("segment", ""), filters.more.get("cell", "")
    if segment in Segment.values:
        title, members = str(Segment(segment).label), rfm_members(filters.scope, segment=Segment(segment))
    elif len(cell) == 3 and cell[0] in "12345" and cell[2] in "12345":
        title = _t("最近 %(r)s、频次 %(f)s") % {"r": cell[0], "f": cell[2]}
        members = rfm_members(filters.scope, cell=(int(cell[0]), int(cell[2])))
    if members is None:
        return {}
    rows = [
        [
            text_cell(
                f"{buyer.name} #{buyer.member_id}",
                reverse("admin:members_member_change", args=[buyer.member_id]),
            ),
            text_cell(buyer.tier or "—"),
            number_cell(buyer.orders, Unit.COUNT),
            number_cell(buyer.spent, Unit.MONEY),
            text_cell(f"{buyer.last_paid_at:%Y-%m-%d}" if buyer.last_paid_at else "—"),
        ]
        for buyer in buyers_of(members, user=filters.user, scope=filters.scope)
    ]
    columns = [
        Column(_("成员"), is_number=False),
        Column(_("等级")),
        Column(_("订单数")),
        Column(_("消费金额")),
        Column(_("最近付款")),
    ]
    return {
        "chosen": Chart(
            "chosen",
            _t("%(title)s：%(n)s 人") % {"title": title, "n": f"{len(members):,}"},
            {},
            Table(columns, rows),
            note=_("消费最多的 100 人，只列你能看到的成员。"),
            empty=_("这一格里没有你能看到的成员。"),
        )
    }


def _trend(grid: Grid) -> Chart:
    days = list(grid.trend)
    return line(
        "trend",
        _("人群变化"),
        [f"{day:%m-%d}" for day in days] if len(days) > 1 else [],
        [
            Series(segment.label, [grid.trend[day][segment] for day in days], Unit.PEOPLE)
            for segment in Segment
        ],
        x_label=_("日期"),
        empty=_("打分满两天之后，这里显示各类人群的增减。"),
        beyond=("period",),
    )


def _tiers(filters: Filters) -> Chart:
    now, was = (
        figures(scope=filters.scope, period=period, kinds=(ACTIVE,), dim=Dimension.TIER)
        for period in (filters.period, filters.previous)
    )
    keys = sorted({*now, *was}, key=lambda key: (len(key), key))
    names = labels_of(Dimension.TIER, keys, filters.scope)
    return bars(
        "tiers",
        _("各等级的活跃成员"),
        [names[key] for key in keys],
        [
            Series(
                words,
                [len(found[key].people(ACTIVE)) if key in found else 0 for key in keys],
                Unit.PEOPLE,
                [
                    rows_url("active_members", filters, dim=Dimension.TIER, key=key, period=period)
                    for key in keys
                ],
            )
            for words, found, period in (
                (_("本期"), now, filters.period),
                (_("上期"), was, filters.previous),
            )
        ],
        x_label=_("会员等级"),
        note=_("等级按动作发生的那一刻算；时段内升降级的人在两个等级里都算。"),
        empty=_("这段时间没有带等级的成员活动。"),
    )


def _inviters(filters: Filters) -> Chart:
    asked: dict[str, Any] = {"scope": filters.scope, "period": filters.period, "dim": Dimension.INVITER}
    keys = [key for key, _count in top_keys(kind=_CONTRIBUTED, variants="%+new", **asked)]
    invited = all_metrics()["invited"]
    read = readings([invited], keys=keys, **asked) if keys else {}
    best = sorted(((key, read[key][invited.key].value) for key in keys), key=lambda one: -(one[1] or 0))
    names = labels_of(Dimension.INVITER, keys, filters.scope)
    forest = page_url("forest", filters)
    link = "" if filters.is_shared or not forest else forest.split("?")[0]
    return bars(
        "inviters",
        _("带来新人最多的成员"),
        [f"{names[key]} #{key}" for key, _count in best],
        [
            Series(
                _("新人"),
                [count for _key, count in best],
                Unit.PEOPLE,
                [rows_url(invited.key, filters, dim=Dimension.INVITER, key=key) for key, _count in best],
            )
        ],
        x_label=_("成员"),
        horizontal=True,
        height=28,
        x_urls=[f"{link}?member={key}" if link else "" for key, _count in best],
        note=_("活动里带来的新人数。点名字看他的邀请树。"),
        empty=_("这段时间没有人带来新人。裂变活动开起来后，这里列出最能带人的成员。"),
    )


PAGE = Page(
    key="people",
    label=_("成员价值"),
    icon="group",
    template="analytics/people.html",
    build=build,
    preset="30d",
    help=_("买家分成八类，各怎么做；等级、邀请人的情况。"),
)
