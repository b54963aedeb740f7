"""Gifts on their way: sent when the order is paid, back when nobody claims them, dropped when it is not paid (C9)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Effect,
    Give,
    OpenAnother,
    Part,
    Quota,
    Refund,
    Stock,
    TakeBack,
    Turn,
)
from apps.campaigns.mechanics.gift.rules import GiftRules, OnExpiry


def sent(
    turn: Turn[GiftRules], owner: int, data: Mapping[str, object], *, purchase: int | None
) -> list[Effect]:
    """The order is paid, or nothing is to be paid: every gift is open, and the sender has the own pieces."""
    rules = turn.rules
    expires_at = min(turn.now + timedelta(hours=rules.hours), turn.run.closes_at)
    effects: list[Effect] = [
        Give("own", owner, f"own_{number}", may_wait=True) for number in range(rules.own_count)
    ]
    for index in range(rules.gift_count):
        gift = {**data, "index": index, "share": f"{rules.share(index):.2f}", "purchase": purchase}
        effects.append(
            OpenAnother(state=EntryState.OPEN, data=gift, expires_at=expires_at, capacity=1)
            if index
            else ChangeEntry(state=EntryState.OPEN, data=gift, expires_at=expires_at, capacity=1)
        )
    return effects


def come_back(turn: Turn[GiftRules], state: EntryState, reason: str) -> list[Effect]:
    """An unclaimed gift returns by the rule (C9)."""
    if turn.rules.on_expiry == OnExpiry.KEEP:
        back: list[Effect] = [Give("returned", turn.entry.owner_id, "returned", may_wait=True)]
    else:
        back = pay_back(turn, reason)
    return [*back, ChangeEntry(state=state, reason=reason)]


def pay_back(turn: Turn[GiftRules], reason: str) -> list[Effect]:
    """This gift's share of the sender's own order, and its piece of stock."""
    entry = turn.entry
    effects: list[Effect] = [Stock(sold=-1)]
    if entry.data.get("purchase") is not None:
        share = Decimal(entry.data["share"])
        effects.append(Refund(int(entry.data["purchase"]), f"gift_{entry.id}", reason, share))
    return effects


def after_refund(turn: Turn[GiftRules]) -> list[Effect]:
    """All of the order went back by hand: what is still open cannot be claimed, what came back to its sender is asked
    for; a gift that was claimed stays claimed, but does not open again."""
    entry = turn.entry
    if entry.state == EntryState.OPEN:
        return [Stock(sold=-1), ChangeEntry(state=EntryState.CANCELLED, reason="refunded")]
    if entry.state == EntryState.WON:
        return [ChangeEntry(data={**entry.data, "refunded": True})]
    if turn.rules.on_expiry == OnExpiry.KEEP:
        return [TakeBack("returned", "refunded"), Stock(sold=-1)]
    return []


def own_back(rules: GiftRules) -> list[Effect]:
    """The sender's own pieces, after a refund of all."""
    pieces: list[Effect] = [TakeBack(f"own_{number}", "refunded") for number in range(rules.own_count)]
    return [*pieces, Stock(sold=-rules.own_count)]


def drop(turn: Turn[GiftRules], part: Part, reason: str, *, cancels_order: bool = False) -> list[Effect]:
    """The unpaid purchase is over: nothing was sent."""
    rules = turn.rules
    effects: list[Effect] = [
        ChangePart(part.id, state=PartState.VOID),
        Stock(reserved=-rules.pieces),
        Quota(part.member_id, "send", rules.sends_per_member, amount=-1),
        ChangeEntry(state=EntryState.CANCELLED, reason=reason),
    ]
    if part.order_kept > 0:
        effects.append(Refund(part.id, f"late_{part.id}", reason))
    elif cancels_order and not part.is_paid:
        effects.append(CancelOrder(part.id))
    return effects


def drop_unpaid(turn: Turn[GiftRules], reason: str) -> list[Effect]:
    pending = [part for part in turn.entry.parts if part.state == PartState.PENDING]
    if not pending:
        return [ChangeEntry(state=EntryState.CANCELLED, reason=reason)]
    return drop(turn, pending[0], reason, cancels_order=True)
