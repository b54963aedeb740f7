"""Verbs and decisions of a group buy."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    ChangeEntry,
    ChangePart,
    Costs,
    Decision,
    Effect,
    Figure,
    Mechanic,
    Offer,
    Page,
    Param,
    ParamKind,
    Part,
    Refund,
    Refused,
    Shape,
    Slot,
    Stock,
    TakeBack,
    Totals,
    Turn,
    Verb,
    Who,
)
from apps.campaigns.mechanics.group_buy import pages, seats
from apps.campaigns.mechanics.group_buy.rules import GroupBuyRules, OnClose


class GroupBuy(Mechanic[GroupBuyRules]):
    key = "group_buy"
    label = _("拼团")
    mark = "拼"
    icon = "groups"
    purpose = _("人齐了就是团价：让老客带新客，把单子一起下。")
    typical = (_("2–3 人团，限时 24 小时"), _("团价比单买价低两三成"))
    compliance = _(
        "不得虚构参团人数或用虚拟用户凑团；单买价必须是真实在卖的价格；没成团要把钱原路退给每个人。"
        "微信里请用小程序承载，不要用外链网页诱导分享。"
    )
    entry_word = _("团")
    part_word = _("名额")
    stock_word = _("份")
    is_browsable = True
    rules_type = GroupBuyRules
    verbs = (
        Verb(
            "open",
            _("开团"),
            Who.ANYONE,
            params=(Param("alone", _("单独购买"), ParamKind.BOOLEAN, is_required=False),),
            opens=True,
        ),
        Verb("join", _("参团"), Who.OTHERS, needs_parts=True),
        Verb("leave", _("退出"), Who.ANYONE, needs_parts=True),
    )

    def slots(self, rules: GroupBuyRules) -> list[Slot]:
        return [
            Slot("member", _("团员"), _("成团后团里每个人都得到，团长也有；可不设。")),
            Slot("leader", _("团长"), _("成团后团长另外得到；可不设。")),
        ]

    # --- decisions ---------------------------------------------------------------------------------

    def on_open(self, turn: Turn[GroupBuyRules]) -> Decision:
        rules = turn.rules
        is_alone = bool(turn.action.params.get("alone"))
        if is_alone and not rules.single_price:
            raise Refused(_("这次不能单独购买。"), hint=_("开一个团，邀请朋友一起。"), code="no_single")
        amount = rules.single_price if is_alone else rules.price - rules.leader_discount
        expires_at = min(turn.now + timedelta(hours=rules.hours), turn.run.closes_at)
        entry = ChangeEntry(
            state=EntryState.OPEN,
            expires_at=expires_at,
            capacity=1 if is_alone else rules.size,
            data={"alone": True} if is_alone else {},
        )
        return Decision((entry, *seats.take(turn, amount, not_after=expires_at)), {"to_pay": f"{amount:.2f}"})

    def on_join(self, turn: Turn[GroupBuyRules]) -> Decision:
        rules, entry = turn.rules, turn.entry
        self._refuse_late(turn)
        if entry.mine:
            raise Refused(_("你已经在这个团里了。"), hint=_("每个团每人一个名额。"), code="already_joined")
        if rules.is_new_joiner_only and not turn.action.actor.is_new:
            raise Refused(_("这次只有新朋友能参团。"), hint=_("你可以自己开团。"), code="new_members_only")
        if entry.data.get("alone") or entry.count + entry.pending_count >= rules.size:
            raise Refused(
                _("这个团的名额满了。"),
                hint=_("没付款的名额超时会放出来，稍后再来，或者自己开团。")
                if entry.pending_count
                else _("你可以自己开团。"),
                code="full",
            )
        effects = seats.take(turn, rules.price, not_after=entry.expires_at or turn.run.closes_at)
        if not rules.price and entry.count + 1 >= rules.size:
            effects += seats.succeed(turn, entry.parts, "full", free_joiner=turn.member_id)
        left = rules.size - entry.count - entry.pending_count - 1
        return Decision(tuple(effects), {"to_pay": f"{rules.price:.2f}", "seats_left": left})

    def on_leave(self, turn: Turn[GroupBuyRules]) -> Decision:
        entry = turn.entry
        self._refuse_late(turn)
        if not entry.mine:
            raise Refused(_("你不在这个团里。"), hint=_("刷新页面看看。"), code="not_joined")
        part = entry.mine[0]
        gone = seats.give_back(turn.rules, part, "left")
        return Decision((*gone, *seats.after_leaving(entry, part)), {"refund": f"{part.order_kept:.2f}"})

    def on_paid(self, turn: Turn[GroupBuyRules]) -> Decision:
        part, entry = _part(turn), turn.entry
        if part.state != PartState.PENDING or entry.state != EntryState.OPEN:
            # Money for a seat that is gone goes back; the order of a counted seat cannot be paid twice.
            late = part.order_kept > 0 and part.state != PartState.COUNTED
            return Decision((Refund(part.id, f"seat_{part.id}", "late"),) if late else ())
        effects: list[Effect] = [
            ChangePart(part.id, state=PartState.COUNTED),
            Stock(reserved=-1, sold=1),
        ]
        if entry.data.get("alone"):
            effects.append(ChangeEntry(state=EntryState.WON, reason="alone"))
        elif entry.count + 1 >= turn.rules.size:
            effects += seats.succeed(turn, entry.parts, "full")
        return Decision(tuple(effects))

    def on_lapsed(self, turn: Turn[GroupBuyRules]) -> Decision:
        part = _part(turn)
        if part.state != PartState.PENDING:
            return Decision(())
        gone = seats.give_back(turn.rules, part, "lapsed", order_is_over=True)
        return Decision((*gone, *seats.after_leaving(turn.entry, part)))

    def on_voided(self, turn: Turn[GroupBuyRules]) -> Decision:
        """A seat is voided: its own member is refunded. A team that has succeeded stays so for the others."""
        part, entry = _part(turn), turn.entry
        if turn.action.params.get("reason") == "refunded" and seats.is_free_at_last(turn, part):
            return Decision(())
        effects = seats.give_back(turn.rules, part, "voided")
        if entry.state == EntryState.WON:
            effects.append(TakeBack(f"member_{part.member_id}", "voided"))
            if part.member_id == entry.owner_id:
                effects.append(TakeBack("leader", "voided"))
            if len(entry.parts) == 1:
                effects.append(ChangeEntry(state=EntryState.CANCELLED, reason="empty"))
            return Decision(tuple(effects))
        return Decision((*effects, *seats.after_leaving(entry, part)))

    def on_expire(self, turn: Turn[GroupBuyRules]) -> Decision:
        rules, entry = turn.rules, turn.entry
        if entry.state != EntryState.OPEN:
            return Decision(())
        paid = [part for part in entry.parts if part.state == PartState.COUNTED]
        is_enough = len(paid) >= rules.needed
        # A team whose own time ends with the window may be met by either scan: both must decide alike.
        is_close = turn.run.is_closing or (
            entry.expires_at is not None and entry.expires_at >= turn.run.closes_at
        )
        goes_through = is_enough or (bool(paid) and is_close and rules.on_close == OnClose.COMPLETE)
        lost = [part for part in entry.parts if not goes_through or part.state != PartState.COUNTED]
        effects = [effect for part in lost for effect in seats.give_back(rules, part, "expired")]
        if goes_through:
            effects += seats.succeed(turn, paid, "ladder" if is_enough else "closed")
        else:
            effects.append(ChangeEntry(state=EntryState.FAILED, reason="expired"))
        return Decision(tuple(effects))

    def _refuse_late(self, turn: Turn[GroupBuyRules]) -> None:
        if turn.entry.expires_at is not None and turn.now >= turn.entry.expires_at:
            raise Refused(_("这个团已经到时间了。"), hint=_("稍后刷新看结果。"), code="expired")

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: Turn[GroupBuyRules]) -> Page:
        return pages.page(turn)

    def offer(self, rules: GroupBuyRules) -> Offer:
        note = _("满 %(n)d 人") % {"n": rules.needed}
        return Offer(rules.price, rules.single_price, note)

    def forecast_shape(self, rules: GroupBuyRules) -> Shape:
        return pages.forecast_shape(rules)

    def costs(self, rules: GroupBuyRules, prices: Mapping[str, Decimal]) -> Costs:
        return pages.costs(rules, prices)

    def figures(self, rules: GroupBuyRules, totals: Totals) -> list[Figure]:
        ended = totals.won + totals.failed
        share = f"{100 * totals.won / ended:.0f}%" if ended else "–"
        people = f"{totals.score_sum / totals.entries:.1f}" if totals.entries else "–"
        return [
            Figure(_("成团率"), share, _("成团数 ÷（成团数 + 没成团数），单买也算成团。")),
            Figure(_("每团付款人数"), people, _("付了款的名额 ÷ 团数。")),
            Figure(_("待付名额"), str(totals.pending_parts), _("占了名额还没付款，超时自动放出。")),
        ]


def _part(turn: Turn[GroupBuyRules]) -> Part:
    assert turn.action.part is not None
    return turn.action.part


MECHANIC = GroupBuy()
