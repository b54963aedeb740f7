"""增量: members to whom a run was open against those who were held out, whatever they did in between."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.analytics.inference.lift import Lift, Sums, mean_lift, share_lift
from apps.analytics.metrics.facts import ACTIVE_KINDS
from apps.analytics.selectors.forecasts import Actual, actual_of
from apps.campaigns.models import Run
from apps.campaigns.selectors.holdout import HELD_OUT_SQL
from apps.core.proportions import is_split_off
from apps.events.enums import EventKind

#: How long after a run's opening its effect is looked for: orders that would only have come later are not its gain.
DAYS = 14
#: Below so many held out nothing is said at all.
LEAST_HELD = 30
_MONEY = (EventKind.ORDER_PAID.value, EventKind.ORDER_REFUNDED.value)

# Who was in one of the campaign's groups when the run opened, whatever became of them: nobody is chosen by what they
# did afterwards. Members and facts are put together by grouping, not by a join: how many members these are is beyond
# what the planner can guess, and it would go through all the facts for each.
_SIDES = f"""
WITH rows AS (
  SELECT m.member_id AS id, true AS is_here, 0::numeric AS value, 0 AS orders, false AS acted
  FROM groups_membership m
  JOIN campaigns_campaign_groups g ON g.group_id = m.group_id
  JOIN members_member k ON k.id = m.member_id
  WHERE g.campaign_id = %(campaign)s AND m.joined_at < %(start)s AND (m.left_at IS NULL OR m.left_at > %(start)s)
    AND k.created_at < %(start)s
  UNION ALL
  SELECT e.member_id, false,
    CASE e.kind WHEN 'order.paid' THEN e.value WHEN 'order.refunded' THEN -e.value ELSE 0 END,
    (e.kind = 'order.paid')::int, e.kind = ANY(%(active)s)
  FROM events_event e
  WHERE e.kind = ANY(%(kinds)s) AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s
    AND e.member_id IS NOT NULL
), people AS (
  SELECT id, sum(value) AS value, sum(orders) AS orders, bool_or(acted) AS acted
  FROM rows GROUP BY id HAVING bool_or(is_here)
)
SELECT {HELD_OUT_SQL.format(member="id")} AS held, count(*), count(*) FILTER (WHERE orders > 0),
  count(*) FILTER (WHERE acted), sum(value), sum(value * value), sum(orders), sum(orders * orders)
FROM people GROUP BY 1
"""


@dataclass(frozen=True)
class Side:
    """One side's figures. ``revenue`` and ``orders`` are sums over its ``people``."""

    people: int
    buyers: int
    active: int
    revenue: Sums
    orders: Sums


@dataclass(frozen=True)
class RunLift:
    """What a run added between ``start`` and ``end``, per member and in all. ``is_over``: all the days have passed;
    ``is_final``: and the run is settled.

    ``buying``, ``active``: differences of shares; ``orders``, ``revenue``: differences per member. ``gain`` is the
    revenue added for all to whom it was open. ``roi`` is (gain − cost)/cost with its interval, beside ``naive_roi`` by
    all revenue that went through the campaign; None without cost. New members are on neither side: what they bring
    comes on top.
    """

    run: Run
    percent: int
    start: datetime
    end: datetime
    is_over: bool
    is_final: bool
    treated: Side
    held: Side
    buying: Lift
    active: Lift
    orders: Lift
    revenue: Lift
    gain: Lift
    cost: float
    naive_revenue: float
    roi: Lift
    naive_roi: float | None

    @property
    def is_enough(self) -> bool:
        return self.held.people >= LEAST_HELD

    @property
    def is_split_off(self) -> bool:
        """Are more or fewer held out than chance explains? Then the sides differ in more than the campaign."""
        people = self.treated.people + self.held.people
        return is_split_off(self.held.people, people, self.percent / 100)

    @property
    def has_verdict(self) -> bool:
        """Once the days that were fixed before are over and the run is settled: who looks every day and stops at a good
        one finds chance, and prizes cost nothing until they are given."""
        return self.is_enough and self.is_final and not self.is_split_off


def lift_of(run: Run, *, now: datetime) -> RunLift | None:
    """The lift of a run with a holdout; None for one without. Four queries."""
    percent = int(run.plan.get("holdout_percent") or 0)
    if not percent:
        return None
    start = run.opened_at or run.opens_at
    end = min(start + timedelta(days=DAYS), now)
    sides = {False: _side((0,) * 7), True: _side((0,) * 7)}
    if end > start:
        with connection.cursor() as cursor:
            cursor.execute(
                _SIDES,
                {
                    "campaign": run.campaign_id,
                    "percent": percent,
                    "start": start,
                    "end": end,
                    "active": [str(kind) for kind in ACTIVE_KINDS],
                    "kinds": sorted({*map(str, ACTIVE_KINDS), *_MONEY}),
                },
            )
            sides |= {held: _side(tuple(map(float, rest))) for held, *rest in cursor.fetchall()}
    return _lift(run, percent, start, end, sides[False], sides[True], actual_of(run), now)


def _lift(
    run: Run,
    percent: int,
    start: datetime,
    end: datetime,
    treated: Side,
    held: Side,
    actual: Actual,
    now: datetime,
) -> RunLift:
    revenue = mean_lift(treated.revenue, held.revenue)
    gain = revenue.times(treated.people)
    cost, naive = actual.values["cost"], actual.values["revenue"]
    is_over = now >= start + timedelta(days=DAYS)
    over = [
        None if one is None or not cost else (one - cost) / cost for one in (gain.value, gain.low, gain.high)
    ]
    return RunLift(
        run=run,
        percent=percent,
        start=start,
        end=end,
        is_over=is_over,
        is_final=is_over and actual.is_final,
        treated=treated,
        held=held,
        buying=share_lift(Sums(treated.people, treated.buyers), Sums(held.people, held.buyers)),
        active=share_lift(Sums(treated.people, treated.active), Sums(held.people, held.active)),
        orders=mean_lift(treated.orders, held.orders),
        revenue=revenue,
        gain=gain,
        cost=cost,
        naive_revenue=naive,
        roi=Lift(*over),
        naive_roi=(naive - cost) / cost if cost else None,
    )


def _side(row: tuple[float, ...]) -> Side:
    people, buyers, active, value, value2, orders, orders2 = row
    return Side(
        int(people),
        int(buyers),
        int(active),
        Sums(int(people), int(buyers), value, value2),
        Sums(int(people), int(buyers), orders, orders2),
    )
