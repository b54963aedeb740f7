"""What members, staff and the system may do in a mechanic, and what it may promise."""

from dataclasses import dataclass
from enum import StrEnum

from apps.campaigns.mechanics.base.rules import Text


class Who(StrEnum):
    OWNER = "owner"
    OTHERS = "others"  # any member but the owner
    ANYONE = "anyone"
    STAFF = "staff"
    SYSTEM = "system"


class ParamKind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    PHOTOS = "photos"  # up to ``most`` references to uploaded pictures
    PART = "part"  # id of a live contribution of this entry
    ENTRY = "entry"  # code of an entry of this run


@dataclass(frozen=True)
class Param:
    """One parameter of a verb. ``most``: longest text, greatest integer or number of photos."""

    key: str
    label: Text
    kind: ParamKind = ParamKind.TEXT
    is_required: bool = True
    most: int = 200
    least: int = 0
    help: Text = ""


@dataclass(frozen=True)
class Verb:
    """``opens``: it makes the entry (``POST /runs/{id}/entries``). ``needs_parts``: load all live parts.

    ``after_close``: still allowed once the run's window is over (confirm a swap, pay for a bargain that is down).
    ``in_states``: entry states in which it is offered; empty means ``open`` only. The engine refuses the rest.
    """

    key: str
    label: Text
    who: Who
    params: tuple[Param, ...] = ()
    opens: bool = False
    needs_parts: bool = False
    after_close: bool = False
    in_states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """A place for benefits: ``inviter``, ``friend``, ``stage_3``, ``rank_1_1``."""

    key: str
    label: Text
    help: Text = ""
    is_required: bool = False


@dataclass(frozen=True)
class RankPrize:
    """Ranks ``first`` to ``last`` get ``slot`` when the run settles: the owner, or with ``each_seat`` every member
    with a counted seat (the owner's is one). One entry may get several slots."""

    first: int
    last: int
    slot: str
    each_seat: bool = False


class ScoreSource(StrEnum):
    """Where scores come from when members do not contribute by verbs alone."""

    INVITES = "invites"  # new members whom the owner brought, net of leavers
    ORDERS = "orders"  # yuan paid by the owner in the window, net of refunds
    ORDER_COUNT = "order_count"
    POINTS = "points"  # points earned in the window
