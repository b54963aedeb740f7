"""What a forecast needs to know of a mechanic's rules: how many people one entry takes, and what it leads to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Payment(StrEnum):
    """Who pays of their own money, so that some will not."""

    NOBODY = ""
    OPENER = "opener"  # whoever opens, before it counts
    EVERYBODY = "everybody"  # whoever opens or joins, before it counts
    WINNER = "winner"  # the opener, once the entry has got that far


@dataclass(frozen=True)
class Result:
    """What one entry has come to by its end. ``slots``: how often each slot's benefits are given; ``pays``: yuan that
    stay with us; ``stock``: units taken for good; ``won``: how many successes it counts for."""

    slots: Mapping[str, int] = field(default_factory=dict)
    pays: Decimal = Decimal(0)
    stock: int = 0
    won: int = 0


@dataclass(frozen=True)
class Shape:
    """``seats``: contributions by others that an entry has room for. ``hours``: how long it lasts, 0 until the run
    closes. ``is_new_only``: only people who are new to us may contribute. ``per_contributor``: how often one person
    may contribute in a run, 0 for no limit. ``entries_per_open``: entries that one opening makes.

    ``result(count, has_paid)``: of an entry with ``count`` contributions; ``has_paid`` is false only where the winner
    pays and did not.
    """

    seats: int
    result: Callable[[int, bool], Result]
    hours: int = 0
    is_new_only: bool = False
    per_contributor: int = 0
    payment: Payment = Payment.NOBODY
    entries_per_open: int = 1
