"""What a mechanic shows: to members (page), to operators (figures, costs)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.campaigns.mechanics.base.rules import Text


@dataclass(frozen=True)
class Button:
    """A verb that is offered now; ``is_primary`` is the biggest thing on the page.

    ``asks``: keys of those parameters that these rules need, ``None`` for all of the verb's: a page asks for nothing
    that would only be thrown away. ``choice`` says what its yes/no parameter means with these rules (a price, say);
    the parameter's own label where it is empty.
    """

    verb: str
    label: Text
    is_primary: bool = True
    why_not: Text = ""  # why it is shown but cannot be pressed
    asks: tuple[str, ...] | None = None
    choice: Text = ""


@dataclass(frozen=True)
class Page:
    """An entry (or the run before one is opened) for one viewer: the same for API, preview and phone pages.

    ``done`` of ``goal`` in ``unit`` is the progress; ``mood`` is one of ``before``, ``open``, ``mine``,
    ``friend``, ``nearly``, ``done``, ``failed``, ``ended``.
    """

    mood: str
    headline: Text
    text: Text = ""
    done: Decimal = Decimal(0)
    goal: Decimal = Decimal(0)
    unit: Text = ""
    buttons: tuple[Button, ...] = ()
    lines: tuple[Text, ...] = ()
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Offer:
    """What one is asked to pay, in yuan, before anything begins. ``usual`` is what the same costs without taking
    part, 0 where the rules do not say; ``note`` is what the price depends on."""

    price: Decimal
    usual: Decimal = Decimal(0)
    note: Text = ""


@dataclass(frozen=True)
class Voice:
    """One side of what a person has to decide: ``text`` is what it said, empty if nothing; ``facts`` are what is
    known of it."""

    role: Text
    member_id: int
    text: str = ""
    facts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Totals:
    """Sums over a run, for the monitor. ``score_sum`` is over counted parts; money in yuan."""

    entries: int = 0
    live_entries: int = 0
    won: int = 0
    failed: int = 0
    parts: int = 0
    pending_parts: int = 0
    void_parts: int = 0
    members: int = 0
    new_members: int = 0
    score_sum: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    granted_cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Figure:
    """One figure of the monitor; ``help`` says how it is made."""

    label: Text
    value: str
    help: Text = ""


@dataclass(frozen=True)
class Costs:
    """What one entry may cost us in yuan, and why: reward cost plus discount given, by slot prices.

    ``entries``: how many entries stock or rules allow at most, ``None`` if nothing bounds them.
    """

    best: Decimal
    expected: Decimal
    worst: Decimal
    assumptions: tuple[Text, ...] = ()
    per_run: bool = False  # the figures are for the whole run, not for one entry (contest prizes)


type SlotPrices = Mapping[str, Decimal]
