"""RFM scores: the grid of buyers, once a day, as a pure function of what was bought."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from pyroaring import BitMap

from apps.analytics.models import RfmCell
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.periods import Period, business_zone, day_of
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.rolling.days import stored

#: So long the numbers of old days are kept.
KEPT_DAYS = 400

_FROM_VALUES = """
SELECT team_id, member_id, (last_paid_at AT TIME ZONE %(zone)s)::date AS day, orders, paid - refunded AS spent
FROM analytics_membervalue WHERE orders > 0
"""
_FROM_FACTS = """
SELECT coalesce(team_id, 0) AS team_id, member_id,
  max((occurred_at AT TIME ZONE %(zone)s)::date) FILTER (WHERE kind = 'order.paid') AS day,
  count(*) FILTER (WHERE kind = 'order.paid') AS orders,
  sum(CASE kind WHEN 'order.paid' THEN coalesce(value, 0) ELSE -coalesce(value, 0) END) AS spent
FROM events_event
WHERE kind IN ('order.paid', 'order.refunded') AND member_id IS NOT NULL AND occurred_at < %(end)s
GROUP BY 1, 2 HAVING bool_or(kind = 'order.paid')
"""

#: Fifths by their upper bounds; equals share a score, so that a fifth may be empty.
_CELLS = """
WITH bought AS MATERIALIZED ({source}),
buyers AS MATERIALIZED (
  SELECT team_id, member_id, day, orders, spent FROM bought
  UNION ALL
  SELECT %(house)s, member_id, max(day), sum(orders), sum(spent) FROM bought GROUP BY member_id),
bounds AS (
  SELECT team_id, percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY day) AS r,
    percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY orders) AS f,
    percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY spent) AS m
  FROM buyers GROUP BY team_id),
scored AS (
  SELECT b.*, {recency} AS recency, {frequency} AS frequency, {monetary} AS monetary
  FROM buyers b JOIN bounds USING (team_id))
SELECT team_id, recency, frequency, monetary, count(*), sum(orders)::bigint, sum(spent),
  sum(%(day)s::date - day)::bigint, array_agg(member_id)
FROM scored GROUP BY 1, 2, 3, 4
"""


def _score(value: str, bounds: str) -> str:
    return "1 + " + " + ".join(f"(b.{value} > {bounds}[{n}])::int" for n in (1, 2, 3, 4))


_SCORES = {
    "recency": _score("day", "r"),
    "frequency": _score("orders", "f"),
    "monetary": _score("spent", "m"),
}


def score_buyers(*, now: datetime) -> int:
    """Score every buyer as of today; returns the number of cells. Repeating it on a day replaces that day's cells.

    A buyer has paid at least one order; money is net of refunds. Each team's buyers are scored among themselves, the
    house's all together.
    """
    today = day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time, and the sets of earlier days are dropped: only their numbers are looked at again.
        cursor.execute("LOCK TABLE analytics_rfmcell IN SHARE ROW EXCLUSIVE MODE")
        cells = _cells(today, _FROM_VALUES)
        RfmCell.objects.filter(day=today).delete()
        RfmCell.objects.filter(day__lt=today - timedelta(days=KEPT_DAYS)).delete()
        RfmCell.objects.filter(day__lt=today, members__isnull=False).update(members=None)
        RfmCell.objects.bulk_create(cells)
    return len(cells)


def derived_cells(*, day: date) -> list[RfmCell]:
    """The cells of any day from the facts themselves, as they were when it ended. Unsaved."""
    return _cells(day, _FROM_FACTS)


def _cells(day: date, source: str) -> list[RfmCell]:
    with binary_cursor() as cursor:
        cursor.execute(
            _CELLS.format(source=source, **_SCORES),
            {
                "zone": business_zone().key,
                "house": HOUSE,
                "day": day,
                "end": Period(day, day).end,
            },
            binary=True,
        )
        return [
            RfmCell(
                team_id=team_id,
                day=day,
                recency=recency,
                frequency=frequency,
                monetary=monetary,
                count=count,
                orders=orders,
                spent=spent,
                days_since=days_since,
                members=stored(BitMap(members)),
            )
            for team_id, recency, frequency, monetary, count, orders, spent, days_since, members in cursor
        ]
