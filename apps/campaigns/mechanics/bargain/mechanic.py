"""Decisions of a bargain. ``open``: friends cut. ``matched``: one unit is held for the owner (``holding``)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.bargain.cuts import draw_cut
from apps.campaigns.mechanics.bargain.holding import drop, held, pending_purchase, sale, way_back
from apps.campaigns.mechanics.bargain.pages import bargain_page
from apps.campaigns.mechanics.bargain.rules import CENT, BargainRules
from apps.campaigns.mechanics.base import (
    AddPart,
    ChangeEntry,
    ChangePart,
    Costs,
    Decision,
    Effect,
    Figure,
    Give,
    Mechanic,
    Offer,
    OrderSpec,
    Page,
    Part,
    Payment,
    Quota,
    Refund,
    Refused,
    Result,
    Shape,
    Slot,
    Stock,
    TakeBack,
    Totals,
    Turn,
    Verb,
    Who,
)

type BargainTurn = Turn[BargainRules]


class Bargain(Mechanic[BargainRules]):
    key = "bargain"
    label = _("砍价")
    mark = "砍"
    icon = "content_cut"
    purpose = _("好友一人一刀把价格砍下来，砍到底价就能买：用让利换新成员和订单。")
    typical = (_("8–15 人砍到底，完成率 10%–20%"), _("新成员刀力 3 倍，新成员占比 40%–60%"))
    compliance = _(
        "起始价必须是真实成交价；需要几人、每刀范围、截止时间都要写在页面上，不能改规则、不能显示假进度。"
        "微信禁止外链网页以砍价利诱分享：请用小程序承载。"
    )
    entry_word = _("砍价单")
    part_word = _("砍一刀")
    rules_type = BargainRules
    stock_word = _("件")
    verbs = (
        Verb("start", _("发起砍价"), Who.ANYONE, opens=True),
        Verb("cut", _("帮 TA 砍一刀"), Who.OTHERS),
        Verb(
            "buy",
            _("现在买下"),
            Who.OWNER,
            after_close=True,
            in_states=(EntryState.OPEN, EntryState.MATCHED),
        ),
    )

    def slots(self, rules: BargainRules) -> list[Slot]:
        return [
            Slot("buyer", _("买下的人"), _("发起人付款后另外得到，可不设。")),
            Slot("helper", _("砍价的好友"), _("每位帮砍的人得到，可不设。")),
        ]

    # --- decisions ---------------------------------------------------------------------------------

    def on_start(self, turn: BargainTurn) -> Decision:
        rules = turn.rules
        opened = ChangeEntry(
            state=EntryState.OPEN,
            expires_at=min(turn.now + timedelta(hours=rules.hours), turn.run.closes_at),
            capacity=rules.cut_count,
            ceiling=rules.total,
        )
        if not rules.has_own_cut:
            return Decision((opened,), {"price": _money(rules.start)})
        cut = _draw(turn, taken=Decimal(0), count=0, weight=1)
        own = AddPart(turn.member_id, "cut", value=cut, data={"own": True})
        return Decision((opened, own), {"cut": _money(cut), "price": _money(rules.start - cut)})

    def on_cut(self, turn: BargainTurn) -> Decision:
        rules, entry = turn.rules, turn.entry
        if any(part.kind == "cut" for part in entry.mine):
            raise Refused(_("你已经帮 TA 砍过了。"), hint=_("每人只能砍一刀。"), code="already_helped")
        if _is_over(turn):
            raise Refused(_("砍价时间已经到了。"), hint=_("你可以自己发起一单。"), code="ended")
        if entry.count >= rules.cut_count:
            raise Refused(_("已经砍到底价了。"), hint=_("你可以自己发起一单。"), code="full")
        weight = rules.new_weight if turn.action.actor.is_new else 1
        cut = _draw(turn, taken=entry.score, count=entry.count, weight=weight)
        effects: list[Effect] = [
            *_limits(turn),
            AddPart(turn.member_id, "cut", value=cut, data={"is_new": turn.action.actor.is_new}),
            Give("helper", turn.member_id, f"helper_{turn.member_id}", may_wait=True),
        ]
        if entry.count + 1 == rules.cut_count:
            effects += [
                Stock(reserved=1),
                ChangeEntry(
                    state=EntryState.MATCHED,
                    data=held(turn, "floor"),
                    expires_at=turn.now + timedelta(hours=rules.pay_hours),
                    reason="floor",
                ),
            ]
        price = rules.start - entry.score - cut
        return Decision(tuple(effects), {"cut": _money(cut), "price": _money(price)})

    def on_buy(self, turn: BargainTurn) -> Decision:
        rules, entry = turn.rules, turn.entry
        if any(part.kind == "purchase" for part in entry.mine):
            raise Refused(_("你已经下单了。"), hint=_("请在订单里付款。"), code="already_ordered")
        if _is_over(turn):
            raise Refused(_("购买时间已经过了。"), hint=_("可以重新发起砍价。"), code="ended")
        is_early = entry.state == EntryState.OPEN
        if is_early and not rules.may_buy_early:
            left = rules.cut_count - entry.count
            raise Refused(
                _("还没砍到底价。"),
                hint=_("再请 %(left)d 位好友砍一刀就能买。") % {"left": left},
                code="not_at_floor",
            )
        price = rules.start - entry.score
        purchase = AddPart(
            entry.owner_id, "purchase", value=Decimal(0), key="purchase", is_seat=False, data=_price(price)
        )
        if price == 0:
            return Decision((purchase, *sale(entry)), {"price": _money(price)})
        pay_before = turn.now + timedelta(minutes=rules.pay_minutes)
        if not is_early and entry.expires_at is not None:
            pay_before = min(pay_before, entry.expires_at)
        order = OrderSpec(str(_("砍价购买")), price, pay_before)
        effects: list[Effect] = [
            AddPart(
                entry.owner_id,
                "purchase",
                value=Decimal(0),
                state=PartState.PENDING,
                key="purchase",
                is_seat=False,
                data=_price(price),
                order=order,
            )
        ]
        if is_early:
            effects += [
                Stock(reserved=1),
                ChangeEntry(state=EntryState.MATCHED, data=held(turn, "early"), expires_at=pay_before),
            ]
        return Decision(tuple(effects), {"price": _money(price), "pay_before": pay_before.isoformat()})

    def on_paid(self, turn: BargainTurn) -> Decision:
        part = turn.action.part
        if part is None or part.state != PartState.PENDING:
            return Decision(())
        return Decision((ChangePart(part.id, state=PartState.COUNTED), *sale(turn.entry)))

    def on_lapsed(self, turn: BargainTurn) -> Decision:
        part = turn.action.part
        if part is None or part.state != PartState.PENDING:
            return Decision(())
        gone = ChangePart(part.id, state=PartState.VOID)
        if turn.entry.data.get("phase") == "floor" and not _is_over(turn):
            return Decision((gone,))  # the unit stays held: they may order again until pay_hours are over
        return Decision((gone, *way_back(turn, "unpaid")))

    def on_expire(self, turn: BargainTurn) -> Decision:
        entry = turn.entry
        if entry.state != EntryState.MATCHED:
            return Decision((ChangeEntry(state=EntryState.FAILED, reason="expired"),))
        if not _is_over(turn):
            return Decision(())  # the run is over, the time to pay is not
        purchase = pending_purchase(entry)
        if purchase is not None and purchase.is_paid:
            return Decision((ChangePart(purchase.id, state=PartState.COUNTED), *sale(entry)))
        return Decision((*drop(purchase), *way_back(turn, "unpaid")))

    def on_voided(self, turn: BargainTurn) -> Decision:
        part, entry = turn.action.part, turn.entry
        assert part is not None
        if part.kind == "purchase":
            return self._purchase_voided(turn, part)
        effects: list[Effect] = [
            ChangePart(part.id, state=PartState.VOID),
            TakeBack(f"helper_{part.member_id}", "voided"),
        ]
        if entry.state == EntryState.MATCHED:
            # The price is higher again: an unpaid order at the old one must not stand.
            effects += [*drop(pending_purchase(entry)), *way_back(turn, "voided")]
        return Decision(tuple(effects))

    def _purchase_voided(self, turn: BargainTurn, part: Part) -> Decision:
        if part.state == PartState.PENDING:
            back = () if turn.entry.data.get("phase") == "floor" else way_back(turn, "voided")
            return Decision((*drop(part), *back))
        effects: list[Effect] = [
            ChangePart(part.id, state=PartState.VOID),
            Stock(sold=-1),
            TakeBack("buyer", "voided"),
            ChangeEntry(state=EntryState.CANCELLED, reason="voided"),
        ]
        if part.order_kept > 0:
            effects.append(Refund(part.id, f"void_{part.id}", "voided"))
        return Decision(tuple(effects))

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: BargainTurn) -> Page:
        return bargain_page(turn)

    def offer(self, rules: BargainRules) -> Offer:
        return Offer(rules.floor, rules.start, _("请 %(n)d 位好友砍到底") % {"n": rules.helpers})

    def forecast_shape(self, rules: BargainRules) -> Shape:
        def result(count: int, has_paid: bool) -> Result:
            helped = {"helper": count}
            if count < rules.helpers or not has_paid:
                return Result(helped)
            return Result({**helped, "buyer": 1}, pays=rules.floor, stock=1, won=1)

        return Shape(
            seats=rules.helpers,
            result=result,
            hours=rules.hours,
            per_contributor=rules.cuts_per_run,
            payment=Payment.WINNER,
        )

    def costs(self, rules: BargainRules, prices: Mapping[str, Decimal]) -> Costs:
        buyer, helper = prices.get("buyer", Decimal(0)), prices.get("helper", Decimal(0))
        sold, helped = rules.total + buyer, helper * rules.helpers
        # Fifteen in a hundred reach the floor and pay; half of the friends who are needed come.
        expected = sold * Decimal("0.15") + helped / 2
        return Costs(
            best=Decimal("0.00"),
            expected=expected.quantize(CENT, "ROUND_FLOOR"),
            worst=(sold + helped).quantize(CENT),
            assumptions=(
                _("让利按起始价减底价算作成本。"),
                _("预期：15% 砍到底并付款，平均来一半好友。最坏：每单都砍到底并付款。"),
            ),
        )

    def figures(self, rules: BargainRules, totals: Totals) -> list[Figure]:
        ended = totals.won + totals.failed
        rate = totals.won * 100 / ended if ended else 0
        off = totals.score_sum / totals.entries if totals.entries else Decimal(0)
        return [
            Figure(_("砍成率"), f"{rate:.1f}%", _("已买下 ÷ 已结束的砍价单。")),
            Figure(_("每单砍掉"), f"{off:.2f}", _("有效刀数的金额 ÷ 砍价单数，单位元。")),
        ]


def _is_over(turn: BargainTurn) -> bool:
    """Is the entry's present time up? The clock decides, not whether ``expire`` has run yet."""
    ends = turn.entry.expires_at
    over = ends is not None and turn.now >= ends
    return over or (turn.entry.state == EntryState.OPEN and turn.now >= turn.run.closes_at)


def _draw(turn: BargainTurn, *, taken: Decimal, count: int, weight: int) -> Decimal:
    rules = turn.rules
    left = _cents(rules.total - taken)
    cents = draw_cut(
        left_cents=left,
        left_cuts=rules.cut_count - count,
        low=_cents(rules.min_cut),
        high=_cents(rules.max_cut) or left,
        weight=weight,
        rng=turn.rng,
    )
    return cents * CENT


def _limits(turn: BargainTurn) -> tuple[Quota, Quota]:
    # The house's own zone, whatever zone the request has: a member's day must not depend on who asks.
    day = timezone.localdate(turn.now, timezone=timezone.get_default_timezone())
    return (
        Quota(
            turn.member_id,
            f"cut:{day.isoformat()}",
            turn.rules.cuts_per_day,
            code="day_limit",
            message=_("你今天的砍价次数用完了，明天再来。"),
        ),
        Quota(
            turn.member_id,
            "cut",
            turn.rules.cuts_per_run,
            code="help_limit",
            message=_("你在本期的砍价次数用完了。"),
        ),
    )


def _price(price: Decimal) -> dict[str, str]:
    return {"price": _money(price)}


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _cents(amount: Decimal) -> int:
    return int(amount / CENT)
