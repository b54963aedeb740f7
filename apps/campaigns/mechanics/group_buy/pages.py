"""What a group buy shows, and what it costs."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import Button, Costs, Page, Payment, Result, Shape, State, Turn
from apps.campaigns.mechanics.base.rules import CENT, Text
from apps.campaigns.mechanics.group_buy.rules import GroupBuyRules, OnClose

#: Share of teams that fill up, for the forecast only; the page says so.
FILLED = Decimal("0.6")


def page(turn: Turn[GroupBuyRules]) -> Page:
    """The team, or the offer before one is opened, for ``turn.action.actor``."""
    rules, entry = turn.rules, turn.state
    if entry is None:
        return _before(turn)
    taken = entry.count + entry.pending_count
    seats_left = max(rules.size - taken, 0)
    base = Page(
        mood="open",
        headline=_progress(rules, entry.count),
        done=Decimal(entry.count),
        goal=Decimal(1 if entry.data.get("alone") else rules.size),
        unit=_("人"),
        lines=_price_lines(rules),
        ends_at=entry.expires_at,
    )
    if entry.state == EntryState.WON:
        return replace(
            base, mood="done", headline=_won_headline(entry), text=_won_text(turn, entry), lines=()
        )
    if entry.state not in (EntryState.OPEN, EntryState.PENDING):
        return replace(
            base,
            mood="failed",
            headline=_("这个团没有拼成"),
            text=_("付过的钱会原路退回。") if rules.price or entry.data.get("alone") else "",
            lines=(),
        )
    if entry.expires_at is not None and turn.now >= entry.expires_at:
        return replace(base, mood="ended", headline=_("时间到，正在结算"), lines=())
    if entry.mine:
        return _mine(turn, entry, base, seats_left)
    if entry.data.get("alone"):
        return replace(base, mood="ended", headline=_("这是一份单独购买的订单"), lines=())
    if not seats_left:
        waiting = _("有 %(n)d 位还没付款，超时会放出名额。") % {"n": entry.pending_count}
        return replace(
            base,
            mood="friend",
            headline=_("名额暂时满了"),
            text=waiting if entry.pending_count else "",
            buttons=(Button("join", _("参团"), why_not=_("名额满了")),),
        )
    is_known_old = turn.action.actor.member_id is not None and not turn.action.actor.is_new
    why_not: Text = _("只有新朋友能参团") if rules.is_new_joiner_only and is_known_old else ""
    return replace(
        base,
        mood="nearly" if seats_left == 1 else "friend",
        headline=_("还有 %(left)d 个名额，一起拼") % {"left": seats_left},
        buttons=(Button("join", _("参团 %(price)s 元") % {"price": rules.price}, why_not=why_not),),
    )


def _before(turn: Turn[GroupBuyRules]) -> Page:
    rules = turn.rules
    offer = Page(
        mood="before",
        headline=_("%(size)d 人成团，每人 %(price)s 元") % {"size": rules.size, "price": rules.price},
        goal=Decimal(rules.size),
        unit=_("人"),
        lines=(*_price_lines(rules), _close_line(rules)),
        ends_at=turn.run.closes_at,
    )
    if turn.now >= turn.run.closes_at:
        return replace(offer, mood="ended", headline=_("本期拼团结束了"))
    price = rules.price - rules.leader_discount
    asks = ("alone",) if rules.single_price else ()
    alone: Text = _("单独购买 %(price)s 元") % {"price": rules.single_price} if rules.single_price else ""
    opening = Button("open", _("开团 %(price)s 元") % {"price": price}, asks=asks, choice=alone)
    return replace(offer, buttons=(opening,))


def _mine(turn: Turn[GroupBuyRules], entry: State, base: Page, seats_left: int) -> Page:
    leave = Button("leave", _("退出"), is_primary=False)
    if entry.mine[0].state == PartState.PENDING:
        return replace(
            base,
            mood="mine",
            headline=_("名额给你留着，请付款"),
            text=_("超过 %(n)d 分钟没付款，名额会放出。") % {"n": turn.rules.pay_minutes},
            buttons=(leave,),
        )
    text = _("把链接发给想一起买的朋友。") if seats_left else _("名额满了，等大家付完款就成团。")
    return replace(
        base, mood="nearly" if turn.rules.needed - entry.count == 1 else "mine", text=text, buttons=(leave,)
    )


def _won_headline(entry: State) -> Text:
    return _("购买成功") if entry.data.get("alone") else _("拼团成功")


def _won_text(turn: Turn[GroupBuyRules], entry: State) -> Text:
    if not turn.rules.tiers or "price" not in entry.data:
        return ""
    return _("到手价每人 %(price)s 元，差价退回各自的订单。") % {"price": entry.data["price"]}


def _progress(rules: GroupBuyRules, paid: int) -> Text:
    if paid < rules.needed:
        return _("还差 %(left)d 人付款成团") % {"left": rules.needed - paid}
    coming = next(((least, price) for least, price in rules.tiers if least > paid), None)
    if coming is None:
        return _("人数够了，到时间就成团")
    return _("再来 %(left)d 人，每人降到 %(price)s 元") % {"left": coming[0] - paid, "price": coming[1]}


def _price_lines(rules: GroupBuyRules) -> tuple[Text, ...]:
    lines: list[Text] = [
        _("满 %(n)d 人每人 %(price)s 元") % {"n": least, "price": price} for least, price in rules.tiers
    ]
    if rules.leader_discount:
        lines.append(_("团长立减 %(off)s 元") % {"off": rules.leader_discount})
    if rules.single_price:
        lines.append(_("单独购买 %(price)s 元") % {"price": rules.single_price})
    return tuple(lines)


def _close_line(rules: GroupBuyRules) -> Text:
    if rules.on_close == OnClose.COMPLETE:
        return _("本期结束时人没齐，也按实际人数成交")
    return _("到时间没拼成，原路退款")


def costs(rules: GroupBuyRules, prices: Mapping[str, Decimal]) -> Costs:
    """Rewards and discount of one team, in yuan."""

    def of(people: int) -> Decimal:
        usual = max(rules.single_price, rules.price)
        rewards = prices.get("member", Decimal(0)) * people + prices.get("leader", Decimal(0))
        return rewards + (usual - rules.price_for(people)) * people + rules.leader_discount

    return Costs(
        best=Decimal("0.00"),
        expected=(of(rules.needed) * FILLED).quantize(CENT),
        worst=of(rules.size).quantize(CENT),
        assumptions=(
            _("最好：一个团也没拼成。"),
            _("预期：按 60% 的团拼到最低人数估算，请用自己的成团率校正。"),
            _("最坏：每个团都坐满。让利按单买价（没有就按拼团价）算。"),
        ),
    )


def forecast_shape(rules: GroupBuyRules) -> Shape:
    """One team: it succeeds with the seats of the lowest tier, its leader's among them; otherwise all is refunded."""

    def result(count: int, has_paid: bool) -> Result:
        people = count + 1
        if people < rules.needed:
            return Result()
        pays = rules.price_for(people) * people - rules.leader_discount
        return Result({"member": people, "leader": 1}, pays, people, 1)

    return Shape(
        seats=rules.size - 1,
        result=result,
        hours=rules.hours,
        is_new_only=rules.is_new_joiner_only,
        per_contributor=rules.seats_per_member,
        payment=Payment.EVERYBODY if rules.price else Payment.NOBODY,
    )
