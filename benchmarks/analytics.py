"""Figures of a large house: rollups against the log they come from, dashboards against plain SQL, the explorer.

``ANALYTICS_FACTS`` sets the size (default 10,000,000 facts of a tenth as many members; the small house has the same
members and a hundredth of the facts). Cases:

``rollup``: one tick over 100,000 new facts, against a bare COPY of them into the log plus one GROUP BY, in turns.
``page``: each dashboard's ``build`` in the large house and in the small one, and how many queries it makes in both;
then what plain SQL over the facts takes for the same figures, which must be equal.
``metric``: each metric of 30 days from rollups, against its own plain SQL over the facts; the results must be equal.
``explorer``: a funnel of three steps and weekly retention, against SQL as one writes it by hand; equal results.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

FACTS = int(os.environ.get("ANALYTICS_FACTS", "10000000"))
NEW = 100_000

_HAND_FUNNEL = """
WITH a AS (SELECT member_id, min(occurred_at) AS t FROM events_event
    WHERE kind = 'page.viewed' AND occurred_at >= %(start)s AND occurred_at < %(end)s AND member_id IS NOT NULL GROUP BY 1),
  b AS (SELECT a.member_id, a.t AS t1, min(e.occurred_at) AS t FROM a JOIN events_event e USING (member_id)
    WHERE e.kind = 'campaign.entered' AND e.occurred_at >= a.t AND e.occurred_at < a.t + interval '7 days'
      AND e.occurred_at >= %(start)s AND e.occurred_at < %(until)s GROUP BY 1, 2),
  c AS (SELECT b.member_id, min(e.occurred_at) AS t FROM b JOIN events_event e USING (member_id)
    WHERE e.kind = 'order.paid' AND e.occurred_at >= b.t AND e.occurred_at < b.t1 + interval '7 days'
      AND e.occurred_at >= %(start)s AND e.occurred_at < %(until)s GROUP BY 1)
SELECT count(a.t), count(b.t), count(c.t),
  percentile_cont(.5) WITHIN GROUP (ORDER BY b.t - a.t), percentile_cont(.9) WITHIN GROUP (ORDER BY b.t - a.t),
  percentile_cont(.5) WITHIN GROUP (ORDER BY c.t - b.t), percentile_cont(.9) WITHIN GROUP (ORDER BY c.t - b.t)
FROM a LEFT JOIN b USING (member_id) LEFT JOIN c USING (member_id)
"""
_HAND_RETENTION = """
WITH s AS (SELECT member_id, min(occurred_at) AS t FROM events_event WHERE kind = 'group.joined'
    AND occurred_at >= %(start)s AND occurred_at < %(end)s AND member_id IS NOT NULL GROUP BY 1)
SELECT date_trunc('week', s.t AT TIME ZONE 'Asia/Shanghai')::date, NULL::int AS weeks, count(*) FROM s GROUP BY 1
UNION ALL
SELECT date_trunc('week', s.t AT TIME ZONE 'Asia/Shanghai')::date,
  (date_trunc('week', e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date
   - date_trunc('week', s.t AT TIME ZONE 'Asia/Shanghai')::date) / 7 AS weeks, count(DISTINCT e.member_id)
FROM s JOIN events_event e ON e.member_id = s.member_id AND e.kind = 'page.viewed' AND e.occurred_at >= s.t
  AND e.occurred_at >= %(start)s AND e.occurred_at < %(until)s
GROUP BY 1, 2
"""


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per case: seconds or milliseconds of both sides, and the ratio."""
    from django.core.management import call_command
    from django.db import connection

    from apps.core.clock import database_now

    call_command("migrate", verbosity=0)
    small = fill_and_roll(max(FACTS // 100, 1000))
    before = dict(pages(database_now()))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_event")
    yield {"case": "small house", **small}
    yield {"case": "large house", **fill_and_roll(FACTS)}
    yield from measure(database_now(), before)


def measure(now: Any, before: dict[str, tuple[float, int]]) -> Iterator[dict[str, Any]]:
    """All cases in a house that is filled and rolled up; ``before``: :func:`pages` of the small one."""
    taken: dict[str, float] = {}
    for key, (milliseconds, queries) in pages(now):
        taken[key] = milliseconds
        was, were = before.get(key, (0.0, 0))
        yield {
            "case": f"page {key}",
            "milliseconds": round(milliseconds, 1),
            "small": round(was, 1),
            "of_small": round(milliseconds / was, 2) if was else None,
            "queries": queries,
            "queries_small": were,
        }
    yield from pages_in_plain_sql(now, taken)
    yield from explorer(now)
    yield from metrics(now)
    yield rollup(now)


def fill_and_roll(facts: int) -> dict[str, Any]:
    """Fill the empty log and make its rollups."""
    from apps.analytics.services.rolling import rebuild
    from apps.analytics.services.scoring import score_buyers
    from apps.core.clock import database_now
    from benchmarks._analytics_world import fill_facts, fill_house, fill_runs

    now, members = database_now(), max(FACTS // 10, 100)
    fill_house(members)
    fill_runs(now)
    fill_facts(facts, members, until=now)
    seconds = _seconds(lambda: rebuild(now=now))
    return {
        "facts": facts,
        "rebuild_seconds": round(seconds, 1),
        "rfm_seconds": round(_seconds(lambda: score_buyers(now=now)), 2),
    }


def pages(now: Any) -> Iterator[tuple[str, tuple[float, int]]]:
    """Every dashboard: (key, (milliseconds, queries)) for the house's 30 days; medians of three."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for page, filters in _asked(now):
        with CaptureQueriesContext(connection) as captured:
            page.build(filters)
        times = [_seconds(lambda page=page, filters=filters: page.build(filters)) for _ in range(3)]  # type: ignore[misc]
        yield page.key, (statistics.median(times) * 1000, len(captured))


def _asked(now: Any) -> Iterator[tuple[Any, Any]]:
    from apps.accounts.models import User
    from apps.analytics.admin.board.filters import Filters
    from apps.analytics.admin.board.routes import all_pages

    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "bench", password="bench"
    )
    for page in (one for one in all_pages().values() if one.in_sidebar):
        query = {"preset": "30d"}
        if page.key == "explore":
            query |= {"s1": "page.viewed", "s2": "order.paid"}
        yield page, Filters.from_query(query, user=user, now=now)


def pages_in_plain_sql(now: Any, milliseconds: dict[str, float]) -> Iterator[dict[str, Any]]:
    """What plain SQL takes for the figures of each page, at least: readings of one key alone where a page has many,
    each statement once however often the page shows its figure."""
    known: dict[Any, tuple[float, bool]] = {}
    for page, filters in _asked(now):
        found = [*_plain_readings(page, filters, known), *_plain_cases(page, filters, now)]
        if found:
            seconds = sum(taken for taken, _equal in found)
            yield {
                "case": f"page {page.key} in plain SQL",
                "figures": len(found),
                "plain_seconds": round(seconds, 2),
                "times_faster": round(seconds * 1000 / milliseconds[page.key], 1),
                "is_equal": all(equal for _taken, equal in found),
            }


def _plain_readings(
    page: Any, filters: Any, known: dict[Any, tuple[float, bool]]
) -> list[tuple[float, bool]]:
    from apps.analytics.selectors.reference import reference
    from benchmarks._analytics_plain import recorded

    with recorded() as asked:
        page.build(filters)
    wanted: dict[Any, tuple[Any, dict[str, Any], str]] = {}
    for one in asked:
        dim, found = one.get("dim", ""), one["found"]
        key = next(iter(sorted(found)), None)
        for metric in one["metrics"]:
            if key is not None and (not dim or dim in metric.dimensions):
                wanted[metric.key, one["period"], dim, key] = metric, one, key
    for name, (metric, one, key) in wanted.items():
        if name not in known:
            of_key = {"dim": one["dim"], "key": key} if one.get("dim") else {}
            started = time.perf_counter()
            row = reference(metric, scope=one["scope"], period=one["period"], **of_key)
            taken = time.perf_counter() - started
            known[name] = taken, _is_same(one["found"][key][metric.key], row)
    return [known[name] for name in wanted]


def _plain_cases(page: Any, filters: Any, now: Any) -> Iterator[tuple[float, bool]]:
    from django.db import connection

    from apps.analytics.metrics.facts import ACTIVE_KINDS
    from benchmarks._analytics_plain import cases

    values = {
        "start": filters.period.start,
        "end": filters.period.end,
        "was": filters.previous.start,
        "now": now,
        "active": [str(kind) for kind in ACTIVE_KINDS],
    }
    for case in cases().get(page.key, ()):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(case.sql, values)
            rows = cursor.fetchall()
        taken = time.perf_counter() - started
        yield taken, sorted(rows, key=str) == sorted(case.ours(filters), key=str)


def _is_same(reading: Any, row: tuple[Any, Any]) -> bool:
    return reading.numerator == row[0] and row[1] in (None, reading.denominator)


def metrics(now: Any) -> Iterator[dict[str, Any]]:
    """Each metric alone, from rollups and from the facts."""
    from apps.analytics.enums import Dimension
    from apps.analytics.metrics.registry import all_metrics
    from apps.analytics.selectors.figures import readings
    from apps.analytics.selectors.periods import last_days
    from apps.analytics.selectors.reference import reference
    from apps.analytics.selectors.scope import Scope

    period = last_days(30, now)
    for metric in (one for one in all_metrics().values() if Dimension.TOTAL in one.dimensions):
        found: list[Any] = []

        def by_sql(metric: Any = metric, found: list[Any] = found) -> None:
            found.append(reference(metric, scope=Scope(None), period=period))

        def by_rollup(metric: Any = metric, found: list[Any] = found) -> None:
            found.append(readings([metric], scope=Scope(None), period=period)[""][metric.key])

        rolled = min(_seconds(by_rollup) for _ in range(3))
        plain = _seconds(by_sql)
        reading, row = found[0], found[-1]
        yield {
            "case": f"metric {metric.key}",
            "milliseconds": round(rolled * 1000, 1),
            "plain_milliseconds": round(plain * 1000),
            "times_faster": round(plain / rolled, 1),
            "is_equal": _is_same(reading, row),
        }


def explorer(now: Any) -> Iterator[dict[str, Any]]:
    """The explorer's statements against those written by hand, in turns."""
    from django.db import connection

    from apps.analytics.selectors.buckets import Grain
    from apps.analytics.selectors.explorer import (
        Funnel,
        FunnelLine,
        Retention,
        RetentionLine,
        Step,
        funnel,
        retention,
    )
    from apps.analytics.selectors.periods import Period, day_of, last_days
    from apps.analytics.selectors.scope import Scope

    period = Period(last_days(60, now).first, last_days(30, now).first)
    steps = tuple(Step(kind) for kind in ("page.viewed", "campaign.entered", "order.paid"))
    asked = Funnel(steps, timedelta(days=7))
    back = Retention(Step("group.joined"), Step("page.viewed"), Grain.WEEK, offsets=4)
    values = {
        "start": period.start,
        "end": period.end,
        "until": period.end + timedelta(days=7),
    }

    def by_hand(sql: str, values: dict[str, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    ours, theirs = [], []
    found: list[FunnelLine] = []
    plain: list[Any] = []
    for _ in range(3):
        ours.append(_seconds(lambda: found.extend(funnel(asked, scope=Scope(None), period=period))))
        theirs.append(_seconds(lambda: plain.extend(by_hand(_HAND_FUNNEL, values))))
    yield {
        "case": "explorer, funnel",
        **_compared(ours, theirs),
        "is_equal": [stage.members for stage in found[0].stages] == list(plain[0][:3]),
    }
    ours, theirs = [], []
    until = {**values, "until": period.end + timedelta(days=35)}
    lines: list[RetentionLine] = []
    table: list[Any] = []
    for _ in range(3):
        ours.append(
            _seconds(
                lambda: lines.extend(retention(back, scope=Scope(None), period=period, today=day_of(now)))
            )
        )
        theirs.append(_seconds(lambda: table.__setitem__(slice(None), by_hand(_HAND_RETENTION, until))))
    week = lines[0].readings[0]
    yield {
        "case": "explorer, retention",
        **_compared(ours, theirs),
        "is_equal": (lines[0].size, week.numerator)
        == tuple(sum(n for _week, weeks, n in table if weeks == wanted) for wanted in (None, 0)),
    }


def _compared(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    return {
        "seconds": round(statistics.median(ours), 2),
        "by_hand_seconds": round(statistics.median(theirs), 2),
        "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
    }


def rollup(now: Any, rounds: int = 3) -> dict[str, Any]:
    """One tick over new facts of today against COPY and GROUP BY of as many, in turns; the median of the rounds."""
    from apps.analytics.services.rolling import roll
    from benchmarks._analytics_world import fill_facts

    members = max(FACTS // 10, 100)
    roll(now=now)
    ours, copies, groups = [], [], []
    for number in range(rounds):
        fill_facts(NEW, members, until=now, days=1, prefix=f"new{number}:")
        ours.append(_seconds(lambda: roll(now=now)))
        copied, grouped = _plainly(f"world:new{number}:%", now - timedelta(days=1))
        copies.append(copied)
        groups.append(grouped)
    ratios = [tick / (copy + group) for tick, copy, group in zip(ours, copies, groups, strict=True)]
    return {
        "case": "rollup",
        "facts": NEW,
        "seconds": round(statistics.median(ours), 2),
        "copy_seconds": round(statistics.median(copies), 2),
        "group_by_seconds": round(statistics.median(groups), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
    }


def _plainly(keys: str, since: Any) -> tuple[float, float]:
    """COPY of the facts with such keys into the log and one GROUP BY over them: seconds each. Undone afterwards."""
    from django.db import connection, transaction

    columns = "occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, value, data, tier_id, source"
    fresh = columns.replace(" key,", " 'again:' || key,")
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(  # type: ignore[attr-defined]
            f"COPY (SELECT {fresh} FROM events_event WHERE key LIKE '{keys}' ORDER BY id) TO STDOUT"
        ) as copy:
            rows = b"".join(bytes(part) for part in copy)

        def copy_in() -> None:
            with cursor.copy(f"COPY events_event ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                copy.write(rows)

        copied = _seconds(copy_in)
        grouped = _seconds(
            lambda: cursor.execute(
                "SELECT kind, team_id, group_id, date_trunc('day', occurred_at), count(*), sum(value),"
                " count(DISTINCT member_id) FROM events_event WHERE key LIKE 'again:%%' AND occurred_at >= %s"
                " GROUP BY 1, 2, 3, 4",
                [since],
            )
        )
        transaction.set_rollback(True)
    return copied, grouped


def _seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
