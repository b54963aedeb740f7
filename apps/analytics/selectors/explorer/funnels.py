"""Funnels over raw facts."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.analytics.metrics.base import Reading, share
from apps.analytics.selectors.explorer.steps import WHOLE, Breakdown, Query, Step, patient
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError

MAX_STEPS = 8


@dataclass(frozen=True)
class Funnel:
    """Ordered steps. A member enters by the first fact of step 1 in the period and has ``window`` for all the others.

    Each next step is the earliest fact at or after the step before (after it, if of the same kind; with an equal time
    it does not count). ``is_strict``: between two steps no other fact of the funnel's kinds may come.
    """

    steps: tuple[Step, ...]
    window: timedelta = timedelta(days=7)
    is_strict: bool = False
    breakdown: Breakdown = WHOLE
    top: int = 20

    def __post_init__(self) -> None:
        if not 2 <= len(self.steps) <= MAX_STEPS:
            raise DomainError(
                _("漏斗要有 2 到 %d 步。") % MAX_STEPS, hint=_("再加一步，或者去掉多出来的步骤。")
            )
        if not timedelta() < self.window <= timedelta(days=366):
            raise DomainError(_("转化时限要在 1 秒到 366 天之间。"), hint=_("改一个合适的时限。"))


@dataclass(frozen=True)
class Stage:
    """One step: how many members got there, of those of step 1 and of the step before, and how long it took them."""

    members: int
    of_first: Reading
    of_last: Reading
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True)
class FunnelLine:
    """The stages of one key of the breakdown ("" for the whole, or for facts without a key), or of all the keys
    together that are not among the largest (``is_rest``)."""

    key: str
    stages: tuple[Stage, ...]
    is_rest: bool = False


def funnel(question: Funnel, *, scope: Scope, period: Period) -> list[FunnelLine]:
    """The funnel by key: the ``top`` largest, and the rest in one line. One statement. Raises ``DomainError`` when it takes too long."""
    if scope.team_ids is not None and not scope.team_ids:
        return []
    sql, values = funnel_statement(question, scope=scope, period=period)
    with patient(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    lines = [_line(row, len(question.steps)) for row in rows]
    return sorted(lines, key=lambda line: (line.is_rest, -line.stages[0].members, line.key))


def funnel_statement(question: Funnel, *, scope: Scope, period: Period) -> tuple[str, dict[str, Any]]:
    """SQL and its parameters."""
    query = Query()
    ways = (
        _strict(question, query, scope, period)
        if question.is_strict
        else _loose(question, query, scope, period)
    )
    counts = [f"count(t{n}) AS n{n}" for n in range(1, len(question.steps) + 1)]
    times = [
        f"percentile_cont(ARRAY[.5, .9]) WITHIN GROUP (ORDER BY extract(epoch FROM t{n} - t{n - 1})::float8)"
        for n in range(2, len(question.steps) + 1)
    ]
    figures = ", ".join([*counts, *times])
    if question.breakdown.is_whole:
        # One line: to group by what is the same everywhere would sort everybody.
        return f"{ways} SELECT '', {figures} FROM ways HAVING count(t1) > 0", query.values
    return (
        f"{ways}, {query.tops('ways', question.top)} SELECT tops.key, {figures} FROM ways LEFT JOIN tops USING (key)"
        " GROUP BY tops.key"
    ), query.values


def _loose(question: Funnel, query: Query, scope: Scope, period: Period) -> str:
    start, end = query.name(period.start), query.name(period.end)
    until = query.name(period.end + question.window)
    window, scoped = query.name(question.window), query.scoped(scope)
    first = question.steps[0]
    head = f"FROM events_event e WHERE {query.matches(first)} AND e.occurred_at >= {start} AND e.occurred_at < {end}"
    head += f" AND e.member_id IS NOT NULL{scoped}"
    if question.breakdown.is_whole:
        parts = [
            f"s1 AS MATERIALIZED (SELECT e.member_id, min(e.occurred_at) AS t1, ''::text AS key {head} GROUP BY 1)"
        ]
    else:
        parts = [
            "s1 AS MATERIALIZED (SELECT DISTINCT ON (e.member_id) e.member_id, e.occurred_at AS t1,"
            f" {query.key(question.breakdown)} AS key {head} ORDER BY e.member_id, e.occurred_at, e.id)"
        ]
    for n, step in enumerate(question.steps[1:], start=2):
        sign = ">" if step.kind == question.steps[n - 2].kind else ">="
        parts.append(
            f"s{n} AS MATERIALIZED (SELECT s.member_id, s.t1, min(e.occurred_at) AS t{n} FROM s{n - 1} s"
            f" JOIN events_event e ON e.member_id = s.member_id WHERE {query.matches(step)}"
            f" AND e.occurred_at >= {start} AND e.occurred_at < {until}{scoped}"
            f" AND e.occurred_at {sign} s.t{n - 1} AND e.occurred_at < s.t1 + {window} GROUP BY 1, 2)"
        )
    columns = ", ".join(f"s{n}.t{n}" for n in range(1, len(question.steps) + 1))
    joins = "".join(f" LEFT JOIN s{n} USING (member_id)" for n in range(2, len(question.steps) + 1))
    parts.append(f"ways AS (SELECT s1.key, {columns} FROM s1{joins})")
    return "WITH " + ", ".join(parts)


def _strict(question: Funnel, query: Query, scope: Scope, period: Period) -> str:
    """Every fact of the funnel's kinds in a member's order; the k-th after the entry has to be step k + 1."""
    start, end = query.name(period.start), query.name(period.end)
    until = query.name(period.end + question.window)
    window, scoped = query.name(question.window), query.scoped(scope)
    kinds = query.name(sorted({step.kind for step in question.steps}))
    leads = ", ".join(
        f"lead(CASE WHEN {query.matches(step)} THEN e.occurred_at END, {n - 1}) OVER w AS t{n}"
        for n, step in enumerate(question.steps, start=1)
        if n > 1
    )
    reached = ["t1"]
    for n in range(2, len(question.steps) + 1):
        chain = " AND ".join(f"t{before} < t1 + {window}" for before in range(2, n + 1))
        reached.append(f"CASE WHEN {chain} THEN t{n} END AS t{n}")
    return (
        f"WITH facts AS (SELECT e.member_id, e.id, e.occurred_at AS t1, {query.key(question.breakdown)} AS key,"
        f" ({query.matches(question.steps[0])}) AS is_first, {leads}"
        f" FROM events_event e WHERE e.kind = ANY({kinds}::varchar[]) AND e.occurred_at >= {start}"
        f" AND e.occurred_at < {until} AND e.member_id IS NOT NULL{scoped}"
        " WINDOW w AS (PARTITION BY e.member_id ORDER BY e.occurred_at, e.id)),"
        " entered AS (SELECT DISTINCT ON (member_id) * FROM facts"
        f" WHERE is_first AND t1 < {end} ORDER BY member_id, t1, id),"
        f" ways AS (SELECT key, {', '.join(reached)} FROM entered)"
    )


def _line(row: tuple[Any, ...], steps: int) -> FunnelLine:
    key, counts, times = row[0], row[1 : steps + 1], row[steps + 1 :]
    stages = []
    for n, members in enumerate(counts):
        stage = Stage(members, share(members, counts[0]), share(members, counts[max(n - 1, 0)]), None, None)
        if n and times[n - 1] is not None and times[n - 1][0] is not None:
            median, p90 = (timedelta(seconds=seconds) for seconds in times[n - 1])
            stage = replace(stage, median=median, p90=p90)
        stages.append(stage)
    return FunnelLine(key or "", tuple(stages), is_rest=key is None)
