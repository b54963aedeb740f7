"""Ranks, by one window (C7): best score first, ties to who reached the score first."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import RankPrize
from apps.campaigns.models import Run
from apps.campaigns.selectors.plans import Plan
from apps.campaigns.services.settling.turns import is_mine
from apps.events.enums import EventKind

#: In the house's order of locks, before the statement that changes them in the order of their ranks.
_LOCK = """
SELECT count(*) FROM (SELECT id FROM campaigns_entry WHERE run_id = %s AND state = 'open'
    ORDER BY id FOR NO KEY UPDATE) AS locked"""
#: The floor cuts off the tail of the order, so ranks of those above it are gapless.
_RANK = """
WITH board AS (
  SELECT id, score >= %(floor)s AS is_in, row_number() OVER (ORDER BY score DESC, score_at, id) AS place
  FROM campaigns_entry WHERE run_id = %(run)s AND state = 'open'),
judged AS (
  SELECT id, CASE WHEN is_in THEN place END AS rank, is_in,
    is_in AND place <= %(last)s AND EXISTS (
      SELECT 1 FROM unnest(%(firsts)s::int[], %(lasts)s::int[]) AS tier(first, last)
      WHERE place BETWEEN tier.first AND tier.last) AS is_won
  FROM board),
ended AS (
  UPDATE campaigns_entry AS e
  SET rank = j.rank, state = CASE WHEN j.is_won THEN 'won' ELSE 'failed' END,
    reason = CASE WHEN j.is_won THEN 'ranked' WHEN j.is_in THEN 'no_prize' ELSE 'below_floor' END,
    ended_at = %(now)s, updated_at = %(now)s
  FROM judged AS j WHERE e.id = j.id AND e.state = 'open'
  RETURNING e.id, e.owner_id, e.state, e.reason, e.rank)
INSERT INTO events_event (occurred_at, kind, key, team_id, member_id, subject, data)
SELECT %(now)s, CASE state WHEN 'won' THEN %(succeeded)s ELSE %(failed)s END, 'entry:' || id || ':' || state,
  %(team)s, owner_id, 'entry:' || id,
  jsonb_build_object('campaign', %(campaign)s::bigint, 'run', %(run)s::bigint, 'mechanic', %(mechanic)s::text,
    'entry', id, 'owner', owner_id, 'reason', reason, 'rank', rank)
FROM ended ON CONFLICT DO NOTHING"""
#: After the entries: a verb holds its entry when it asks for the run, so the run comes last here.
_MARK = "UPDATE campaigns_run SET ranked_at = %s WHERE id = %s AND state = 'settling' AND ranked_at IS NULL"


@transaction.atomic
def rank_entries(run: Run, plan: Plan, *, now: datetime) -> bool:
    """Give every open entry its rank and its end, and record both; False if another worker is at it.

    All in one transaction and once (``ranked_at``): a rank is never half given, and never given again among those
    whom the first time left. Whoever is below the floor has no rank; who has a rank within a prize has won.
    Contributions that are voided before this moment count no more; after it ranks stand, and staff void the grant.
    """
    if not is_mine(run.pk):
        return False
    run.refresh_from_db(fields=["ranked_at", "state"])
    if run.ranked_at is not None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [run.pk])
        cursor.execute(_RANK, _values(run, plan, now))
        cursor.execute(_MARK, [now, run.pk])
        if cursor.rowcount != 1:
            raise RuntimeError(f"run {run.pk} was ranked outside of its settlement")
    run.ranked_at = now
    return True


def _values(run: Run, plan: Plan, now: datetime) -> dict[str, Any]:
    prizes: list[RankPrize] = plan.mechanic.prizes(plan.rules)
    return {
        "run": run.pk,
        "campaign": plan.campaign_id,
        "team": plan.team_id,
        "mechanic": plan.mechanic.key,
        "floor": plan.mechanic.floor_score(plan.rules),
        "firsts": [prize.first for prize in prizes],
        "lasts": [prize.last for prize in prizes],
        "last": max((prize.last for prize in prizes), default=0),
        "now": now,
        "succeeded": EventKind.CAMPAIGN_SUCCEEDED.value,
        "failed": EventKind.CAMPAIGN_FAILED.value,
    }


#: The states that ranking writes by SQL, from ``open``; a test holds them against the table of moves.
RANKED_STATES = (EntryState.WON, EntryState.FAILED)
