"""What the dashboards show, by plain SQL over the facts: what one would write without rollups.

``CASES``: page → a statement and the page's own figure from rollups, brought into the same shape. Pages of metrics are
covered by :func:`recorded`: whatever readings a page asks for are held against the metrics' own plain SQL.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Case:
    """``sql`` takes ``start``, ``end`` and ``now``; ``ours`` takes the page's filters and gives the same rows."""

    sql: str
    ours: Callable[[Any], Any]


_FUNNEL = f"""
WITH f AS (SELECT kind, member_id, (occurred_at AT TIME ZONE '{ZONE}')::date AS day, data FROM events_event
    WHERE occurred_at >= %(start)s AND occurred_at < %(end)s),
  joined AS (SELECT member_id, min(day) AS day FROM f WHERE kind = 'group.joined' AND member_id IS NOT NULL GROUP BY 1),
  active AS (SELECT member_id, min(f.day) AS day FROM f JOIN joined j USING (member_id)
    WHERE kind = ANY(%(active)s) AND f.day >= j.day GROUP BY 1),
  paid AS (SELECT member_id, min(f.day) AS day FROM f JOIN active a USING (member_id)
    WHERE kind = 'order.paid' AND f.day >= a.day GROUP BY 1),
  inviting AS (SELECT DISTINCT p.member_id FROM f JOIN paid p ON p.member_id = (f.data->>'owner')::bigint
    WHERE kind = 'campaign.contributed' AND data->>'is_new' = 'true' AND f.day >= p.day)
SELECT (SELECT count(*) FROM joined), (SELECT count(*) FROM active), (SELECT count(*) FROM paid),
  (SELECT count(*) FROM inviting)
"""
_RETENTION = f"""
WITH first AS (SELECT member_id, date_trunc('week', min(occurred_at) AT TIME ZONE '{ZONE}')::date AS week
    FROM events_event WHERE kind = 'group.joined' AND member_id IS NOT NULL GROUP BY 1),
  back AS (SELECT DISTINCT member_id, date_trunc('week', occurred_at AT TIME ZONE '{ZONE}')::date AS week
    FROM events_event WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL
      AND occurred_at >= (date_trunc('week', %(now)s AT TIME ZONE '{ZONE}') - interval '11 weeks') AT TIME ZONE '{ZONE}')
SELECT f.week, (b.week - f.week) / 7, count(*) FROM first f JOIN back b USING (member_id)
WHERE f.week >= date_trunc('week', %(now)s AT TIME ZONE '{ZONE}') - interval '11 weeks' AND b.week >= f.week
GROUP BY 1, 2 ORDER BY 1, 2
"""
_PEOPLE = """
SELECT count(*), sum(n)::bigint FROM (SELECT team_id, member_id, count(*) AS n FROM events_event
  WHERE kind = 'order.paid' AND member_id IS NOT NULL GROUP BY 1, 2) buyers
"""
_HEAT = f"""
SELECT extract(isodow FROM occurred_at AT TIME ZONE '{ZONE}')::int, extract(hour FROM occurred_at AT TIME ZONE '{ZONE}')::int,
  count(*) FROM events_event WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL
  AND occurred_at >= %(start)s AND occurred_at < %(end)s
GROUP BY 1, 2 ORDER BY 1, 2
"""


def _funnel(filters: Any) -> list[tuple[int, ...]]:
    from apps.analytics.selectors.funnel import funnel

    return [tuple(len(step.members) for step in funnel(filters.scope, filters.period)[:4])]


def _retention(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.metrics.facts import ACTIVE
    from apps.analytics.selectors.buckets import Grain, bucket_of, shifted
    from apps.analytics.selectors.cohorts import cohorts
    from apps.analytics.selectors.periods import Period, day_of

    today = day_of(filters.now)
    found = cohorts(
        scope=filters.scope,
        period=Period(shifted(bucket_of(today, Grain.WEEK), Grain.WEEK, -11), today),
        today=today,
        start_kind="group.joined",
        return_kind=ACTIVE,
    )
    return [
        (row.first, cell.offset, cell.reading.numerator)
        for row in found.rows
        for cell in row.cells
        if cell.reading.numerator
    ]


def _people(filters: Any) -> list[tuple[int, int]]:
    from apps.analytics.selectors.rfm import rfm_grid

    total = rfm_grid(filters.scope).total
    return [(total.count, total.orders)]


def _heat(filters: Any) -> list[tuple[int, int, int]]:
    from apps.analytics.metrics.facts import ACTIVE
    from apps.analytics.selectors.weeks import by_weekday_and_hour

    week = by_weekday_and_hour(filters.scope, filters.period, [ACTIVE])[ACTIVE]
    return [(day + 1, hour, week[day][hour]) for day in range(7) for hour in range(24) if week[day][hour]]


CASES: dict[str, Case] = {
    "funnel": Case(_FUNNEL, _funnel),
    "retention": Case(_RETENTION, _retention),
    "people": Case(_PEOPLE, _people),
    "content": Case(_HEAT, _heat),
}


@contextmanager
def recorded() -> Iterator[list[dict[str, Any]]]:
    """What is asked of ``figures.readings`` inside, with the answers: ``metrics``, ``scope``, ``period``, ``dim``,
    ``keys`` and ``found``. Wherever a module has the function by name, it is replaced."""
    from apps.analytics.selectors import figures

    asked: list[dict[str, Any]] = []
    real = figures.readings

    def readings(metrics: Any, **values: Any) -> Any:
        chosen = list(metrics)
        found = real(chosen, **values)
        asked.append({"metrics": chosen, **values, "found": found})
        return found

    holders = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("apps.analytics") and getattr(module, "readings", None) is real
    ]
    for module in holders:
        module.readings = readings  # type: ignore[attr-defined]
    try:
        yield asked
    finally:
        for module in holders:
            module.readings = real  # type: ignore[attr-defined]
