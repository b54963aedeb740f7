"""The one door to the rollups: sums and member sets of a scope, a period and a dimension."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.facts import AGAIN
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.extras import EXTRAS
from apps.analytics.selectors.firsts import first_days
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.events.enums import EventKind

_ZERO = Decimal(0)


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

    @property
    def days(self) -> int:
        return self.period.days

    def count(self, kind: str, *variants: str) -> int:
        return sum(self.sums[found][0] for found in self._found(self.sums, kind, variants))

    def value(self, kind: str, *variants: str) -> Decimal:
        return sum((self.sums[found][1] for found in self._found(self.sums, kind, variants)), _ZERO)

    def people(self, kind: str, *variants: str) -> BitMap:
        return BitMap.union(
            BitMap(),
            *(
                members
                for found in self._found(self.days_of, kind, variants)
                for _day, members in self.days_of[found]
            ),
        )

    def daily_people(self, kind: str) -> list[int]:
        by_day = self.people_by_day(kind)
        return [len(by_day[day]) if day in by_day else 0 for day in self.period]

    def people_by_day(self, kind: str) -> dict[date, BitMap]:
        by_day: dict[date, BitMap] = defaultdict(BitMap)
        for found in self._found(self.days_of, kind, ()):
            for day, members in self.days_of[found]:
                by_day[day] |= members
        return by_day

    def repeated(self, kind: str) -> BitMap:
        # Each fact is in one set only, so who is in two sets did it twice; twice within one is kept apart.
        seen, twice = BitMap(), BitMap()
        for found in self._found(self.days_of, kind, ()):
            for _day, members in self.days_of[found]:
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

    @staticmethod
    def _found(
        rows: Iterable[tuple[str, str]], kind: str, variants: Collection[str]
    ) -> list[tuple[str, str]]:
        return [
            row
            for row in rows
            if row[0] == kind and (not variants or any(_names(name, row[1]) for name in variants))
        ]


def _names(name: str, variant: str) -> bool:
    return variant.endswith(name[1:]) if name.startswith("*") else variant == name


def figures(
    *,
    scope: Scope,
    period: Period,
    kinds: Collection[str],
    dim: Dimension = Dimension.TOTAL,
    keys: Collection[str] | None = None,
    people: bool = True,
    first_kinds: Collection[str] = (),
    sets: Collection[str] = (),
    lookback: int = 0,
) -> dict[str, Kept]:
    """Figures by key of ``dim`` ("" alone for totals), for the keys that have any, or for ``keys``.

    At most three queries, whatever the period. ``people`` False leaves the member sets where they are: sums only.
    ``lookback``: cohorts of so many days before the period too.
    """
    found: dict[str, Kept] = {key: Kept(period) for key in keys or ()}
    if dim == Dimension.TOTAL:
        found.setdefault("", Kept(period))
    if scope.team_ids is not None and not scope.team_ids:
        return found
    _read_days(found, scope, period, kinds, dim, keys, people=people)
    if first_kinds and dim == Dimension.TOTAL:
        since = Period(period.first - timedelta(days=lookback), period.last)
        for kind, cohorts in first_days(scope, since, first_kinds).items():
            found[""].cohorts[kind] = cohorts
            inside = (members for day, members in cohorts.items() if day >= period.first)
            found[""].firsts[kind] = BitMap.union(BitMap(), *inside)
    if sets:
        read_sets(found, scope, period, dim, keys, sets)
    return found


def _read_days(
    found: dict[str, Kept],
    scope: Scope,
    period: Period,
    kinds: Collection[str],
    dim: Dimension,
    keys: Collection[str] | None,
    *,
    people: bool,
) -> None:
    where = ["dim = %(dim)s", "kind = ANY(%(kinds)s)", "day BETWEEN %(first)s AND %(last)s"]
    if scope.teams is not None:
        where.append("team_id = ANY(%(teams)s)")
    if keys is not None:
        where.append("key = ANY(%(keys)s)")
    # Without sets the database adds the days up; with them each row is needed.
    columns = "day, count, value, members" if people else "NULL, sum(count), sum(value), NULL"
    sql = f"SELECT key, kind, variant, {columns} FROM analytics_dayfigure WHERE {' AND '.join(where)}"
    if not people:
        sql += " GROUP BY 1, 2, 3"
    values = {
        "dim": dim.value,
        "kinds": [str(kind) for kind in kinds],
        "first": period.first,
        "last": period.last,
        "teams": scope.teams,
        "keys": list(keys or ()),
    }
    with binary_cursor() as cursor:
        cursor.execute(sql, values, binary=True)
        for key, kind, variant, day, count, value, members in cursor:
            kept = found.get(key)
            if kept is None:
                kept = found[key] = Kept(period)
            name = (kind, variant)
            so_far = kept.sums.get(name, (0, _ZERO))
            kept.sums[name] = (so_far[0] + int(count), so_far[1] + value)
            if members is not None:
                kept.days_of.setdefault(name, []).append((day, BitMap.deserialize(members)))


def read_sets(
    found: dict[str, Kept],
    scope: Scope,
    period: Period,
    dim: Dimension,
    keys: Collection[str] | None,
    names: Collection[str],
) -> None:
    """Adds the member sets ``names`` of today to ``found``, which gets the keys that it lacks. One query."""
    sql = "SELECT key, name, members FROM analytics_memberset WHERE dim = %s AND name = ANY(%s)"
    values: list[Any] = [dim.value, list(names)]
    if dim == Dimension.TOTAL or scope.team_ids is not None:
        sql += " AND team_id = ANY(%s)"
        values.append(scope.set_teams)
    if keys is not None:
        sql += " AND key = ANY(%s)"
        values.append(list(keys))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for key, name, members in cursor.fetchall():
            kept = found.get(key)
            if kept is None:
                kept = found[key] = Kept(period)
            kept.sets[name] = kept.sets.get(name, BitMap()) | BitMap.deserialize(bytes(members))


def readings(
    metrics: Iterable[Metric],
    *,
    scope: Scope,
    period: Period,
    dim: Dimension = Dimension.TOTAL,
    keys: Collection[str] | None = None,
) -> dict[str, dict[str, Reading]]:
    """{key of the dimension: {metric key: reading}}: all metrics from one look at the rollups.

    A metric that cannot be split by ``dim`` reads None. Queries: at most three, and two more each for metrics that
    compare with the whole or with the period before; one for each extra.
    """
    asked = list(metrics)
    wanted = [metric for metric in asked if dim in metric.dimensions]
    found = figures(
        scope=scope,
        period=period,
        kinds={kind for metric in wanted for kind in metric.needs},
        dim=dim,
        keys=keys,
        first_kinds={kind for metric in wanted for kind in metric.first_kinds},
        sets={name for metric in wanted for name in metric.sets},
        lookback=max((metric.lookback for metric in wanted), default=0),
    )
    _add_context(found, wanted, scope, period)
    _add_before(found, wanted, scope, period, dim, keys)
    for name in {name for metric in wanted for name in metric.extras}:
        for key, data in EXTRAS[name](scope, period, dim, keys).items():
            if key in found:
                found[key].extras[name] = data
    nothing = Reading(None)
    return {
        key: {metric.key: metric.formula(kept) if dim in metric.dimensions else nothing for metric in asked}
        for key, kept in found.items()
    }


def _add_context(found: dict[str, Kept], metrics: list[Metric], scope: Scope, period: Period) -> None:
    kinds = {kind for metric in metrics for kind in metric.context}
    if not kinds:
        return
    total = figures(scope=scope, period=period, kinds=kinds)[""]
    for kept in found.values():
        kept.total = total


def _add_before(
    found: dict[str, Kept],
    metrics: list[Metric],
    scope: Scope,
    period: Period,
    dim: Dimension,
    keys: Collection[str] | None,
) -> None:
    kinds = {kind for metric in metrics for kind in metric.before}
    if not kinds:
        return
    earlier = period.previous()
    for key, kept in figures(scope=scope, period=earlier, kinds=kinds, dim=dim, keys=keys).items():
        found.setdefault(key, Kept(period)).previous = kept


def top_keys(
    *, scope: Scope, period: Period, kind: str, dim: Dimension, limit: int = 20
) -> list[tuple[str, int]]:
    """The keys of ``dim`` with the most facts of ``kind``, with how many. One query, added up by the database."""
    if scope.team_ids is not None and not scope.team_ids:
        return []
    team = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, sum(count)::bigint FROM analytics_dayfigure WHERE dim = %(dim)s AND kind = %(kind)s"
            f" AND day BETWEEN %(first)s AND %(last)s {team} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s",
            {
                "dim": dim.value,
                "kind": kind,
                "first": period.first,
                "last": period.last,
                "teams": scope.teams,
                "limit": limit,
            },
        )
        return [(key, int(count)) for key, count in cursor.fetchall()]
