"""Handing codes out."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

#: C3: a code that another transaction is about to hand out is skipped, so nobody waits and nobody gets it twice.
_TAKE = """
WITH free AS (
  SELECT id FROM campaigns_code WHERE benefit_id = %(benefit)s AND taken_at IS NULL
  ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED),
pair AS (
  SELECT f.id, w.grant_id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM free) f
  JOIN unnest(%(grants)s::bigint[]) WITH ORDINALITY AS w(grant_id, place) USING (place))
UPDATE campaigns_code c SET taken_at = %(now)s, grant_id = pair.grant_id FROM pair WHERE c.id = pair.id
RETURNING c.grant_id"""


def take_codes(*, benefit_id: int, wanted: Mapping[int, int], now: datetime) -> set[int]:
    """Give each grant id of ``wanted`` its number of codes of one benefit; returns the ids that got none because
    the pool ran out: a grant gets all of its codes or none."""
    places = [grant_id for grant_id, quantity in wanted.items() for _copy in range(quantity)]
    got: dict[int, int] = dict.fromkeys(wanted, 0)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"benefit": benefit_id, "most": len(places), "grants": places, "now": now})
        for (grant_id,) in cursor.fetchall():
            got[grant_id] += 1
        short = {grant_id for grant_id, quantity in wanted.items() if got[grant_id] < quantity}
        if any(got[grant_id] for grant_id in short):
            cursor.execute(
                "UPDATE campaigns_code SET taken_at = NULL, grant_id = NULL WHERE grant_id = ANY(%s)",
                [list(short)],
            )
    return short
