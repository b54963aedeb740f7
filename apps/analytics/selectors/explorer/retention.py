"""Retention over raw facts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.analytics.metrics.base import Reading, share
from apps.analytics.selectors.buckets import Grain, last_of, shifted
from apps.analytics.selectors.explorer.steps import WHOLE, Breakdown, Query, Step, patient
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError

_MAX_OFFSETS = 60


@dataclass(frozen=True)
class Retention:
    """Of those who did ``start`` in the period (by their first time in it), who did ``back`` so many buckets later.

    Bounded: in exactly that bucket. Unbounded: in that or a later one, up to ``offsets``. A return has to come after
    the start.
    """

    start: Step
    back: Step
    grain: Grain = Grain.WEEK
    offsets: int = 8
    is_bounded: bool = True
    breakdown: Breakdown = WHOLE
    top: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.offsets <= _MAX_OFFSETS:
            raise DomainError(
                _("留存最多看 %d 期。") % _MAX_OFFSETS, hint=_("减少期数，或者换成更粗的粒度。")
            )


@dataclass(frozen=True)
class RetentionLine:
    """One key, or all those together that are not among the largest (``is_rest``): its size, and per offset the share
    of those whose time for it is over."""

    key: str
    size: int
    readings: tuple[Reading, ...]
    is_rest: bool = False


def retention(question: Retention, *, scope: Scope, period: Period, today: date) -> list[RetentionLine]:
    """Retention by key: the ``top`` largest, and the rest in one line. One statement. Raises ``DomainError`` when it takes too long."""
    if scope.team_ids is not None and not scope.team_ids:
        return []
    sql, values = retention_statement(question, scope=scope, period=period)
    with patient(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    sizes: dict[str | None, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    came: dict[str | None, dict[date, dict[int, int]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(int))
    )
    for key, bucket, offset, members in rows:
        if offset is None:
            sizes[key][bucket] = members
        elif offset <= question.offsets:
            came[key][bucket][offset] = members
    lines = [
        RetentionLine(
            key or "",
            sum(cohorts.values()),
            _readings(question, cohorts, came[key], today),
            is_rest=key is None,
        )
        for key, cohorts in sizes.items()
    ]
    return sorted(lines, key=lambda line: (line.is_rest, -line.size, line.key))


def _readings(
    question: Retention, cohorts: dict[date, int], came: dict[date, dict[int, int]], today: date
) -> tuple[Reading, ...]:
    found = []
    for offset in range(question.offsets + 1):
        over = [
            bucket
            for bucket in cohorts
            if last_of(shifted(bucket, question.grain, offset), question.grain) < today
        ]
        if not over:
            break
        found.append(share(sum(came[bucket][offset] for bucket in over), sum(cohorts[one] for one in over)))
    return tuple(found)


def retention_statement(question: Retention, *, scope: Scope, period: Period) -> tuple[str, dict[str, Any]]:
    """SQL and its parameters: rows of (key, bucket, offset, members), offset null for the cohort's size."""
    query = Query()
    grain, zone = query.name(question.grain.value), query.name(business_zone().key)
    start, end, scoped = query.name(period.start), query.name(period.end), query.scoped(scope)
    last = last_of(shifted(period.last, question.grain, question.offsets), question.grain)
    until = query.name(Period(last, last).end)
    head = (
        f"FROM events_event e WHERE {query.matches(question.start)} AND e.occurred_at >= {start}"
        f" AND e.occurred_at < {end} AND e.member_id IS NOT NULL{scoped}"
    )
    if question.breakdown.is_whole:
        first = f"SELECT e.member_id, min(e.occurred_at) AS at, ''::text AS key {head} GROUP BY 1"
    else:
        first = (
            "SELECT DISTINCT ON (e.member_id) e.member_id, e.occurred_at AS at,"
            f" {query.key(question.breakdown)} AS key {head} ORDER BY e.member_id, e.occurred_at, e.id"
        )
    sign = ">" if question.start.kind == question.back.kind else ">="
    then = f"date_trunc({grain}, e.occurred_at AT TIME ZONE {zone})::date"
    distance = {
        Grain.DAY: f"{then} - s.bucket",
        Grain.WEEK: f"({then} - s.bucket) / 7",
        Grain.MONTH: f"((extract(year FROM {then}) - extract(year FROM s.bucket)) * 12"
        f" + extract(month FROM {then}) - extract(month FROM s.bucket))::int",
    }[question.grain]
    # Bounded: each bucket that a member came back in. Unbounded: the furthest, and with it all before.
    offs, groups = (
        (distance, " GROUP BY 1, 2, 3, 4")
        if question.is_bounded
        else (f"max({distance})", " GROUP BY 1, 2, 3")
    )
    counted = "offs" if question.is_bounded else "generate_series(0, offs)"
    if question.breakdown.is_whole:
        how, tops, named, ranked = "NOT MATERIALIZED", "", "key", ""
    else:
        how, tops = "MATERIALIZED", f", {query.tops('s', question.top)}"
        named, ranked = "tops.key", " LEFT JOIN tops USING (key)"
    return (
        f"WITH s AS {how} (SELECT member_id, at, key, date_trunc({grain}, at AT TIME ZONE {zone})::date AS bucket"
        f" FROM ({first}) firsts),"
        f" came AS (SELECT s.member_id, s.key, s.bucket, {offs} AS offs FROM s JOIN events_event e"
        f" ON e.member_id = s.member_id WHERE {query.matches(question.back)} AND e.occurred_at {sign} s.at"
        f" AND e.occurred_at >= {start} AND e.occurred_at < {until}{scoped}{groups}){tops}"
        f" SELECT {named}, bucket, NULL::int AS offs, count(*) FROM s{ranked} GROUP BY 1, 2"
        f" UNION ALL SELECT {named}, bucket, {counted} AS offs, count(*) FROM came{ranked} GROUP BY 1, 2, 3"
    ), query.values
