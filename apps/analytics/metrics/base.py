"""What a metric is (A2): words, unit, direction, formula over rollups, plain SQL over raw facts, and the rows behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Protocol

from django.utils.functional import Promise
from pyroaring import BitMap

from apps.analytics.enums import Dimension, Direction, Unit
from apps.core.proportions import wilson

#: Below so many cases a share is shown without a bold percentage: its interval is wider than what it says.
SMALL_SAMPLE = 30

type Text = str | Promise
type Number = int | float | Decimal


class Figures(Protocol):
    """What a formula reads: one scope, one period, one key of a dimension."""

    @property
    def days(self) -> int:
        """The length of the period in days."""

    def count(self, kind: str, *variants: str) -> int:
        """How many facts; of the named varieties only, if any is named. ``"*+new"`` names all that end so."""

    def value(self, kind: str, *variants: str) -> Decimal:
        """The sum of their values (yuan for money)."""

    def people(self, kind: str, *variants: str) -> BitMap:
        """The members who did it at least once in the period. A copy that the caller may change."""

    def daily_people(self, kind: str) -> list[int]:
        """How many distinct members on each day of the period, in order."""

    def people_by_day(self, kind: str) -> dict[date, BitMap]:
        """The members of each day of the period that has any. Not to be changed: others are given the same."""

    def repeated(self, kind: str) -> BitMap:
        """The members who did it on two days of the period, or for two teams; ``order.paid`` also twice on one day."""

    def first(self, kind: str) -> BitMap:
        """The members who did it for the first time ever in the period. Totals only."""

    def now(self, name: str) -> BitMap:
        """A set of today: ``in`` (in a group of the scope, or in the group). Totals and groups only."""

    def returned(self, first_kind: str, kind: str, after: int) -> tuple[int, int]:
        """Of the members whose ``after``-th day since their first ``first_kind`` falls into the period: how many did
        ``kind`` on exactly that day, and how many they are. Totals only; ``Metric.lookback`` must be ``after``."""

    @property
    def whole(self) -> "Figures":
        """The scope's totals of the same period, whatever the key (kinds in ``Metric.context``)."""

    @property
    def before(self) -> "Figures":
        """The same key in the period of equal length right before (kinds in ``Metric.before``)."""

    def prepared(self, name: str) -> Any:
        """What a selector of its own prepared, see ``selectors.extras``; None where it has nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure. ``value`` is None where nothing can be said (nothing to divide by).

    Shares are fractions (0.25, not 25) with their 95 % Wilson interval in ``low`` and ``high``.
    """

    value: Number | None
    numerator: Number = 0
    denominator: Number | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_small(self) -> bool:
        """A share of so few that it must not be shown as a bold percentage."""
        return self.low is not None and self.denominator is not None and self.denominator < SMALL_SAMPLE


def amount(value: Number) -> Reading:
    """A plain sum or count."""
    return Reading(value, value)


def per(numerator: Number, denominator: Number) -> Reading:
    """A quotient of unlike things (yuan per order); None for a denominator of zero, or below (a cost that came back)."""
    if denominator <= 0:
        return Reading(None, numerator, denominator)
    if isinstance(numerator, Decimal) or isinstance(denominator, Decimal):
        return Reading(Decimal(str(numerator)) / Decimal(str(denominator)), numerator, denominator)
    return Reading(numerator / denominator, numerator, denominator)


def share(numerator: float, denominator: int) -> Reading:
    """How many of them, with its Wilson interval. ``numerator`` ≤ ``denominator``, or the interval is left out."""
    if denominator <= 0:
        return Reading(None, numerator, denominator)
    value = numerator / denominator
    if not 0 <= numerator <= denominator:
        return Reading(value, numerator, denominator)
    interval = wilson(numerator, denominator)
    return Reading(value, numerator, denominator, interval.low, interval.high)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with everything that a reader may ask of it.

    ``definition`` says in words what is divided by what. ``needs`` are the kinds that ``formula`` reads of the key,
    ``context`` those it reads of the whole scope, ``before`` those of the period before; ``extras`` are prepared by
    selectors of their own. ``dimensions`` are those it can be split by; it says nothing for others.

    ``rows`` are the kinds whose facts are listed when the figure is opened, ``only`` narrows them (SQL over ``e``).
    ``rows_of`` lists those of some members alone: ``present`` (in the group now), ``first`` (whose first
    ``first_kinds`` fact is in the period), ``due`` (``lookback`` days before it), ``counted`` (whom the function of
    that name counts); ``anywhere`` whatever the key, ``ever`` whatever the time. ``who`` is SQL over ``e`` for the
    member whom a figure of people counts.

    ``sql`` is the independent reference: plain SQL over ``events_event e`` that returns (numerator, denominator or
    null). Placeholders: ``{where}`` the scope and the dimension's key, ``{scope}`` the scope alone; parameters
    ``%(start)s``, ``%(end)s`` (instants, half open), ``%(was)s`` (the previous period's start), ``%(days)s``,
    ``%(zone)s``. Run by ``selectors.reference``.
    """

    key: str
    label: Text
    definition: Text
    unit: Unit
    direction: Direction
    needs: tuple[str, ...]
    formula: Callable[[Figures], Reading]
    sql: str
    rows: tuple[str, ...]
    dimensions: tuple[Dimension, ...] = (
        Dimension.TOTAL,
        Dimension.GROUP,
        Dimension.CAMPAIGN,
        Dimension.RUN,
        Dimension.POST,
        Dimension.CHANNEL,
        Dimension.TIER,
        Dimension.SOURCE,
    )
    first_kinds: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    #: So many days before the period the cohorts of ``first_kinds`` are read.
    lookback: int = 0
    only: str = ""
    rows_of: Literal["", "present", "first", "due", "counted"] = ""
    counted: Callable[[Figures], BitMap] | None = None
    who: str = "e.member_id"
    anywhere: bool = False
    ever: bool = False


def net(figures: Figures, kind: str, undone: str) -> int:
    """How many facts of ``kind``, less those that took one back."""
    return figures.count(kind) - figures.count(undone)


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that are read together: 引流, 激活, 成交, 裂变, 复制, 复盘."""

    key: str
    label: Text
    metrics: tuple[Metric, ...]
    #: Place among the families: the way that a member goes.
    order: int = 100
