"""What a batch says about single members: who is in which group, and who bought how much."""

from collections import defaultdict

from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap

from apps.analytics.metrics.facts import ARRIVED, INVITING
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.rolling.sets import change_sets

_IN = "coalesce(joined_at > left_at, joined_at IS NOT NULL)"

#: A group may move to another team: the stay belongs to the team of its latest fact.
_STAYS = """
INSERT INTO analytics_stay AS s (member_id, group_id, team_id, joined_at, left_at)
SELECT member_id, group_id, (array_agg(team_id ORDER BY occurred_at DESC, team_id DESC))[1],
  max(occurred_at) FILTER (WHERE kind = 'group.joined'), max(occurred_at) FILTER (WHERE kind = 'group.left')
FROM analytics_batch
WHERE kind IN ('group.joined', 'group.left') AND member_id IS NOT NULL AND group_id IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (member_id, group_id) DO UPDATE SET
  team_id = CASE
    WHEN greatest(excluded.joined_at, excluded.left_at) > greatest(s.joined_at, s.left_at) THEN excluded.team_id
    WHEN greatest(excluded.joined_at, excluded.left_at) < greatest(s.joined_at, s.left_at) THEN s.team_id
    ELSE greatest(s.team_id, excluded.team_id) END,
  joined_at = greatest(s.joined_at, excluded.joined_at), left_at = greatest(s.left_at, excluded.left_at)
RETURNING s.member_id, s.group_id
"""

_VALUES = """
INSERT INTO analytics_membervalue AS v
  (team_id, member_id, first_paid_at, last_paid_at, orders, paid, refunded)
SELECT team_id, member_id, min(occurred_at) FILTER (WHERE kind = 'order.paid'),
  max(occurred_at) FILTER (WHERE kind = 'order.paid'), count(*) FILTER (WHERE kind = 'order.paid'),
  coalesce(sum(value) FILTER (WHERE kind = 'order.paid'), 0),
  coalesce(sum(value) FILTER (WHERE kind = 'order.refunded'), 0)
FROM analytics_batch WHERE kind IN ('order.paid', 'order.refunded') AND member_id IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (team_id, member_id) DO UPDATE SET first_paid_at = least(v.first_paid_at, excluded.first_paid_at),
  last_paid_at = greatest(v.last_paid_at, excluded.last_paid_at), orders = v.orders + excluded.orders,
  paid = v.paid + excluded.paid, refunded = v.refunded + excluded.refunded
"""

_ARRIVALS = f"""
INSERT INTO analytics_arrival AS a (team_id, member_id, arrived_at, invited_at)
SELECT team_id, member_id, min(occurred_at) FILTER (WHERE kind <> '{INVITING}'),
  min(occurred_at) FILTER (WHERE kind = '{INVITING}')
FROM analytics_batch WHERE member_id IS NOT NULL AND (kind = '{INVITING}' OR {ARRIVED})
GROUP BY 1, 2
ON CONFLICT (team_id, member_id) DO UPDATE SET arrived_at = least(a.arrived_at, excluded.arrived_at),
  invited_at = least(a.invited_at, excluded.invited_at)
WHERE a.arrived_at IS NULL OR excluded.arrived_at < a.arrived_at
  OR excluded.invited_at < coalesce(a.invited_at, 'infinity')
"""


def add_arrivals(cursor: CursorWrapper) -> None:
    """Note who came, and who brought their first new member."""
    cursor.execute(_ARRIVALS)


def add_values(cursor: CursorWrapper) -> None:
    """Add the orders of ``analytics_batch`` to their buyers."""
    cursor.execute(_VALUES)


def add_stays(cursor: CursorWrapper) -> None:
    """Note who joined and left, and bring the sets of present members up to date."""
    cursor.execute(_STAYS)
    touched: dict[str, BitMap] = defaultdict(BitMap)
    for member_id, group_id in cursor.fetchall():
        touched[str(group_id)].add(member_id)
    if not touched:
        return
    touched[""] = BitMap.union(BitMap(), *touched.values())
    present = _present(cursor, touched)
    cursor.execute(
        "SELECT key, team_id FROM analytics_memberset WHERE name = 'in' AND key = ANY(%s)", [list(touched)]
    )
    places = {*cursor.fetchall(), *present}
    change_sets(
        cursor,
        {
            ("in", "group" if key else "", key, team): (
                present.get((key, team), BitMap()),
                touched[key] - present.get((key, team), BitMap()),
            )
            for key, team in places
        },
    )


def _present(cursor: CursorWrapper, touched: dict[str, BitMap]) -> dict[tuple[str, int], BitMap]:
    """(group or "", team) → which of the touched members are in it now."""
    found: dict[tuple[str, int], BitMap] = defaultdict(BitMap)
    with binary_cursor() as binary:
        binary.execute(
            "SELECT group_id::text, team_id, array_agg(member_id) FROM analytics_stay"
            f" WHERE member_id = ANY(%s) AND {_IN} GROUP BY 1, 2",
            [list(touched[""])],
            binary=True,
        )
        for group, team_id, ids in binary:
            members = BitMap(ids)
            found["", team_id] |= members
            found["", HOUSE] |= members
            if here := members & touched.get(group, BitMap()):
                found[group, team_id] |= here
    return found
