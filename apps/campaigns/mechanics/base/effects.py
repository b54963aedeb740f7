"""What a mechanic may ask for. The engine carries effects out in one fixed order, whatever order they come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.campaigns.enums import EntryState, PartState


@dataclass(frozen=True)
class OrderSpec:
    """An order to be paid by the part's member before ``pay_before``. ``amount`` is above 0: what is free is counted
    at once, without an order. An empty ``title`` is the product's name, or the campaign's."""

    title: str
    amount: Decimal
    pay_before: datetime
    quantity: int = 1


@dataclass(frozen=True)
class AddPart:
    """A contribution. ``key`` is unique among the entry's live parts: by default one per member (C2).

    ``is_seat``: it takes part in the entry's count and its capacity; a purchase at the end of a bargain does not.
    """

    member_id: int
    kind: str
    value: Decimal = Decimal(1)
    state: PartState = PartState.COUNTED
    key: str = ""
    is_seat: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)
    order: OrderSpec | None = None


@dataclass(frozen=True)
class ChangePart:
    """Move a part to ``state`` and/or replace its value or data: one of this entry, or of another that is locked."""

    part_id: int
    state: PartState | None = None
    value: Decimal | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ChangeEntry:
    """Fields that are ``None`` stay. ``data`` replaces the whole. ``reason`` says why an entry ended, as a
    stable word (``full``, ``expired``, ``floor``, ``sold_out`` …).

    ``capacity`` bounds the number of live parts and ``ceiling`` the score, by CHECKs in the database (C4, C5).
    ``entry``: the code of another locked entry (``State.others``) that is changed instead of the turn's own.
    """

    state: EntryState | None = None
    data: Mapping[str, Any] | None = None
    expires_at: datetime | None = None
    never_expires: bool = False
    owner_id: int | None = None
    capacity: int | None = None
    ceiling: Decimal | None = None
    title: str | None = None
    reason: str = ""
    entry: str = ""


@dataclass(frozen=True)
class OpenAnother:
    """A further entry of the same owner beside this one (买 x 送 y: one gift each). Shaped like ``ChangeEntry``."""

    state: EntryState
    data: Mapping[str, Any]
    expires_at: datetime | None = None
    capacity: int | None = None
    ceiling: Decimal | None = None
    title: str = ""


@dataclass(frozen=True)
class Stock:
    """Change the run's stock: ``reserved`` and ``sold`` are differences; refused as ``sold_out`` if they do not
    fit (C1). A seat reserves 1; its payment is ``Stock(reserved=-1, sold=1)``."""

    reserved: int = 0
    sold: int = 0


@dataclass(frozen=True)
class Quota:
    """Use ``amount`` (negative gives back) of what ``member_id`` may do ``most`` times under ``scope`` in this run.

    ``scope`` names the rule and its period, e.g. ``help`` or ``help:2026-11-21``. Refused with ``code`` when it
    is used up. One row per (run, member, scope) with a CHECK: never counted first (C2).
    """

    member_id: int
    scope: str
    most: int
    amount: int = 1
    code: str = "quota_used"
    message: Any = ""


@dataclass(frozen=True)
class Claim:
    """Hold ``key`` in this run exclusively: a second claim is refused as ``taken`` (C8, C9), in the words of
    ``message`` if it says more than the engine can."""

    key: str
    message: Any = ""


@dataclass(frozen=True)
class Unclaim:
    key: str


@dataclass(frozen=True)
class Give:
    """Give ``member_id`` every benefit of ``slot``, once per (entry, ``key``) (C3).

    Refused as ``sold_out`` when budget or benefit stock does not allow it, unless ``may_wait``: then the grant is
    written as ``unfunded`` for the operator.
    """

    slot: str
    member_id: int
    key: str
    may_wait: bool = False


@dataclass(frozen=True)
class TakeBack:
    """Void the grants of this entry given under ``key`` that have not been used, shipped or sent (C13)."""

    key: str
    reason: str


@dataclass(frozen=True)
class Refund:
    """Ask for ``amount`` (``None``: all that is left) of the part's own order back (C5); once per ``key``.

    Never more than is left of it. The part may belong to the entry that this one was opened beside
    (``OpenAnother``): one order paid for both.
    """

    part_id: int
    key: str
    reason: str
    amount: Decimal | None = None


@dataclass(frozen=True)
class CancelOrder:
    """Cancel the part's unpaid order."""

    part_id: int


@dataclass(frozen=True)
class MovePoints:
    """Change a member's points with a ledger row, once per ``key``; refused as ``no_points`` below zero (M4)."""

    member_id: int
    delta: int
    key: str
    note: str


type Effect = (
    AddPart
    | ChangePart
    | ChangeEntry
    | OpenAnother
    | Stock
    | Quota
    | Claim
    | Unclaim
    | Give
    | TakeBack
    | Refund
    | CancelOrder
    | MovePoints
)


@dataclass(frozen=True)
class Decision:
    """``answer``: JSON for the member beside the entry's page, e.g. ``{"cut": "3.21"}``. Deterministic."""

    effects: tuple[Effect, ...]
    answer: Mapping[str, Any] = field(default_factory=dict)

    def of[E](self, kind: type[E]) -> list[E]:
        """The effects of one kind, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]
