"""What derives from memberships: ``Group.member_count`` and ``members.MemberTeam`` (S1)."""

from collections.abc import Iterable

from django.db import connection, transaction


@transaction.atomic
def refresh_member_counts(group_ids: Iterable[int]) -> int:
    """Recount the current members of these groups; returns how many counts were wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE groups_group AS g SET member_count = fresh.members
            FROM (
                SELECT g.id, count(m.id) AS members
                FROM groups_group AS g
                LEFT JOIN groups_membership AS m ON m.group_id = g.id AND m.left_at IS NULL
                WHERE g.id = ANY(%s) GROUP BY g.id
            ) AS fresh
            WHERE g.id = fresh.id AND g.member_count <> fresh.members
            """,
            [list(group_ids)],
        )
        return cursor.rowcount


@transaction.atomic
def refresh_member_teams(member_ids: Iterable[int] | None = None) -> int:
    """Bring ``MemberTeam`` in line with the teams of the groups that these members are or were in.

    ``None`` means all members. Granted rows stay. Returns how many rows were added or removed.
    """
    chosen = None if member_ids is None else list(member_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM members_memberteam AS t
            WHERE (%(ids)s::bigint[] IS NULL OR t.member_id = ANY(%(ids)s)) AND NOT t.is_granted AND NOT EXISTS (
                SELECT 1 FROM groups_membership AS m JOIN groups_group AS g ON g.id = m.group_id
                WHERE m.member_id = t.member_id AND g.team_id = t.team_id)
            """,
            {"ids": chosen},
        )
        removed = cursor.rowcount
        cursor.execute(
            """
            INSERT INTO members_memberteam (member_id, team_id)
            SELECT DISTINCT m.member_id, g.team_id
            FROM groups_membership AS m JOIN groups_group AS g ON g.id = m.group_id
            WHERE g.team_id IS NOT NULL AND (%(ids)s::bigint[] IS NULL OR m.member_id = ANY(%(ids)s))
            ON CONFLICT (member_id, team_id) DO NOTHING
            """,
            {"ids": chosen},
        )
        return removed + cursor.rowcount
