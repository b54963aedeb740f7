"""What a mechanic may look at. Plain values, loaded under locks by the engine (C12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from apps.campaigns.mechanics.base.rules import Rules


@dataclass(frozen=True)
class Actor:
    """Who acts. ``member_id`` is ``None`` for the system (expiry, payment) and for staff acting as staff.

    ``is_new``: first known to us after the run opened (登记和入群都晚于开期).
    """

    member_id: int | None = None
    is_new: bool = False
    is_staff: bool = False


@dataclass(frozen=True)
class Part:
    """One contribution. ``value`` adds to the entry's score while ``state`` is ``counted``.

    ``is_paid`` and ``order_amount`` speak of its order; ``order_id`` is ``None`` when it has none.
    """

    id: int
    member_id: int
    kind: str
    key: str
    state: str
    value: Decimal
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    order_id: int | None = None
    order_amount: Decimal = Decimal(0)
    is_paid: bool = False
    #: What is still with us of its own payment (not of one made twice): paid minus refunds asked for.
    order_kept: Decimal = Decimal(0)
    is_seat: bool = True
    #: The member was new to us when it was made.
    is_new: bool = False


@dataclass(frozen=True)
class State:
    """An entry as it stands. ``count`` is the number of counted seats, ``pending_count`` of pending
    ones, ``score`` the sum of all counted parts.

    ``mine``: the actor's own live parts (pending or counted), oldest first. ``parts``: all live ones, loaded
    only for verbs that say ``needs_parts``. ``others``: locked live entries named by ``Mechanic.also_locks`` and
    ``Mechanic.linked``, by code, with their parts if the verb ``needs_parts``.
    """

    id: int
    code: str
    owner_id: int
    state: str
    count: int
    pending_count: int
    score: Decimal
    seed: int
    opened_at: datetime
    expires_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    mine: tuple[Part, ...] = ()
    parts: tuple[Part, ...] = ()
    others: Mapping[str, "State"] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFacts:
    """The run around the entry. ``is_closing`` is true for the engine's own ``expire`` after the window."""

    id: int
    opens_at: datetime
    closes_at: datetime
    is_closing: bool = False


@dataclass(frozen=True)
class Action:
    """``verb`` with its parameters, already parsed to their types. ``part`` is the contribution that a system or
    staff verb speaks of (``paid``, ``lapsed``, ``voided``, ``review``)."""

    verb: str
    actor: Actor
    params: Mapping[str, Any] = field(default_factory=dict)
    part: Part | None = None


@dataclass(frozen=True)
class Turn[R: Rules]:
    """Everything a decision depends on. ``state`` is ``None`` while the entry is being opened.

    ``rng`` is seeded from the entry's seed and the number of its parts, so that a decision can be repeated.
    """

    rules: R
    state: State | None
    action: Action
    run: RunFacts
    now: datetime
    rng: Random

    @property
    def entry(self) -> State:
        """The entry; only for verbs that act on one."""
        if self.state is None:
            raise LookupError(f"{self.action.verb} opens an entry: there is no state yet")
        return self.state

    @property
    def member_id(self) -> int:
        """The acting member; only for members' verbs."""
        if self.action.actor.member_id is None:
            raise LookupError(f"{self.action.verb} was called without a member")
        return self.action.actor.member_id

    @property
    def is_owner(self) -> bool:
        return self.state is not None and self.action.actor.member_id == self.state.owner_id
