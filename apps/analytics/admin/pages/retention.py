"""留存: cohorts as a heat map and a curve, the flow of active members, stickiness."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import Chart, Series, bars, heat, line
from apps.analytics.admin.board.choices import choice, chosen
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import say, say_interval, say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Reading
from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.selectors.buckets import Grain, bucket_of, last_of, shifted
from apps.analytics.selectors.cohorts import Cohorts, cohorts, cohorts_by
from apps.analytics.selectors.labels import labels_of
from apps.analytics.selectors.lifecycle import Flow, Stickiness, lifecycle, stickiness
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.sets import day_sets
from apps.core.sentences import with_note
from apps.events.enums import EventKind

_STARTS = {
    EventKind.GROUP_JOINED.value: _("首次入群"),
    EventKind.CAMPAIGN_ENTERED.value: _("首次参与活动"),
    EventKind.ORDER_PAID.value: _("首次付款"),
    ACTIVE: _("首次活跃"),
}
_RETURNS = {
    ACTIVE: _("再次活跃"),
    EventKind.ORDER_PAID.value: _("付款"),
    EventKind.CAMPAIGN_ENTERED.value: _("参与活动"),
    EventKind.PAGE_VIEWED.value: _("打开落地页"),
}
_MODES = {"exact": _("当期回来"), "since": _("当期或以后回来")}
_SPLITS = {"": _("不细分"), "source": _("来源渠道"), "group": _("社群"), "tier": _("会员等级")}
#: grain → (cohorts shown, offsets followed)
_SIZES = {Grain.DAY: (14, 14), Grain.WEEK: (12, 12), Grain.MONTH: (12, 12)}


def build(filters: Filters) -> dict[str, Any]:
    grain = Grain(chosen(filters, "grain", Grain.values, Grain.WEEK))
    start = chosen(filters, "start", _STARTS, EventKind.GROUP_JOINED)
    back = chosen(filters, "back", _RETURNS, ACTIVE)
    mode = chosen(filters, "mode", _MODES, "exact")
    split = chosen(filters, "split", _SPLITS, "")
    today = day_of(filters.now)
    shown, offsets = _SIZES[grain]
    period = Period(shifted(bucket_of(today, grain), grain, 1 - shown), today)
    asked: dict[str, Any] = {
        "scope": filters.scope,
        "period": period,
        "today": today,
        "start_kind": start,
        "return_kind": back,
        "grain": grain,
        "is_bounded": mode == "exact",
        "offsets": offsets,
    }
    dim, key = (Dimension.GROUP, str(filters.group_id)) if filters.group_id else (Dimension.TOTAL, "")
    of_key: dict[str, Any] = {"scope": filters.scope, "dim": dim, "key": key}
    # Three parts of the page look at the same days.
    since = min(shifted(bucket_of(period.first, grain), grain, -1), today - timedelta(days=30))
    acts = day_sets(period=Period(since, today), kind=ACTIVE, **of_key)
    came = acts if back == ACTIVE and dim == Dimension.TOTAL else None
    table = cohorts(dim=dim, key=key, acts=came, **asked)
    parts = cohorts_by(dim=Dimension(split), keys=6, within=(dim, key), **asked) if split else {}
    flows = lifecycle(period=period, today=today, grain=grain, acts=acts, **of_key)
    flow_urls = _flow_urls(filters, flows, grain)
    sticky = stickiness(until=today - timedelta(days=1), acts=acts, **of_key)
    return {
        "choices": [
            choice(filters, "grain", _("粒度"), {one.value: one.label for one in Grain}, grain),
            choice(filters, "start", _("从"), _STARTS, start),
            choice(filters, "back", _("看"), _RETURNS, back),
            choice(filters, "mode", _("算法"), _MODES, mode),
            choice(filters, "split", _("细分"), _SPLITS, split),
        ],
        "tiles": _tiles(table, flows, sticky, _urls(filters, start, period, flow_urls)),
        "charts": {
            "heat": _heat(table, offsets),
            "curve": _curve(table, parts, Dimension(split), filters.scope),
            "flow": _flow(flows, grain, flow_urls, is_group=bool(key)),
            "spread": _spread(sticky, is_group=bool(key)),
        },
    }


def _name(first: date, grain: Grain) -> str:
    return f"{first:%Y-%m}" if grain == Grain.MONTH else f"{first:%m-%d}"


def _offset_name(offset: int, grain: Grain) -> str:
    words = {Grain.DAY: _t("第 %d 天"), Grain.WEEK: _t("第 %d 周"), Grain.MONTH: _t("第 %d 月")}
    return words[grain] % offset if offset else _t("当期")


def _urls(filters: Filters, start: str, period: Period, flow_urls: list[str]) -> dict[str, str]:
    """The rows behind the tiles, as far as a metric counts the very same."""
    yesterday = day_of(filters.now) - timedelta(days=1)
    month = Period(yesterday - timedelta(days=29), yesterday)
    is_new = start == EventKind.GROUP_JOINED and not filters.group_id
    return {
        "size": rows_url("new_members", filters, period=period) if is_new else "",
        "sticky": rows_url("stickiness", filters, period=month),
        "active": flow_urls[-1] if flow_urls else "",
    }


def _flow_urls(filters: Filters, flows: list[Flow], grain: Grain) -> list[str]:
    """Who was active in each bucket, as far as it has come."""
    today = day_of(filters.now)
    return [
        rows_url("active_members", filters, period=Period(flow.first, min(last_of(flow.first, grain), today)))
        for flow in flows
    ]


def _tiles(table: Cohorts, flows: list[Flow], sticky: Stickiness, urls: dict[str, str]) -> list[Tile]:
    found = [
        Tile(_t("新进成员"), say_number(table.size, Unit.PEOPLE), note=_t("下表各批之和"), url=urls["size"])
    ]
    for offset in (1, 4):
        if len(table.curve) > offset:
            reading = table.curve[offset]
            interval = say_interval(reading)
            found.append(
                Tile(
                    _t("%s留存") % _offset_name(offset, table.grain),
                    say(reading, Unit.PERCENT),
                    note=_t("95%% 区间 %s") % interval if interval and not reading.is_small else "",
                    is_small=reading.is_small,
                )
            )
    found.append(
        Tile(
            _t("粘性（日活 ÷ 30 天活跃）"),
            say(sticky.ratio, Unit.PERCENT),
            note=_t("30 天内 %s 人活跃") % say_number(sticky.actives, Unit.PEOPLE),
            spark=list(sticky.daily),
            url=urls["sticky"],
            is_small=sticky.ratio.is_small,
        )
    )
    if flows:
        found.append(
            Tile(
                _t("本期活跃"),
                say_number(flows[-1].active, Unit.PEOPLE),
                url=urls["active"],
                note=_t("新增 %(new)s，唤回 %(back)s，沉默 %(quiet)s")
                % {"new": flows[-1].new, "back": flows[-1].resurrected, "quiet": flows[-1].dormant},
            )
        )
    return found


def _heat(table: Cohorts, offsets: int) -> Chart:
    rows = [row for row in table.rows if row.size]
    values: list[list[float | None]] = []
    texts: list[list[str]] = []
    for row in rows:
        cells = {cell.offset: cell for cell in row.cells}
        values.append([_share(cells[n].reading) if n in cells else None for n in range(offsets + 1)])
        texts.append(
            [
                say(cells[n].reading, Unit.PERCENT) + (_t("（未满）") if cells[n].is_open else "")
                if n in cells
                else ""
                for n in range(offsets + 1)
            ]
        )
    return heat(
        "heat",
        _("留存热力图"),
        [_offset_name(n, table.grain) for n in range(offsets + 1)],
        [_t("%(day)s（%(n)s 人）") % {"day": _name(row.first, table.grain), "n": row.size} for row in rows],
        values,
        unit=Unit.PERCENT,
        texts=texts,
        x_label=_("之后"),
        y_label=_("进入的时间"),
        height=26,
        note=_("每行是同一时间第一次进来的一批人，每格是其中回来的比例。标“未满”的那一期还没过完。"),
        empty=_("还没有这样的成员。有人入群、参与活动或付款后，这里按批次显示他们有没有回来。"),
    )


def _share(reading: Reading) -> float | None:
    return None if reading.value is None else float(reading.value)


def _curve(table: Cohorts, parts: dict[str, Cohorts], dim: Dimension, scope: Scope) -> Chart:
    length = len(table.curve)
    x = [_offset_name(n, table.grain) for n in range(length)]
    if parts:
        names = labels_of(dim, list(parts), scope)
        series = [
            Series(
                with_note(names[key], part.size),
                [_share(part.curve[n]) if n < len(part.curve) else None for n in range(length)],
                Unit.PERCENT,
            )
            for key, part in parts.items()
        ]
    else:
        series = [
            Series(_("留存率"), [_share(one) for one in table.curve], Unit.PERCENT),
            Series(_("95% 区间下限"), [one.low for one in table.curve], Unit.PERCENT, is_dashed=True),
            Series(_("95% 区间上限"), [one.high for one in table.curve], Unit.PERCENT, is_dashed=True),
        ]
    return line(
        "curve",
        _("留存曲线"),
        x if table.size else [],
        series,
        x_label=_("之后"),
        note=_("各批合并，只算已经过完的那些期。区间越宽，人数越少，越不能下结论。"),
        empty=_("过完一期之后，这里才有曲线。"),
    )


def _flow(flows: list[Flow], grain: Grain, urls: list[str], *, is_group: bool) -> Chart:
    seen = [(flow, url) for flow, url in zip(flows, urls, strict=True) if flow.active or flow.dormant]
    shown = [flow for flow, _url in seen]
    note = _t("活跃 = 新增 + 留下 + 唤回；沉默是上一期活跃、这一期没有动作的人，画在零线以下。")
    return bars(
        "flow",
        _("生命周期流动"),
        [_name(flow.first, grain) for flow in shown],
        [
            Series(_("新增"), [flow.new for flow in shown], Unit.PEOPLE, stack="in"),
            Series(_("留下"), [flow.returning for flow in shown], Unit.PEOPLE, stack="in"),
            Series(_("唤回"), [flow.resurrected for flow in shown], Unit.PEOPLE, stack="in"),
            Series(_("沉默"), [-flow.dormant for flow in shown], Unit.PEOPLE, stack="in"),
        ],
        x_label=_("时间"),
        x_urls=[url for _flow, url in seen],
        note=note + _t("只算在这个群里的动作。") if is_group else note,
        empty=_("还没有活跃的成员。"),
    )


def _spread(sticky: Stickiness, *, is_group: bool) -> Chart:
    note = _t("截至昨天的 30 天。越靠右的人越多，群越有粘性。")
    days = range(1, len(sticky.spread))
    return bars(
        "spread",
        _("30 天里活跃了几天"),
        [str(n) for n in days] if sticky.actives else [],
        [Series(_("人数"), [sticky.spread[n] for n in days], Unit.PEOPLE)],
        x_label=_("活跃天数"),
        note=note + _t("只算在这个群里的动作。") if is_group else note,
        empty=_("还没有活跃的成员。"),
    )


PAGE = Page(
    key="retention",
    label=_("留存"),
    icon="replay",
    template="analytics/retention.html",
    build=build,
    filters=("team", "group"),
    help=_("进来的人还回不回来：按批次、按算法、按来源看，再看活跃的人从哪里来、到哪里去。"),
)
