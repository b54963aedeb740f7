"""Verbs and decisions of gifts."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    ChangeEntry,
    ChangePart,
    Claim,
    Costs,
    Decision,
    Effect,
    Figure,
    Give,
    Mechanic,
    Offer,
    OrderSpec,
    Page,
    Param,
    Part,
    Quota,
    Refund,
    Refused,
    Shape,
    Slot,
    State,
    Stock,
    TakeBack,
    Totals,
    Turn,
    Unclaim,
    Verb,
    Who,
)
from apps.campaigns.mechanics.gift import pages, parcels
from apps.campaigns.mechanics.gift.rules import GiftRules, OnExpiry

#: Kinds of contribution: the sender's order, and the one claim.
PURCHASE, CLAIM = "purchase", "claim"
BLESSING = Param("blessing", _("祝福语"), is_required=False, most=100, help=_("朋友打开礼物时看到。"))


class Gift(Mechanic[GiftRules]):
    """One order makes ``gift_count`` entries. The first holds the purchase; each remembers its share of the order
    (``data``: ``index``, ``share``, ``purchase``), so that it can come back by itself."""

    key = "gift"
    label = _("送礼")
    mark = "送"
    icon = "redeem"
    purpose = _("买了送朋友，或由品牌请客：让好意把新朋友带进来。")
    typical = (_("买一送一，72 小时内领取"), _("送礼和收礼两边都有心意"))
    compliance = _(
        "赠品要写明品种、规格、数量、期限和领取方式，质量与正品同责。奖励朋友真的领取，不奖励转发动作；"
        "微信里请用小程序承载。"
    )
    entry_word = _("礼物")
    part_word = _("领取")
    stock_word = _("份")
    rules_type = GiftRules
    verbs = (
        Verb("send", _("送礼物"), Who.ANYONE, params=(BLESSING,), opens=True),
        Verb(
            "bless",
            _("改祝福语"),
            Who.OWNER,
            params=(BLESSING,),
            in_states=(EntryState.PENDING, EntryState.OPEN),
        ),
        Verb("claim", _("收下礼物"), Who.OTHERS),
        Verb(
            "recall",
            _("收回"),
            Who.OWNER,
            needs_parts=True,
            in_states=(EntryState.PENDING, EntryState.OPEN),
        ),
    )

    def slots(self, rules: GiftRules) -> list[Slot]:
        slots = [
            Slot("gift", _("礼物"), _("领取的人得到。"), is_required=True),
            Slot("sender", _("送礼有心意"), _("每送出一份，送礼人得到；可不设。")),
        ]
        if rules.own_count:
            slots.append(Slot("own", _("自己的一份"), _("付款后送礼人每份得到；由店铺直接发货的可不设。")))
        if rules.on_expiry == OnExpiry.KEEP:
            slots.append(
                Slot("returned", _("退回"), _("没人领时归送礼人，一般和礼物相同。"), is_required=True)
            )
        return slots

    # --- sending -----------------------------------------------------------------------------------

    def on_send(self, turn: Turn[GiftRules]) -> Decision:
        rules, member = turn.rules, turn.member_id
        data = {"blessing": str(turn.action.params.get("blessing") or "")}
        quota = Quota(
            member,
            "send",
            rules.sends_per_member,
            code="send_limit",
            message=_("你在本期的送礼次数用完了。"),
        )
        if not rules.price:
            sent = parcels.sent(turn, member, data, purchase=None)
            return Decision((quota, Stock(sold=rules.pieces), *sent), {"to_pay": "0.00"})
        pay_before = min(turn.now + timedelta(minutes=rules.pay_minutes), turn.run.closes_at)
        purchase = AddPart(
            member,
            PURCHASE,
            value=Decimal(0),
            state=PartState.PENDING,
            key=PURCHASE,
            is_seat=False,
            order=OrderSpec("", rules.price, pay_before),
        )
        entry = ChangeEntry(state=EntryState.PENDING, data=data, expires_at=pay_before, capacity=1)
        return Decision(
            (quota, Stock(reserved=rules.pieces), purchase, entry), {"to_pay": f"{rules.price:.2f}"}
        )

    def on_paid(self, turn: Turn[GiftRules]) -> Decision:
        part, entry, rules = _part(turn), turn.entry, turn.rules
        if part.state != PartState.PENDING or entry.state != EntryState.PENDING:
            late = part.order_kept > 0 and part.state != PartState.COUNTED
            return Decision((Refund(part.id, f"late_{part.id}", "late"),) if late else ())
        return Decision(
            (
                ChangePart(part.id, state=PartState.COUNTED),
                Stock(reserved=-rules.pieces, sold=rules.pieces),
                *parcels.sent(turn, entry.owner_id, entry.data, purchase=part.id),
            )
        )

    def on_lapsed(self, turn: Turn[GiftRules]) -> Decision:
        part = _part(turn)
        if part.state != PartState.PENDING:
            return Decision(())
        return Decision(tuple(parcels.drop(turn, part, "lapsed")))

    def on_bless(self, turn: Turn[GiftRules]) -> Decision:
        blessing = str(turn.action.params.get("blessing") or "")
        return Decision((ChangeEntry(data={**turn.entry.data, "blessing": blessing}),))

    # --- claiming and coming back --------------------------------------------------------------------

    def on_claim(self, turn: Turn[GiftRules]) -> Decision:
        rules, entry, member = turn.rules, turn.entry, turn.member_id
        if turn.is_owner:
            raise Refused(_("不能领自己送的礼物。"), hint=_("把链接发给朋友。"), code="own_gift")
        if entry.count or entry.state != EntryState.OPEN:
            raise Refused(_("礼物已经被领走了。"), hint=_("你也可以送一份给朋友。"), code="claimed")
        if entry.expires_at is not None and turn.now >= entry.expires_at:
            raise Refused(_("礼物过期了。"), hint=_("请朋友再送一份。"), code="expired")
        if rules.is_new_only and not turn.action.actor.is_new:
            raise Refused(
                _("这份礼物留给新朋友。"), hint=_("你也可以送一份给朋友。"), code="new_members_only"
            )
        return Decision(
            (
                Claim(_claim_key(entry)),
                Quota(
                    member,
                    "claim",
                    rules.claims_per_member,
                    code="claim_limit",
                    message=_("你在本期领的礼物够多了。"),
                ),
                AddPart(member, CLAIM, key=CLAIM),
                # What was paid for is owed whatever the budget says; a gift of the brand's may run out.
                Give("gift", member, f"gift_{member}", may_wait=rules.price > 0),
                Give("sender", entry.owner_id, "sender", may_wait=True),
                ChangeEntry(state=EntryState.WON, reason="claimed"),
            ),
            {"claimed": 1},
        )

    def on_recall(self, turn: Turn[GiftRules]) -> Decision:
        entry = turn.entry
        if entry.state == EntryState.OPEN:
            return Decision(tuple(parcels.come_back(turn, EntryState.CANCELLED, "recalled")))
        return Decision(tuple(parcels.drop_unpaid(turn, "recalled")))

    def on_expire(self, turn: Turn[GiftRules]) -> Decision:
        entry = turn.entry
        if entry.state == EntryState.OPEN:
            return Decision(tuple(parcels.come_back(turn, EntryState.FAILED, "expired")))
        if entry.state == EntryState.PENDING:
            return Decision(tuple(parcels.drop_unpaid(turn, "lapsed")))
        return Decision(())

    def on_voided(self, turn: Turn[GiftRules]) -> Decision:
        """A voided claim puts the gift back: open for another claimant while its time lasts, else to its sender. A
        voided purchase ends this gift alone, with its money back; its siblings are gifts of their own, unless all
        of the order went back by hand: then they hear of it themselves (``on_refunded``)."""
        part, entry = _part(turn), turn.entry
        if part.state == PartState.PENDING:
            return Decision(tuple(parcels.drop(turn, part, "voided", cancels_order=True)))
        effects: list[Effect] = [ChangePart(part.id, state=PartState.VOID)]
        if part.kind == PURCHASE and turn.action.params.get("reason") == "refunded":
            return Decision((*effects, *parcels.after_refund(turn), *parcels.own_back(turn.rules)))
        if part.kind == PURCHASE:
            if entry.state == EntryState.OPEN:
                effects += parcels.pay_back(turn, "voided")
                effects.append(ChangeEntry(state=EntryState.CANCELLED, reason="voided"))
            return Decision(tuple(effects))
        effects += [
            Unclaim(_claim_key(entry)),
            TakeBack(f"gift_{part.member_id}", "voided"),
            TakeBack("sender", "voided"),
        ]
        if entry.data.get("refunded"):
            effects += [Stock(sold=-1), ChangeEntry(state=EntryState.CANCELLED, reason="refunded")]
        elif turn.now < min(entry.expires_at or turn.run.closes_at, turn.run.closes_at):
            effects.append(ChangeEntry(state=EntryState.OPEN))
        else:
            effects += parcels.come_back(turn, EntryState.FAILED, "voided")
        return Decision(tuple(effects))

    def on_refunded(self, turn: Turn[GiftRules]) -> Decision:
        return Decision(tuple(parcels.after_refund(turn)))

    def paid_by(self, data: Mapping[str, Any]) -> int | None:
        return data.get("purchase")

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: Turn[GiftRules]) -> Page:
        return pages.page(turn)

    def offer(self, rules: GiftRules) -> Offer | None:
        return Offer(rules.price) if rules.price else None

    def forecast_shape(self, rules: GiftRules) -> Shape:
        return pages.forecast_shape(rules)

    def costs(self, rules: GiftRules, prices: Mapping[str, Decimal]) -> Costs:
        return pages.costs(rules, prices)

    def figures(self, rules: GiftRules, totals: Totals) -> list[Figure]:
        ended = totals.won + totals.failed
        share = f"{100 * totals.won / ended:.0f}%" if ended else "–"
        return [
            Figure(_("领取率"), share, _("被领走的礼物 ÷（被领走的 + 到期退回的）。")),
            Figure(
                _("等人领"), str(max(totals.live_entries, 0)), _("还没被领走、也没到期的礼物，含待付款。")
            ),
        ]


def _claim_key(entry: State) -> str:
    return f"gift:{entry.id}"


def _part(turn: Turn[GiftRules]) -> Part:
    assert turn.action.part is not None
    return turn.action.part


MECHANIC = Gift()
