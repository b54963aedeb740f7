"""Lengthening and shortening a membership by days."""

from datetime import datetime

from django.db import connection, transaction

from apps.members.models import Member


@transaction.atomic(savepoint=False)
def move_membership(*, member_id: int, days: int, key: str, note: str, now: datetime) -> bool:
    """Lengthen a membership by ``days`` (negative: shorten it), once per ``key``; False if it was known already.

    Days are added to what is left, or to ``now`` if nothing is; taking days away may end it in the past.
    """
    if days == 0:
        raise ValueError("a membership does not change by no days")
    with connection.cursor() as cursor:
        # The row's lock comes first, so that the second statement sees what an earlier one with this key wrote.
        cursor.execute("SELECT 1 FROM members_member WHERE id = %s FOR NO KEY UPDATE", [member_id])
        if cursor.fetchone() is None:
            raise Member.DoesNotExist(f"member {member_id}")
        cursor.execute(
            """
            WITH m AS (
              UPDATE members_member SET updated_at = %(now)s, membership_until = make_interval(days => %(days)s)
                + CASE WHEN %(days)s > 0 THEN greatest(membership_until, %(now)s)
                  ELSE coalesce(membership_until, %(now)s) END
              WHERE id = %(member)s
                AND NOT EXISTS (SELECT 1 FROM members_membershipentry WHERE key = %(key)s)
              RETURNING id, membership_until)
            INSERT INTO members_membershipentry (member_id, days, until, key, note, at)
            SELECT m.id, %(days)s, m.membership_until, %(key)s, %(note)s, %(now)s FROM m RETURNING id
            """,
            {"now": now, "days": days, "member": member_id, "key": key, "note": note[:200]},
        )
        return cursor.fetchone() is not None
