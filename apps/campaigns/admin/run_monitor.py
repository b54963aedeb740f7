"""实时监控: a run as it goes on. Its two live parts are fetched again by themselves (static/campaigns/live.js)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.accounts.admin.audit_words import word_for
from apps.accounts.admin.doors import doors_of
from apps.campaigns.admin.list_cells import countdown
from apps.campaigns.admin.pages import show, staff
from apps.campaigns.admin.run_actions import dialogs_of
from apps.campaigns.admin.run_pages import visible_run
from apps.campaigns.enums import GrantState, RunState
from apps.campaigns.models import Run
from apps.campaigns.selectors.campaign_history import history_of_run
from apps.campaigns.selectors.monitor import Monitor, monitor_of
from apps.campaigns.selectors.staff_work import PERMISSION, count_work
from apps.campaigns.selectors.trends import Bar, Trend, trend_of
from apps.core.clock import database_now

#: Seconds between two looks; a run that is over changes seldom.
LIVE_SECONDS, TREND_SECONDS, QUIET_SECONDS = 5, 20, 60
_MOVING = frozenset({RunState.OPEN, RunState.PAUSED, RunState.SETTLING})
_HEIGHT = Decimal(56)


@dataclass(frozen=True)
class Tile:
    """One figure; ``url`` opens the rows behind it (A2). ``bar``: (used, whole)."""

    key: str
    label: Any
    value: str
    note: str = ""
    url: str = ""
    tone: str = ""
    bar: tuple[Any, Any] | None = None


@dataclass(frozen=True)
class Column:
    """One bar of the chart in its units: x and the heights of contributions and of entries on top of them."""

    bar: Bar
    x: float
    width: float
    parts: float
    entries: float

    @property
    def parts_top(self) -> float:
        return float(_HEIGHT) - self.parts

    @property
    def entries_top(self) -> float:
        return self.parts_top - self.entries


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many got there, and per cent of the first."""

    label: str
    count: int
    percent: int
    url: str = ""


def monitor_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    run = visible_run(request, pk)
    user = staff(request)
    now = database_now()
    found = monitor_of(run, now=now)
    return show(
        model_admin,
        request,
        "run_monitor.html",
        title=str(run),
        clock=_clock(run),
        doors=doors_of(run, user),
        dialogs=dialogs_of(run, user, now=now),
        may_act_for=user.has_perm("campaigns.act_for_member") and run.state == RunState.OPEN,
        may_export=user.has_perm("campaigns.view_entry"),
        history=[(entry, word_for(entry.action)) for entry in history_of_run(run)],
        **{**_trend(found), **_live(request, found)},
    )


def live_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The figures alone, as HTML."""
    run = visible_run(request, pk)
    return _fragment(request, "campaigns/_monitor.html", _live(request, monitor_of(run, now=database_now())))


def trend_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Chart, funnel and people alone, as HTML; at most some seconds old."""
    run = visible_run(request, pk)
    return _fragment(request, "campaigns/_trend.html", _trend(monitor_of(run, now=database_now())))


def _fragment(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response


def _live(request: HttpRequest, found: Monitor) -> dict[str, Any]:
    run, user = found.run, staff(request)
    return {
        "run": run,
        "now": found.now,
        "monitor": found,
        "mechanic": found.plan.mechanic,
        "tiles": list(_tiles(found)),
        "grant_states": [
            (GrantState(state).label, f"{count:,}", _link("grant", run, state__exact=state))
            for state, (count, _cost) in sorted(found.grants.items())
        ],
        "alarms": list(_alarms(found, count_work(user, run=run) if user.has_perm(PERMISSION) else 0)),
        "live_seconds": LIVE_SECONDS if run.state in _MOVING else QUIET_SECONDS,
    }


def _trend(found: Monitor) -> dict[str, Any]:
    trend = trend_of(found.run, now=found.now)
    return {
        "run": found.run,
        "trend": trend,
        "mechanic": found.plan.mechanic,
        "trend_seconds": TREND_SECONDS if found.run.state in _MOVING else QUIET_SECONDS,
        "step_words": _step_words(trend.step_minutes),
        "columns": list(_columns(trend)),
        "first_bar": trend.bars[0],
        "last_bar": trend.bars[-1],
        "funnel": _funnel(found, trend),
        "figures": found.figures(trend),
        "people": _people(trend),
    }


def _link(name: str, run: Run, **more: object) -> str:
    """A list narrowed to the run, or "" where there is none."""
    query = "&".join(f"{key}={value}" for key, value in {"run__id__exact": run.pk, **more}.items())
    try:
        return f"{reverse(f'admin:campaigns_{name}_changelist')}?{query}"
    except NoReverseMatch:
        return ""


def _tiles(found: Monitor) -> Iterable[Tile]:
    run, stock, mechanic = found.run, found.stock, found.plan.mechanic
    yield Tile(
        "entries",
        mechanic.entry_word,
        f"{found.entry_count:,}",
        _("进行中 %(live)s，成功 %(won)s") % {"live": f"{found.live_count:,}", "won": f"{found.won:,}"},
        _link("entry", run),
    )
    yield Tile(
        "seats",
        _("有效参与"),
        f"{found.seats:,}",
        _("待确认 %(count)s") % {"count": f"{found.pending_seats:,}"} if found.pending_seats else "",
        _link("contribution", run, state__exact="counted"),
    )
    yield Tile("per_minute", _("每分钟参与"), str(found.per_minute), _("最近 10 分钟的平均"))
    if stock.stock is not None or found.stock_used:
        whole = "" if stock.stock is None else f" / {stock.stock:,}"
        yield Tile(
            "stock",
            _("库存"),
            f"{found.stock_used:,}{whole}",
            _("已售 %(sold)s，占用 %(reserved)s")
            % {"sold": f"{stock.sold:,}", "reserved": f"{stock.reserved:,}"},
            bar=None if stock.stock is None else (found.stock_used, stock.stock or 1),
            tone=_tone(found.stock_used, stock.stock),
        )
    budget = "" if stock.budget is None else f" / {stock.budget:,.2f}"
    yield Tile(
        "budget",
        _("礼品成本"),
        f"¥{stock.granted_cost:,.2f}{budget}",
        "" if stock.budget is not None else _("没有设预算"),
        _link("grant", run),
        _tone(stock.granted_cost, stock.budget),
        None if stock.budget is None else (stock.granted_cost, stock.budget or 1),
    )
    yield Tile(
        "grants",
        _("礼品"),
        f"{found.granted:,}",
        _("已到成员手里 %(count)s") % {"count": f"{found.delivered:,}"},
        _link("grant", run),
    )


def _tone(used: Any, whole: Any) -> str:
    if whole is None:
        return ""
    return "danger" if used >= whole else "warning" if used * 10 >= whole * 9 else ""


def _alarms(found: Monitor, tasks: int) -> Iterable[Tile]:
    """What needs a person, the worst first; only what is there."""
    run = found.run
    states = (
        (GrantState.UNKNOWN, _("结果未知的红包"), "danger"),
        (GrantState.FAILED, _("发放失败"), "danger"),
        (GrantState.HELD, _("风控暂扣的礼品"), "danger"),
        (GrantState.UNFUNDED, _("等预算的礼品"), "danger"),
        (GrantState.AWAITING_SHIPMENT, _("待发货"), "warning"),
        (GrantState.AWAITING_ADDRESS, _("等成员填地址"), ""),
    )
    if tasks:
        url = reverse("admin:campaigns_run_pending_of", args=[run.pk])
        yield Tile("tasks", _("待处理"), f"{tasks:,}", url=url, tone="warning")
    if found.flags_open:
        yield Tile(
            "flags",
            _("待复核疑点"),
            f"{found.flags_open:,}",
            url=_link("flag", run, state__exact="open"),
            tone="danger",
        )
    for state, label, tone in states:
        if count := found.grant_count(state):
            url = _link("grant", run, state__exact=state.value)
            yield Tile(state.value, label, f"{count:,}", url=url, tone=tone)


def _funnel(found: Monitor, trend: Trend) -> list[Step]:
    run = found.run
    steps = [
        (str(found.plan.mechanic.entry_word), found.entry_count, _link("entry", run)),
        (_("有别人参与"), trend.helped, ""),
        (_("成功"), found.won, _link("entry", run, state__exact="won")),
    ]
    if trend.orders_paid:
        steps.append((_("付款"), trend.orders_paid, ""))
    steps.append((_("礼品到手"), found.delivered, _link("grant", run, state__exact="issued")))
    first = max((count for _label, count, _url in steps), default=0) or 1
    return [Step(label, count, round(100 * count / first), url) for label, count, url in steps]


def _people(trend: Trend) -> list[Tile]:
    share = f"{100 * trend.new_members / trend.members:.0f}%" if trend.members else "—"
    tiles = [
        Tile("members", _("参与的人"), f"{trend.members:,}"),
        Tile("new_members", _("新成员"), f"{trend.new_members:,}", _("占 %(share)s") % {"share": share}),
    ]
    if void := trend.parts.get("void", 0):
        tiles.append(Tile("void", _("已作废"), f"{void:,}", _("不计入任何数字")))
    if trend.paid:
        note = _("退款 ¥%(sum)s") % {"sum": f"{trend.refunded:,.2f}"} if trend.refunded else ""
        tiles.append(Tile("paid", _("收款"), f"¥{trend.paid:,.2f}", note))
    return tiles


def _columns(trend: Trend) -> Iterable[Column]:
    peak = Decimal(trend.peak or 1)
    width = 100 / max(len(trend.bars), 1)
    for place, bar in enumerate(trend.bars):
        yield Column(
            bar=bar,
            x=round(place * width, 3),
            width=round(width * 0.8, 3),
            parts=float(round(_HEIGHT * bar.parts / peak, 2)),
            entries=float(round(_HEIGHT * bar.entries / peak, 2)),
        )


def _clock(run: Run) -> Any:
    words = {
        RunState.OPEN: (_("还剩 %s"), _("时间到了，马上结束")),
        RunState.PAUSED: (_("还剩 %s"), _("时间到了，马上结束")),
        RunState.SCHEDULED: (_("%s 后开始"), _("时间到了，马上开始")),
    }
    found = words.get(RunState(run.state))
    return countdown(run, *found) if found else ""


def _step_words(minutes: int) -> str:
    if minutes % 1440 == 0:
        return _("每格 %(count)d 天") % {"count": minutes // 1440}
    if minutes % 60 == 0:
        return _("每格 %(count)d 小时") % {"count": minutes // 60}
    return _("每格 %(count)d 分钟") % {"count": minutes}
