"""The facts behind a figure (A2)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.facts import KEYS, VARIANTS
from apps.analytics.selectors.figures import figures, first_days
from apps.analytics.selectors.funnel import Passage, reached_by
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope

PAGE_SIZE = 50
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


def totals(behind: Behind) -> Totals:
    """Figures over all rows; one query (and those that find the members)."""
    where, values = _where(behind)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), count(DISTINCT {behind.metric.who}), coalesce(sum(e.value), 0)"
            f" FROM events_event e WHERE {where}",
            values,
        )
        facts, members, value = cursor.fetchone()
    return Totals(facts, members, value)


def rows(
    behind: Behind, *, before: tuple[datetime, int] | None = None, limit: int = PAGE_SIZE
) -> tuple[list[Fact], tuple[datetime, int] | None]:
    """The latest ``limit`` facts (before the place ``before``), and the place to go on from, None at the end."""
    where, values = _where(behind)
    if before is not None:
        where += " AND (e.occurred_at, e.id) < (%(before_at)s, %(before_id)s)"
        values |= {"before_at": before[0], "before_id": before[1]}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM events_event e WHERE {where}"
            f" ORDER BY e.occurred_at DESC, e.id DESC LIMIT {limit + 1:d}",
            values,
        )
        found = [_fact(row) for row in cursor.fetchall()]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], (last.at, last.id)


def every_row(behind: Behind, *, at_most: int) -> Iterator[list[Fact]]:
    """All facts in pages of a thousand, up to ``at_most`` of them."""
    place = None
    while at_most > 0:
        page, place = rows(behind, before=place, limit=min(1_000, at_most))
        if page:
            yield page
        at_most -= len(page)
        if place is None:
            return


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
        passed, since = reached_by(behind.passed, scope, period)
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
        values["members"] = list(_members(behind))
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
