"""One unit of stock held for the owner of a bargain: how it comes, is sold, or goes back.

An entry is ``matched`` while a unit is held: the price is at the floor (``data["phase"] == "floor"``), or an early
purchase waits for its payment (``"early"``). ``data["until"]`` is when cutting would have ended, for the way back.
"""

from datetime import datetime

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.bargain.rules import BargainRules
from apps.campaigns.mechanics.base import (
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Effect,
    Give,
    Part,
    State,
    Stock,
    Turn,
)


def pending_purchase(entry: State) -> Part | None:
    live = (part for part in entry.parts if part.kind == "purchase" and part.state == PartState.PENDING)
    return next(live, None)


def held(turn: Turn[BargainRules], phase: str) -> dict[str, str]:
    """The entry's data while one unit is held for its owner. A bargain that ends with its run names no time of its
    own, so that it goes on when the run is extended meanwhile."""
    until = turn.entry.expires_at
    is_own = until is not None and until != turn.run.closes_at
    return {"phase": phase, "until": until.isoformat() if until and is_own else ""}


def sale(entry: State) -> tuple[Effect, ...]:
    """The held unit is sold to the owner; the caller counts the purchase."""
    return (
        Stock(reserved=-1, sold=1),
        Give("buyer", entry.owner_id, "buyer", may_wait=True),
        ChangeEntry(state=EntryState.WON, reason="bought"),
    )


def drop(purchase: Part | None) -> tuple[Effect, ...]:
    """Take back a purchase that was not paid."""
    if purchase is None:
        return ()
    return (ChangePart(purchase.id, state=PartState.VOID), CancelOrder(purchase.id))


def way_back(turn: Turn[BargainRules], reason: str) -> tuple[Effect, ...]:
    """Out of ``matched``: the unit goes back; cutting goes on while its time lasts, unless the price is at the
    floor and nobody paid."""
    entry = turn.entry
    until = entry.data.get("until")
    reopens = datetime.fromisoformat(until) if until else turn.run.closes_at
    stays_down = entry.data.get("phase") == "floor" and reason == "unpaid"
    if stays_down or turn.now >= min(reopens, turn.run.closes_at):
        return (Stock(reserved=-1), ChangeEntry(state=EntryState.FAILED, reason=reason))
    return (Stock(reserved=-1), ChangeEntry(state=EntryState.OPEN, data={}, expires_at=reopens))
