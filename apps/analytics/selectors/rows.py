"""The facts behind a figure (A2)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import batched
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.facts import KEYS, VARIANTS
from apps.analytics.selectors.explorer.steps import patient
from apps.analytics.selectors.figures import figures, first_days
from apps.analytics.selectors.funnel import Passage, reached_by
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError

PAGE_SIZE = 50
#: Counting rows of all time takes no longer: the page says so instead.
COUNT_SECONDS = 10
_COLUMNS = (
    "e.id, e.occurred_at, e.kind, e.team_id, e.actor_id, e.group_id, e.member_id, e.subject, e.value, e.data"
)


@dataclass(frozen=True)
class Fact:
    """One row of the log. ``data`` as recorded."""

    id: int
    at: datetime
    kind: str
    team_id: int | None
    actor_id: int | None
    group_id: int | None
    member_id: int | None
    subject: str
    value: Decimal | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Totals:
    """Of all rows behind a figure: how many, of how many members, and the sum of their values."""

    facts: int
    members: int
    value: Decimal


@dataclass(frozen=True)
class Behind:
    """What is asked for: a metric, whose figures, when, and one key of a dimension. ``kind`` shows one kind alone,
    ``variant`` one variety of it; ``passed`` those of who passed a step of the funnel, from the day on that they did."""

    metric: Metric
    scope: Scope
    period: Period
    dim: Dimension = Dimension.TOTAL
    key: str = ""
    kind: str = ""
    variant: str | None = None
    passed: Passage | None = None

    @cached_property
    def members(self) -> list[int]:
        """Whose rows alone count, where the metric's rows are of chosen members; found once."""
        return list(_members(self))

    @cached_property
    def reached(self) -> tuple[list[int], list[date]]:
        """Who passed the step, and since when; found once."""
        return reached_by(self.passed, self.scope, self.period) if self.passed else ([], [])


def totals(behind: Behind) -> Totals | None:
    """Figures over all rows; one query (and those that find the members). None when counting them takes too long:
    of rows without end somebody wants the latest, and nobody all."""
    where, values = _where(behind)
    try:
        with patient(COUNT_SECONDS), connection.cursor() as cursor:
            facts, members, value = _sums(cursor, behind.metric.who, where, values)
    except DomainError:
        return None
    return Totals(facts, members, value)


def _sums(cursor: Any, who: str, where: str, values: dict[str, Any]) -> Any:
    cursor.execute(
        f"SELECT count(*), count(DISTINCT {who}), coalesce(sum(e.value), 0)"
        f" FROM events_event e WHERE {where}",
        values,
    )
    return cursor.fetchone()


def rows(
    behind: Behind, *, before: tuple[datetime, int] | None = None, limit: int = PAGE_SIZE
) -> tuple[list[Fact], tuple[datetime, int] | None]:
    """The latest ``limit`` facts (before the place ``before``), and the place to go on from, None at the end.

    Raises ``DomainError`` when they are too hard to find.
    """
    where, values = _where(behind)
    if before is not None:
        where += " AND (e.occurred_at, e.id) < (%(before_at)s, %(before_id)s)"
        values |= {"before_at": before[0], "before_id": before[1]}
    with patient(), connection.cursor() as cursor:
        cursor.execute(_latest(where, limit + 1), values)
        found = [_fact(row) for row in cursor.fetchall()]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], (last.at, last.id)


def every_row(behind: Behind, *, at_most: int) -> Iterator[list[Fact]]:
    """The latest facts, ``at_most`` of them, in pages of a thousand: one statement, run before this returns, that
    leaves no transaction open however slowly the pages are taken. Raises ``DomainError`` when it takes too long."""
    where, values = _where(behind)
    with patient(), connection.cursor() as cursor:
        cursor.execute(_latest(where, at_most), values)
        found = cursor.fetchall()
    return ([_fact(row) for row in page] for page in batched(found, 1_000, strict=False))


def _latest(where: str, limit: int) -> str:
    return (
        f"SELECT {_COLUMNS} FROM events_event e WHERE {where}"
        f" ORDER BY e.occurred_at DESC, e.id DESC LIMIT {limit:d}"
    )


def _fact(row: tuple[Any, ...]) -> Fact:
    values: list[Any] = [*row]
    values[-1] = json.loads(values[-1])
    return Fact(*values)


def _where(behind: Behind) -> tuple[str, dict[str, Any]]:
    metric, scope, period = behind.metric, behind.scope, behind.period
    where = ["e.kind = ANY(%(kinds)s)"]
    kinds = [behind.kind] if behind.kind in metric.rows else list(metric.rows)
    values: dict[str, Any] = {"kinds": kinds}
    if behind.variant is not None and len(kinds) == 1 and kinds[0] in VARIANTS:
        where.append(f"({VARIANTS[kinds[0]]}) = %(variant)s")
        values["variant"] = behind.variant
    if behind.passed is not None:
        where.append(
            "EXISTS (SELECT FROM unnest(%(passed)s::bigint[], %(since)s::date[]) p(member_id, since)"
            f" WHERE p.member_id = {metric.who} AND (e.occurred_at AT TIME ZONE %(zone)s)::date >= p.since)"
        )
        passed, since = behind.reached
        values |= {"passed": passed, "since": since, "zone": business_zone().key}
    if not metric.ever:
        where.append("e.occurred_at >= %(start)s AND e.occurred_at < %(end)s")
        values |= {"start": period.start, "end": period.end}
    if scope.teams is not None:
        where.append("coalesce(e.team_id, 0) = ANY(%(teams)s)")
        values["teams"] = scope.teams
    if behind.dim != Dimension.TOTAL and not metric.anywhere:
        where.append(f"({KEYS[behind.dim]}) = %(key)s")
        values["key"] = behind.key
    if metric.only:
        where.append(f"({metric.only})")
    if metric.rows_of:
        where.append("e.member_id = ANY(%(members)s)")
        values["members"] = behind.members
    return " AND ".join(where), values


def _members(behind: Behind) -> BitMap:
    metric, scope, period = behind.metric, behind.scope, behind.period
    if metric.rows_of == "present":
        keys = None if behind.dim == Dimension.TOTAL else [behind.key]
        found = figures(scope=scope, period=period, kinds=(), dim=behind.dim, keys=keys, sets=("in",))
        return found[behind.key].now("in")
    if metric.counted is not None:
        keys = None if behind.dim == Dimension.TOTAL else [behind.key]
        found = figures(scope=scope, period=period, kinds=metric.needs, dim=behind.dim, keys=keys)
        kept = found[behind.key]
        kept.total = figures(scope=scope, period=period, kinds=metric.context)[""]
        return metric.counted(kept)
    since = period
    if metric.rows_of == "due":
        back = timedelta(days=metric.lookback)
        since = Period(max(date.min + back, period.first) - back, period.last - back)
    days = first_days(scope, since, metric.first_kinds)
    return BitMap.union(BitMap(), *(members for by_day in days.values() for members in by_day.values()))
