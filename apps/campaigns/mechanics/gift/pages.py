"""What a gift shows, and what it costs."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Button, Costs, Page, Payment, Result, Shape, Turn
from apps.campaigns.mechanics.base.rules import CENT, Text
from apps.campaigns.mechanics.gift.rules import GiftRules, OnExpiry

#: Share of gifts that are claimed, for the forecast only; the page says so.
CLAIMED = Decimal("0.8")

RECALL = Button("recall", _("收回"), is_primary=False)
BLESS = Button("bless", _("改祝福语"), is_primary=False)


def page(turn: Turn[GiftRules]) -> Page:
    """The gift, or the offer before one is sent, for ``turn.action.actor``."""
    rules, entry = turn.rules, turn.state
    if entry is None:
        return _before(turn)
    blessing = str(entry.data.get("blessing") or "")
    base = Page(
        mood="friend",
        headline=_("有人送你一份礼物"),
        text=blessing,
        done=Decimal(entry.count),
        goal=Decimal(1),
        unit=_("份"),
        ends_at=entry.expires_at,
    )
    if entry.state == EntryState.WON:
        return _claimed(turn, base)
    if entry.state in (EntryState.FAILED, EntryState.CANCELLED):
        text: Text = _returned_text(rules) if turn.is_owner and "index" in entry.data else ""
        return replace(base, mood="failed", headline=_("这份礼物没有送出"), text=text)
    if entry.state == EntryState.PENDING:
        if not turn.is_owner:
            return replace(base, mood="ended", headline=_("礼物还没准备好"), text=_("稍后再来看看。"))
        return replace(
            base,
            mood="mine",
            headline=_("付款后就能送出"),
            text=_("超过 %(n)d 分钟没付款会取消。") % {"n": rules.pay_minutes},
            buttons=(RECALL,),
        )
    if entry.expires_at is not None and turn.now >= entry.expires_at:
        return replace(base, mood="ended", headline=_("礼物过期了"))
    if turn.is_owner:
        return replace(
            base,
            mood="mine",
            headline=_("把这份礼物发给一位朋友"),
            lines=(_("只有第一个打开并收下的人能领"), _expiry_line(rules)),
            buttons=(BLESS, RECALL),
        )
    is_known_old = turn.action.actor.member_id is not None and not turn.action.actor.is_new
    why_not: Text = _("留给新朋友") if rules.is_new_only and is_known_old else ""
    return replace(base, buttons=(Button("claim", _("收下礼物"), why_not=why_not),))


def _before(turn: Turn[GiftRules]) -> Page:
    rules = turn.rules
    words = {"own": rules.own_count, "gifts": rules.gift_count, "price": rules.price}
    if not rules.price:
        headline = _("我们请客，送朋友 %(gifts)d 份礼物") % words
    elif rules.own_count:
        headline = _("自己得 %(own)d 份，送朋友 %(gifts)d 份，共 %(price)s 元") % words
    else:
        headline = _("送朋友 %(gifts)d 份礼物，共 %(price)s 元") % words
    offer = Page(
        mood="before",
        headline=headline,
        lines=(
            _("朋友 %(n)d 小时内领取") % {"n": rules.hours},
            _expiry_line(rules),
        ),
        goal=Decimal(rules.gift_count),
        unit=_("份"),
        ends_at=turn.run.closes_at,
    )
    if turn.now >= turn.run.closes_at:
        return replace(offer, mood="ended", headline=_("本期送礼结束了"))
    return replace(offer, buttons=(Button("send", _("送礼物")),))


def _claimed(turn: Turn[GiftRules], base: Page) -> Page:
    if turn.is_owner:
        return replace(base, mood="done", headline=_("朋友收下了你的礼物"))
    if any(part.kind == "claim" for part in turn.entry.mine):
        return replace(base, mood="done", headline=_("礼物是你的了"))
    return replace(base, mood="ended", headline=_("礼物已经被领走了"), text=_("你也可以送一份给朋友。"))


def _expiry_line(rules: GiftRules) -> Text:
    if rules.on_expiry == OnExpiry.KEEP:
        return _("没人领就归送礼人自己")
    return _("没人领就退这一份的钱") if rules.price else _("没人领就收回")


def _returned_text(rules: GiftRules) -> Text:
    if rules.on_expiry == OnExpiry.KEEP:
        return _("礼物已经退回给你。")
    return _("这一份的钱会原路退回。") if rules.price else ""


def costs(rules: GiftRules, prices: Mapping[str, Decimal]) -> Costs:
    """Rewards of one gift in yuan; the sender's own pieces are spread over the gifts of one order."""
    none = Decimal(0)
    own = prices.get("own", none) * rules.own_count / rules.gift_count
    claimed = own + prices.get("gift", none) + prices.get("sender", none)
    returned = own + (prices.get("returned", none) if rules.on_expiry == OnExpiry.KEEP else none)
    return Costs(
        best=min(claimed, returned).quantize(CENT),
        expected=(claimed * CLAIMED + returned * (1 - CLAIMED)).quantize(CENT),
        worst=max(claimed, returned).quantize(CENT),
        assumptions=(
            _("按每份礼物算，自己得的份数均摊进来；送礼人付的钱不抵扣。"),
            _("预期：按 80% 的礼物被领走估算，请用自己的领取率校正。"),
        ),
    )


def forecast_shape(rules: GiftRules) -> Shape:
    """One order: its gifts are claimed one by one, those left are refunded or kept."""
    keeps = rules.on_expiry == OnExpiry.KEEP

    def result(count: int, has_paid: bool) -> Result:
        left = rules.gift_count - count
        slots = {
            "gift": count,
            "sender": count,
            "own": rules.own_count,
            **({"returned": left} if keeps else {}),
        }
        back = (
            Decimal(0) if keeps else sum((rules.share(n) for n in range(count, rules.gift_count)), Decimal(0))
        )
        return Result(slots, rules.price - back, rules.pieces - (0 if keeps else left), count)

    return Shape(
        seats=rules.gift_count,
        result=result,
        hours=rules.hours,
        is_new_only=rules.is_new_only,
        per_contributor=rules.claims_per_member,
        payment=Payment.OPENER if rules.price else Payment.NOBODY,
        entries_per_open=rules.gift_count,
    )
