"""What the dashboards show, by plain SQL over the facts: what one would write without rollups.

``cases``: page → statements and the page's own figures from rollups, brought into the same shape. Pages of metrics are
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
    """``sql`` takes ``start``, ``end`` and ``was`` (instants: the period, the one before it begins), ``now`` and
    ``active`` (kinds); ``ours`` takes the page's filters and gives the same rows, in any order."""

    sql: str
    ours: Callable[[Any], Any]


_DAY = f"(occurred_at AT TIME ZONE '{ZONE}')::date"
_WEEK = f"date_trunc('week', occurred_at AT TIME ZONE '{ZONE}')::date"
_FIRST_WEEK = f"(date_trunc('week', %(now)s AT TIME ZONE '{ZONE}') - interval '11 weeks')"

_STEPS = f"""
WITH f AS MATERIALIZED (SELECT kind, member_id, {_DAY} AS day, source, data FROM events_event
    WHERE occurred_at >= %({{start}})s AND occurred_at < %({{end}})s AND member_id IS NOT NULL),
  joined AS (SELECT member_id, min(day) AS day FROM f WHERE kind = 'group.joined' GROUP BY 1),
  active AS (SELECT member_id, min(f.day) AS day, min(j.day) AS since FROM f JOIN joined j USING (member_id)
    WHERE kind = ANY(%(active)s) AND f.day >= j.day GROUP BY 1),
  paid AS (SELECT member_id, min(f.day) AS day, min(a.day) AS since FROM f JOIN active a USING (member_id)
    WHERE kind = 'order.paid' AND f.day >= a.day GROUP BY 1),
  inviting AS (SELECT p.member_id, min(f.day) AS day, min(p.day) AS since
    FROM f JOIN paid p ON p.member_id = (f.data->>'owner')::bigint
    WHERE kind = 'campaign.contributed' AND data->>'is_new' = 'true' AND f.day >= p.day GROUP BY 1)
"""
_FUNNEL = """
SELECT (SELECT count(*) FROM joined), count(*), percentile_cont(.5) WITHIN GROUP (ORDER BY day - since),
  (SELECT count(*) FROM paid), (SELECT percentile_cont(.5) WITHIN GROUP (ORDER BY day - since) FROM paid),
  (SELECT count(*) FROM inviting), (SELECT percentile_cont(.5) WITHIN GROUP (ORDER BY day - since) FROM inviting)
FROM active
"""
_FUNNEL_BY_SOURCE = """
SELECT c.source, count(*), count(a.member_id), count(p.member_id), count(i.member_id)
FROM (SELECT DISTINCT source, member_id FROM f WHERE kind = 'group.joined' AND source <> '') c
  LEFT JOIN active a USING (member_id) LEFT JOIN paid p USING (member_id) LEFT JOIN inviting i USING (member_id)
GROUP BY 1
"""
_RETENTION = f"""
WITH first AS (SELECT member_id, date_trunc('week', min(occurred_at) AT TIME ZONE '{ZONE}')::date AS week
    FROM events_event WHERE kind = 'group.joined' AND member_id IS NOT NULL GROUP BY 1),
  back AS (SELECT DISTINCT member_id, {_WEEK} AS week FROM events_event
    WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL AND occurred_at >= {_FIRST_WEEK} AT TIME ZONE '{ZONE}')
SELECT f.week, (b.week - f.week) / 7, count(*) FROM first f JOIN back b USING (member_id)
WHERE f.week >= {_FIRST_WEEK} AND b.week >= f.week GROUP BY 1, 2
"""
_FLOWS = f"""
WITH w AS MATERIALIZED (SELECT DISTINCT member_id, {_WEEK} AS week FROM events_event
    WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL
      AND occurred_at >= ({_FIRST_WEEK} - interval '1 week') AT TIME ZONE '{ZONE}'),
  first AS (SELECT member_id, date_trunc('week', min(occurred_at) AT TIME ZONE '{ZONE}')::date AS week
    FROM events_event WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL GROUP BY 1)
SELECT a.week, count(*), count(f.member_id), count(b.member_id)
FROM w a LEFT JOIN first f USING (member_id, week) LEFT JOIN w b ON b.member_id = a.member_id AND b.week = a.week - 7
WHERE a.week >= {_FIRST_WEEK} GROUP BY 1
"""
_SPREAD = f"""
SELECT days, count(*) FROM (SELECT member_id, count(DISTINCT {_DAY}) AS days FROM events_event
    WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL
      AND occurred_at >= (date_trunc('day', %(now)s AT TIME ZONE '{ZONE}') - interval '30 days') AT TIME ZONE '{ZONE}'
      AND occurred_at < date_trunc('day', %(now)s AT TIME ZONE '{ZONE}') AT TIME ZONE '{ZONE}'
    GROUP BY 1) d GROUP BY 1
"""
_TIERS = """
SELECT tier_id::text, count(DISTINCT member_id) FILTER (WHERE occurred_at >= %(start)s),
  count(DISTINCT member_id) FILTER (WHERE occurred_at < %(start)s)
FROM events_event WHERE kind = ANY(%(active)s) AND occurred_at >= %(was)s AND occurred_at < %(end)s
  AND tier_id IS NOT NULL GROUP BY 1
"""
_INVITERS = """
SELECT data->>'owner', count(*) FROM events_event WHERE kind = 'campaign.contributed' AND data->>'is_new' = 'true'
  AND occurred_at >= %(start)s AND occurred_at < %(end)s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""
_HEAT = f"""
SELECT extract(isodow FROM occurred_at AT TIME ZONE '{ZONE}')::int,
  extract(hour FROM occurred_at AT TIME ZONE '{ZONE}')::int,
  count(*) FILTER (WHERE kind = ANY(%(active)s) AND member_id IS NOT NULL), count(*) FILTER (WHERE kind = 'post.sent')
FROM events_event WHERE (kind = ANY(%(active)s) OR kind = 'post.sent')
  AND occurred_at >= %(start)s AND occurred_at < %(end)s GROUP BY 1, 2
"""
_POSTS = """
SELECT key, count(*) FILTER (WHERE kind = 'post.sent'), count(*) FILTER (WHERE kind = 'post.failed'),
  count(*) FILTER (WHERE kind = 'link.clicked'), count(*) FILTER (WHERE kind = 'page.visited'),
  coalesce(sum(value) FILTER (WHERE kind = 'order.paid'), 0) - coalesce(sum(value) FILTER (WHERE kind = 'order.refunded'), 0)
FROM (SELECT kind, value, coalesce(data->>'post', substring(subject FROM '^post:([0-9]+):')) AS key FROM events_event
  WHERE kind = ANY('{post.sent,post.failed,link.clicked,page.visited,visit.converted,order.paid,order.refunded}')
    AND occurred_at >= %(start)s AND occurred_at < %(end)s) f WHERE key IS NOT NULL GROUP BY 1
"""
_STAFF = """
SELECT actor_id, count(*) FILTER (WHERE kind = 'coupon.redeemed') - count(*) FILTER (WHERE kind = 'coupon.returned')
FROM events_event WHERE actor_id IS NOT NULL AND occurred_at >= %(start)s AND occurred_at < %(end)s GROUP BY 1
"""
_RUNS = """
SELECT data->>'run', count(*) FILTER (WHERE kind = 'campaign.entered'),
  count(DISTINCT member_id) FILTER (WHERE kind IN ('campaign.entered', 'campaign.contributed')),
  count(DISTINCT member_id) FILTER (WHERE kind = 'campaign.contributed'),
  count(DISTINCT member_id) FILTER (WHERE kind = 'order.paid'),
  coalesce(sum(value) FILTER (WHERE kind = 'order.paid'), 0) - coalesce(sum(value) FILTER (WHERE kind = 'order.refunded'), 0),
  coalesce(sum(value) FILTER (WHERE kind IN ('benefit.granted', 'benefit.voided')), 0)
FROM events_event WHERE data->>'run' IS NOT NULL AND occurred_at >= %({start})s AND occurred_at < %({end})s
  AND kind = ANY('{{campaign.entered,campaign.contributed,order.paid,order.refunded,benefit.granted,benefit.voided}}')
GROUP BY 1
"""


def _funnel(filters: Any, *, is_before: bool = False) -> list[tuple[Any, ...]]:
    from apps.analytics.selectors.funnel import funnel

    joined, *later = funnel(filters.scope, filters.previous if is_before else filters.period)[:4]
    return [(len(joined.members), *(value for step in later for value in (len(step.members), step.median)))]


def _by_source(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.enums import Dimension
    from apps.analytics.selectors.funnel import cohorts, funnel

    steps = funnel(filters.scope, filters.period)[:4]
    return [
        (key, *(len(step.members & came) for step in steps))
        for key, came in cohorts(filters.scope, filters.period, Dimension.SOURCE).items()
    ]


def _twelve_weeks(filters: Any) -> dict[str, Any]:
    from apps.analytics.selectors.buckets import Grain, bucket_of, shifted
    from apps.analytics.selectors.periods import Period, day_of

    today = day_of(filters.now)
    period = Period(shifted(bucket_of(today, Grain.WEEK), Grain.WEEK, -11), today)
    return {"scope": filters.scope, "period": period, "today": today}


def _retention(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.metrics.facts import ACTIVE
    from apps.analytics.selectors.cohorts import cohorts

    found = cohorts(**_twelve_weeks(filters), start_kind="group.joined", return_kind=ACTIVE)
    return [
        (row.first, cell.offset, cell.reading.numerator)
        for row in found.rows
        for cell in row.cells
        if cell.reading.numerator
    ]


def _flows(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.selectors.lifecycle import lifecycle

    found = lifecycle(**_twelve_weeks(filters))
    return [(flow.first, flow.active, flow.new, flow.returning) for flow in found]


def _spread(filters: Any) -> list[tuple[int, int]]:
    from datetime import timedelta

    from apps.analytics.selectors.lifecycle import stickiness
    from apps.analytics.selectors.periods import day_of

    found = stickiness(scope=filters.scope, until=day_of(filters.now) - timedelta(days=1)).spread
    return [(days, count) for days, count in enumerate(found) if count]


def _buyers(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.models import RfmCell
    from apps.analytics.selectors.periods import day_of

    cells = RfmCell.objects.filter(day=day_of(filters.now))
    return list(cells.values_list("team_id", "recency", "frequency", "monetary", "count", "orders", "spent"))


def _tiers(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.enums import Dimension
    from apps.analytics.metrics.facts import ACTIVE
    from apps.analytics.selectors.figures import figures

    now, was = (
        figures(scope=filters.scope, period=period, kinds=(ACTIVE,), dim=Dimension.TIER)
        for period in (filters.period, filters.previous)
    )
    return [
        (key, *(len(kept[key].people(ACTIVE)) if key in kept else 0 for kept in (now, was)))
        for key in {*now, *was}
    ]


def _inviters(filters: Any) -> list[tuple[str, int]]:
    from apps.analytics.enums import Dimension
    from apps.analytics.selectors.figures import top_keys

    return top_keys(
        scope=filters.scope, period=filters.period, kind="campaign.contributed", dim=Dimension.INVITER
    )


def _heat(filters: Any) -> list[tuple[int, ...]]:
    from apps.analytics.metrics.facts import ACTIVE
    from apps.analytics.selectors.weeks import by_weekday_and_hour

    weeks = by_weekday_and_hour(filters.scope, filters.period, [ACTIVE, "post.sent"])
    hours = ((day, hour) for day in range(7) for hour in range(24))
    found = [(day + 1, hour, weeks[ACTIVE][day][hour], weeks["post.sent"][day][hour]) for day, hour in hours]
    return [row for row in found if row[2] or row[3]]


def _posts(filters: Any) -> list[tuple[Any, ...]]:
    from apps.analytics.selectors.posts import post_rows

    rows = ((row.key, row.came) for row in post_rows(filters.scope, filters.period))
    return [(key, one.sent, one.unsent, one.clicks, one.visits, one.revenue) for key, one in rows]


def _staff(filters: Any) -> list[tuple[int, int]]:
    from apps.analytics.enums import Dimension
    from apps.analytics.selectors.figures import figures

    kept = figures(
        scope=filters.scope,
        period=filters.period,
        kinds=("coupon.redeemed", "coupon.returned"),
        dim=Dimension.STAFF,
    )
    return [
        (int(key), one.count("coupon.redeemed") - one.count("coupon.returned")) for key, one in kept.items()
    ]


def _runs(filters: Any, *, is_before: bool = False) -> list[tuple[Any, ...]]:
    from apps.analytics.enums import Dimension
    from apps.analytics.selectors.figures import figures

    entered, part, paid = "campaign.entered", "campaign.contributed", "order.paid"
    kept = figures(
        scope=filters.scope,
        period=filters.previous if is_before else filters.period,
        kinds=(entered, part, paid, "order.refunded", "benefit.granted", "benefit.voided"),
        dim=Dimension.RUN,
    )
    return [
        (
            key,
            one.count(entered),
            len(one.people(entered) | one.people(part)),
            len(one.people(part)),
            len(one.people(paid)),
            one.value(paid) - one.value("order.refunded"),
            one.value("benefit.granted") + one.value("benefit.voided"),
        )
        for key, one in kept.items()
    ]


def _scored() -> str:
    """The grid of buyers from the facts, without the members of its cells."""
    from apps.analytics.services import scoring

    sql = scoring._CELLS.format(source=scoring._FROM_FACTS, **scoring._SCORES)
    values = {"%(zone)s": f"'{ZONE}'", "%(house)s": "-1", "%(day)s": "%(now)s"}
    for name, value in values.items():
        sql = sql.replace(name, value)
    return sql.replace(
        ", sum(spent),\n  sum(%(now)s::date - day)::bigint, array_agg(member_id)", ", sum(spent)"
    )


def cases() -> dict[str, tuple[Case, ...]]:
    """Page → what it shows besides metrics, or of metrics cut in many pieces."""
    steps, before = (
        _STEPS.format(start=start, end=end) for start, end in (("start", "end"), ("was", "start"))
    )
    return {
        "funnel": (
            Case(steps + _FUNNEL, _funnel),
            Case(before + _FUNNEL, lambda filters: _funnel(filters, is_before=True)),
            Case(steps + _FUNNEL_BY_SOURCE, _by_source),
        ),
        "retention": (Case(_RETENTION, _retention), Case(_FLOWS, _flows), Case(_SPREAD, _spread)),
        "people": (Case(_scored(), _buyers), Case(_TIERS, _tiers), Case(_INVITERS, _inviters)),
        "content": (Case(_HEAT, _heat), Case(_POSTS, _posts)),
        "campaigns": (
            Case(_RUNS.format(start="start", end="end"), _runs),
            Case(_RUNS.format(start="was", end="start"), lambda filters: _runs(filters, is_before=True)),
        ),
        "staff": (Case(_STAFF, _staff),),
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
