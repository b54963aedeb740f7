"""Seats of a team: taking, giving back, handing the team over, and what success brings (C5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Effect,
    Give,
    OrderSpec,
    Part,
    Quota,
    Refund,
    State,
    Stock,
    Turn,
)
from apps.campaigns.mechanics.group_buy.rules import GroupBuyRules


def take(turn: Turn[GroupBuyRules], amount: Decimal, *, not_after: datetime) -> list[Effect]:
    """A seat for the acting member at ``amount`` yuan: reserved until it is paid, sold at once if it is free."""
    rules, member = turn.rules, turn.member_id
    quota = Quota(
        member,
        "seat",
        rules.seats_per_member,
        code="seat_limit",
        message=_("你在本期的名额用完了。"),
    )
    if amount == 0:
        return [quota, AddPart(member, "seat"), Stock(sold=1)]
    order = OrderSpec(
        title="",  # the product's name
        amount=amount,
        pay_before=min(turn.now + timedelta(minutes=rules.pay_minutes), not_after),
    )
    return [quota, AddPart(member, "seat", state=PartState.PENDING, order=order), Stock(reserved=1)]


def give_back(rules: GroupBuyRules, part: Part, reason: str, *, order_is_over: bool = False) -> list[Effect]:
    """Free a live seat: its place, stock and quota, and what its own member paid. ``order_is_over``: the orders
    room has closed the unpaid order itself."""
    effects: list[Effect] = [
        ChangePart(part.id, state=PartState.VOID),
        Stock(sold=-1) if part.state == PartState.COUNTED else Stock(reserved=-1),
        Quota(part.member_id, "seat", rules.seats_per_member, amount=-1),
    ]
    if part.order_kept > 0:
        effects.append(Refund(part.id, f"seat_{part.id}", reason))
    elif part.order_id is not None and not part.is_paid and not order_is_over:
        effects.append(CancelOrder(part.id))
    return effects


def after_leaving(entry: State, gone: Part) -> list[Effect]:
    """The team without ``gone``: its leader is the earliest paid member, else the earliest who has a seat; a team
    with nobody left is cancelled."""
    left = [part for part in entry.parts if part.id != gone.id]
    if not left:
        return [ChangeEntry(state=EntryState.CANCELLED, reason="empty")]
    if gone.member_id != entry.owner_id:
        return []
    return [ChangeEntry(owner_id=_heir(left).member_id)]


def succeed(
    turn: Turn[GroupBuyRules], paid: Sequence[Part], reason: str, *, free_joiner: int | None = None
) -> list[Effect]:
    """The team is made of ``paid`` seats, and of ``free_joiner`` who is just taking one: differences to the
    reached price go back to each one's own order, rewards are given."""
    rules, owner = turn.rules, turn.entry.owner_id
    members = [part.member_id for part in paid] + ([] if free_joiner is None else [free_joiner])
    leader = owner if owner in members else _heir(paid).member_id
    price = rules.price_for(len(members))
    effects: list[Effect] = [
        ChangeEntry(
            state=EntryState.WON,
            reason=reason,
            owner_id=None if leader == owner else leader,
            data={**turn.entry.data, "price": f"{price:.2f}"},
        )
    ]
    for part in paid:
        over = part.order_amount - rules.due(price, is_leader=part.member_id == leader)
        amount = min(over, part.order_kept)
        if amount > 0:
            effects.append(Refund(part.id, f"price_{part.id}", "price_reached", amount))
    # The payment that completes a team must not fail because a benefit's budget is used up.
    effects += [Give("member", member, f"member_{member}", may_wait=True) for member in members]
    effects.append(Give("leader", leader, "leader", may_wait=True))
    return effects


def is_free_at_last(turn: Turn[GroupBuyRules], part: Part) -> bool:
    """The reached price left nothing to pay for this seat: that all of its order went back does not undo it."""
    entry = turn.entry
    if entry.state != EntryState.WON or "price" not in entry.data:
        return False
    price = Decimal(entry.data["price"])
    return turn.rules.due(price, is_leader=part.member_id == entry.owner_id) == 0


def _heir(seats: Sequence[Part]) -> Part:
    return min(seats, key=lambda part: (part.state != PartState.COUNTED, part.at, part.id))
