"""What rows prove about groups and who may see their members."""

from apps.core.invariants import invariant

invariant(
    "A1",
    "a group's member count is the number of its current stays",
    "SELECT g.id FROM groups_group g LEFT JOIN (SELECT group_id, count(*) AS total FROM groups_membership"
    " WHERE left_at IS NULL GROUP BY 1) s ON s.group_id = g.id WHERE g.member_count <> coalesce(s.total, 0)",
)
invariant(
    "S1",
    "teams that may see a member are those of the member's groups, and those that were granted it",
    "WITH truth AS (SELECT DISTINCT m.member_id, g.team_id FROM groups_membership m"
    " JOIN groups_group g ON g.id = m.group_id WHERE g.team_id IS NOT NULL)"
    " SELECT coalesce(t.member_id, s.member_id) FROM truth t FULL JOIN members_memberteam s"
    " ON s.member_id = t.member_id AND s.team_id = t.team_id WHERE (t.member_id IS NULL AND NOT s.is_granted) OR s.member_id IS NULL",
)
