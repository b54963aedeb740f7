"""What was read of the rollups for one key: sums at once, members when somebody asks who they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pyroaring import BitMap

from apps.analytics.metrics.facts import AGAIN
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.periods import Period
from apps.events.enums import EventKind

_ZERO = Decimal(0)


@dataclass
class DaySets:
    """The members of the days behind some keys, read kind by kind, of all the keys together, once.

    Most figures are sums: reading who did it too would cost ten times as much. ``where`` and ``values`` are those of
    the sums; of a kind that is not among ``kinds`` there is nobody.
    """

    where: str
    values: dict[str, Any]
    kinds: frozenset[str]
    of: "dict[str, Kept]"
    has: set[str] = field(default_factory=set)

    def read(self, kind: str) -> None:
        """Put the members of ``kind`` into every key's ``days_of``. One query at the first call, none later."""
        if kind in self.has or kind not in self.kinds:
            return
        self.has.add(kind)
        with binary_cursor() as cursor:
            cursor.execute(
                "SELECT key, variant, day, members FROM analytics_dayfigure"
                f" WHERE {self.where} AND members IS NOT NULL",
                self.values | {"kinds": [kind]},
                binary=True,
            )
            for key, variant, day, members in cursor:
                if key in self.of:
                    days = self.of[key].days_of.setdefault((kind, variant), [])
                    days.append((day, BitMap.deserialize(members)))


@dataclass
class Kept:
    """The figures of one key. Implements ``metrics.base.Figures``."""

    period: Period
    sums: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    #: (kind, variety) → one set per day and team.
    days_of: dict[tuple[str, str], list[tuple[date, BitMap]]] = field(default_factory=dict)
    firsts: dict[str, BitMap] = field(default_factory=dict)
    sets: dict[str, BitMap] = field(default_factory=dict)
    cohorts: dict[str, dict[date, BitMap]] = field(default_factory=dict)
    total: "Kept | None" = None
    previous: "Kept | None" = None
    extras: dict[str, Any] = field(default_factory=dict)
    #: Where members are read from when they are asked for; without it ``days_of`` is all there is.
    sets_of_days: DaySets | None = None
    #: Other keys that are looked at as one with this.
    parts: "list[Kept]" = field(default_factory=list)
    #: A house's days are asked for once per group of it.
    _by_day: dict[str, dict[date, BitMap]] = field(default_factory=dict)

    @property
    def days(self) -> int:
        return self.period.days

    def count(self, kind: str, *variants: str) -> int:
        return sum(self.sums[found][0] for found in _found(self.sums, kind, variants))

    def value(self, kind: str, *variants: str) -> Decimal:
        return sum((self.sums[found][1] for found in _found(self.sums, kind, variants)), _ZERO)

    def people(self, kind: str, *variants: str) -> BitMap:
        return BitMap.union(BitMap(), *(members for _day, members in self._days(kind, *variants)))

    def daily_people(self, kind: str) -> list[int]:
        by_day = self.people_by_day(kind)
        return [len(by_day[day]) if day in by_day else 0 for day in self.period]

    def people_by_day(self, kind: str) -> dict[date, BitMap]:
        if kind in self._by_day:
            return self._by_day[kind]
        parts: dict[date, list[BitMap]] = defaultdict(list)
        for day, members in self._days(kind):
            parts[day].append(members)
        by_day = {day: some[0] if len(some) == 1 else BitMap.union(*some) for day, some in parts.items()}
        return self._by_day.setdefault(kind, by_day)

    def repeated(self, kind: str) -> BitMap:
        # Each fact is in one set only, so who is in two sets did it twice; twice within one is kept apart.
        seen, twice = BitMap(), BitMap()
        for _day, members in self._days(kind):
            twice |= seen & members
            seen |= members
        return twice | self.people(AGAIN) if kind == EventKind.ORDER_PAID else twice

    def first(self, kind: str) -> BitMap:
        return self.firsts.get(kind, BitMap()).copy()

    def now(self, name: str) -> BitMap:
        return self.sets.get(name, BitMap()).copy()

    def returned(self, first_kind: str, kind: str, after: int) -> tuple[int, int]:
        cohorts, by_day = self.cohorts.get(first_kind, {}), self.people_by_day(kind)
        back = come = 0
        for day in self.period:
            if cohort := cohorts.get(day - timedelta(days=after)):
                come += len(cohort)
                back += cohort.intersection_cardinality(by_day[day]) if day in by_day else 0
        return back, come

    @property
    def whole(self) -> "Kept":
        return self.total or Kept(self.period)

    @property
    def before(self) -> "Kept":
        return self.previous or Kept(self.period.previous())

    def prepared(self, name: str) -> Any:
        return self.extras.get(name)

    def _days(self, kind: str, *variants: str) -> Iterator[tuple[date, BitMap]]:
        if self.sets_of_days:
            self.sets_of_days.read(kind)
        for found in _found(self.days_of, kind, variants):
            yield from self.days_of[found]
        for part in self.parts:
            yield from part._days(kind, *variants)


def _found(rows: Iterable[tuple[str, str]], kind: str, variants: Collection[str]) -> list[tuple[str, str]]:
    return [
        row
        for row in rows
        if row[0] == kind and (not variants or any(_names(name, row[1]) for name in variants))
    ]


def _names(name: str, variant: str) -> bool:
    return variant.endswith(name[1:]) if name.startswith("*") else variant == name
