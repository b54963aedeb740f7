"""Prizes of a ranked run: grants by rank, in sets (C3)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from apps.campaigns.enums import GrantState
from apps.campaigns.mechanics.base import RankPrize
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.plans import Plan, SlotBenefit
from apps.campaigns.services.granting import stock
from apps.campaigns.services.granting.kinds import KINDS
from apps.campaigns.services.risk.holding import suspicious_entries
from apps.campaigns.services.settling.turns import is_mine
from apps.core.failpoints import failpoint
from apps.events.enums import EventKind

#: Ranks whose prizes one transaction gives.
CHUNK = 5_000

_PRIZES = """
prize AS (
  SELECT * FROM unnest(%(firsts)s::int[], %(lasts)s::int[], %(slots)s::text[], %(each_seats)s::bool[],
    %(benefits)s::bigint[], %(kinds)s::text[], %(states)s::text[], %(quantities)s::int[], %(costs)s::numeric[],
    %(faces)s::numeric[])
  AS p(first, last, slot, is_each, benefit_id, kind, state, quantity, cost, face_value)),
winner AS (
  SELECT id, rank, owner_id FROM campaigns_entry
  WHERE run_id = %(run)s AND state = 'won' AND rank BETWEEN %(low)s AND %(high)s),
wish AS (
  SELECT w.id AS entry_id, w.rank, w.owner_id AS member_id, p.slot AS give_key, p.*
  FROM winner AS w JOIN prize AS p ON NOT p.is_each AND w.rank BETWEEN p.first AND p.last
  UNION ALL
  SELECT w.id, w.rank, c.member_id, p.slot || ':' || c.member_id, p.*
  FROM winner AS w JOIN prize AS p ON p.is_each AND w.rank BETWEEN p.first AND p.last
  JOIN campaigns_contribution AS c ON c.entry_id = w.id AND c.is_seat AND c.state = 'counted'),
keyed AS (SELECT *, entry_id || ':' || give_key || ':' || benefit_id AS key FROM wish)"""
#: What was given before a kill is left out first: it must not take its share of budget and stock again.
NEW = "SELECT k.* FROM keyed AS k WHERE NOT EXISTS (SELECT 1 FROM campaigns_grant AS g WHERE g.key = k.key)"
#: C3, the guard behind it.
ONCE = "ON CONFLICT (key) DO NOTHING"
#: By rank, as far as each benefit's stock and then the run's budget reach; the rest waits as ``unfunded``.
#: Both are locked before, so what was read of them holds.
GIVE = """
WITH {prizes},
fresh AS ({new}),
stocked AS (
  SELECT f.*, b.stock IS NULL OR b.issued + sum(f.quantity) OVER (
    PARTITION BY f.benefit_id ORDER BY f.rank, f.key) <= b.stock AS is_there
  FROM fresh AS f JOIN campaigns_benefit AS b ON b.id = f.benefit_id),
paid AS (
  SELECT s.*, s.is_there AND (s.cost = 0 OR r.budget IS NULL OR r.granted_cost + sum(
    CASE WHEN s.is_there THEN s.cost ELSE 0 END) OVER (ORDER BY s.rank, s.key) <= r.budget) AS is_paid
  FROM stocked AS s CROSS JOIN campaigns_runstock AS r WHERE r.run_id = %(run)s),
made AS (
  INSERT INTO campaigns_grant (run_id, entry_id, member_id, benefit_id, kind, slot, give_key, key, quantity, cost,
    face_value, state, updated_at, address)
  SELECT %(run)s, entry_id, member_id, benefit_id, kind, slot, give_key, key, quantity, cost, face_value,
    CASE WHEN NOT is_paid THEN 'unfunded' WHEN entry_id = ANY(%(suspects)s) THEN 'held' ELSE state END, %(now)s, ''
  FROM paid ORDER BY rank, key {once}
  RETURNING id, entry_id, member_id, benefit_id, kind, slot, quantity, cost, face_value, state),
told AS (
  INSERT INTO events_event (occurred_at, kind, key, team_id, member_id, subject, value, data)
  SELECT %(now)s, %(granted)s, 'grant:' || id || ':granted', %(team)s, member_id, 'grant:' || id, cost,
    jsonb_build_object('campaign', %(campaign)s::bigint, 'run', %(run)s::bigint, 'entry', entry_id,
      'benefit', benefit_id, 'kind', kind, 'slot', slot, 'quantity', quantity, 'face_value', face_value::text)
  FROM made WHERE state <> 'unfunded' ON CONFLICT DO NOTHING)
SELECT benefit_id, sum(quantity), sum(cost) FROM made WHERE state <> 'unfunded' GROUP BY 1 ORDER BY 1"""


def give_prizes(run: Run, plan: Plan, *, now: datetime) -> bool:
    """Give every prize once (key: entry, slot, benefit); False if another worker is at it. Chunks of ranks, best
    first, each in a transaction of its own; a repeat finds what is there and goes on behind it.

    Nobody is refused: what budget or stock do not cover, by rank, is ``unfunded`` until the operator adds some. An
    entry under suspicion gets its grants held (C13). Instant kinds are left ``pending`` for the issuing step.
    """
    offers = [
        (prize, item) for prize in plan.mechanic.prizes(plan.rules) for item in plan.slots.get(prize.slot, ())
    ]
    won = Entry.objects.filter(
        run=run, rank__isnull=False, rank__lte=max((p.last for p, _i in offers), default=0)
    )
    last = won.order_by("-rank").values_list("rank", flat=True).first() or 0
    for low in range(1, last + 1, CHUNK):
        if not _give_chunk(run, plan, offers, low, min(low + CHUNK - 1, last), now=now):
            return False
        failpoint("settle.grants")
    return True


@transaction.atomic
def _give_chunk(
    run: Run, plan: Plan, offers: list[tuple[RankPrize, SlotBenefit]], low: int, high: int, *, now: datetime
) -> bool:
    if not is_mine(run.pk):
        return False
    here = [(prize, item) for prize, item in offers if prize.first <= high and prize.last >= low]
    if not here:
        return True
    suspects = suspicious_entries(plan=plan)
    stock.lock(run_id=run.pk, benefit_ids=sorted({item.benefit_id for _prize, item in here}))
    sql = GIVE.format(prizes=_PRIZES, new=NEW, once=ONCE)
    with connection.cursor() as cursor:
        values = _values(run, plan, here) | {"low": low, "high": high, "suspects": suspects, "now": now}
        cursor.execute(sql, values)
        _count(run.pk, cursor.fetchall())
    return True


def _count(run_id: int, sums: Iterable[tuple[int, int, Decimal]]) -> None:
    """Count what was given. The conditions hold because the rows are locked; a CHECK is behind each."""
    sums = list(sums)
    if not stock.spend(run_id=run_id, cost=sum((cost for _b, _q, cost in sums), Decimal(0))):
        raise RuntimeError(f"prizes of run {run_id} were given past its budget")
    for benefit_id, quantity, _cost in sums:
        if stock.take(benefit_id=benefit_id, quantity=quantity) is None:
            raise RuntimeError(f"prizes of run {run_id} were given past the stock of benefit {benefit_id}")


def _values(run: Run, plan: Plan, offers: list[tuple[RankPrize, SlotBenefit]]) -> dict[str, Any]:
    return {
        "run": run.pk,
        "campaign": plan.campaign_id,
        "team": plan.team_id,
        "granted": EventKind.BENEFIT_GRANTED.value,
        "firsts": [prize.first for prize, _item in offers],
        "lasts": [prize.last for prize, _item in offers],
        "slots": [prize.slot for prize, _item in offers],
        "each_seats": [prize.each_seat for prize, _item in offers],
        "benefits": [item.benefit_id for _prize, item in offers],
        "kinds": [str(item.kind) for _prize, item in offers],
        "states": [_first_state(item.kind) for _prize, item in offers],
        "quantities": [item.quantity for _prize, item in offers],
        "costs": [item.cost * item.quantity for _prize, item in offers],
        "faces": [item.face_value * item.quantity for _prize, item in offers],
    }


def _first_state(kind: str) -> str:
    first = KINDS[kind].first
    return str(GrantState.PENDING if first == GrantState.ISSUED else first)
