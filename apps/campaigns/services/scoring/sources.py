"""What each source of scores counts, as SQL.

``rows`` yields (entry_id, member_id, key, value, at, data): what should be counted for the members who score
(``seat``: counted seats of open entries) between ``opens`` and ``closes``; ``at`` is the source's own time. With
``since``, only what was new or changed from then on. ``gone`` yields the ids of counted parts that count no more.

``key`` names the source's row, so that it counts once for an entry for ever: what was voided, by staff, by risk or
because somebody left, does not come back by itself.
"""

from dataclasses import dataclass

from apps.campaigns.mechanics.base import ScoreSource

SEATS = """
seat AS (
  SELECT c.entry_id, c.member_id, c.at
  FROM campaigns_contribution AS c JOIN campaigns_entry AS e ON e.id = c.entry_id
  WHERE c.run_id = %(run)s AND c.is_seat AND c.state = 'counted' AND e.state = 'open')"""
#: Of the campaign's groups; any group if the campaign names none.
_STAYS = "(%(groups)s::bigint[] IS NULL OR g.group_id = ANY(%(groups)s::bigint[]))"
_IS_IN = f"""
SELECT 1 FROM groups_membership AS g WHERE g.member_id = {{member}} AND g.left_at IS NULL AND {_STAYS}"""

#: New to us in the window, as the engine judges it, joined in the window, and still there.
_INVITES = f"""
SELECT s.entry_id, s.member_id, 'invite:' || i.id AS key, 1::numeric AS value, j.at,
  jsonb_build_object('invitee', i.id) AS data
FROM seat AS s
JOIN members_member AS i ON i.inviter_id = s.member_id
JOIN (
  SELECT g.member_id, min(g.joined_at) AS at, max(g.joined_at) AS last FROM groups_membership AS g
  WHERE g.joined_at >= %(opens)s AND g.joined_at < %(closes)s AND {_STAYS} GROUP BY 1) AS j ON j.member_id = i.id
WHERE LEAST(i.created_at, COALESCE(i.joined_at, i.created_at)) >= %(opens)s
  AND (j.last >= %(since)s OR i.updated_at >= %(since)s OR s.at >= %(since)s)
  AND EXISTS ({_IS_IN.format(member="i.id")})"""
_INVITES_GONE = f"""
SELECT c.id, c.entry_id FROM campaigns_contribution AS c JOIN campaigns_entry AS e ON e.id = c.entry_id
WHERE c.run_id = %(run)s AND c.kind = 'score' AND c.state = 'counted' AND e.state = 'open'
  AND c.data ? 'invitee'
  AND NOT EXISTS ({_IS_IN.format(member="(c.data ->> 'invitee')::bigint")})"""

#: A refund changes the value; a refund that fails changes it back.
_ORDERS = """
SELECT s.entry_id, s.member_id, 'order:' || o.id AS key, {value} AS value, o.paid_at AS at,
  jsonb_build_object('order', o.id) AS data
FROM seat AS s JOIN orders_order AS o ON o.member_id = s.member_id
WHERE o.paid_at >= %(opens)s AND o.paid_at < %(closes)s AND (o.updated_at >= %(since)s OR s.at >= %(since)s)"""

#: Points earned: opening balances that were imported are none, nor is what this very run gave.
_POINTS = """
SELECT s.entry_id, s.member_id, 'points:' || p.id AS key, p.delta::numeric AS value, p.at,
  jsonb_build_object('points', p.id) AS data
FROM seat AS s JOIN members_pointsentry AS p ON p.member_id = s.member_id
WHERE p.delta > 0 AND p.at >= %(opens)s AND p.at < %(closes)s AND (p.at >= %(since)s OR s.at >= %(since)s)
  AND p.reason NOT IN ('import', 'import_undo') AND p.key NOT LIKE %(own_points)s
  AND NOT EXISTS (SELECT 1 FROM campaigns_grant AS g WHERE g.run_id = %(run)s AND g.id =
    CASE WHEN p.key ~ '^grant:[0-9]{1,18}$' THEN split_part(p.key, ':', 2)::bigint END)"""


@dataclass(frozen=True)
class Source:
    rows: str
    gone: str = ""


SOURCES: dict[ScoreSource, Source] = {
    ScoreSource.INVITES: Source(_INVITES, _INVITES_GONE),
    ScoreSource.ORDERS: Source(_ORDERS.format(value="o.paid_amount - o.refund_amount")),
    ScoreSource.ORDER_COUNT: Source(_ORDERS.format(value="(o.paid_amount > o.refund_amount)::int::numeric")),
    ScoreSource.POINTS: Source(_POINTS),
}
