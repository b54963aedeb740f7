"""Phrases that reference queries share. Plain SQL over raw facts: nothing here reads a rollup."""

from apps.analytics.metrics.facts import ACTIVE_KINDS

_ACTIVE = ", ".join(f"'{kind!s}'" for kind in ACTIVE_KINDS)
#: An own act of a member.
IS_ACTIVE = f"e.kind IN ({_ACTIVE}) AND e.member_id IS NOT NULL"
#: A contribution (or its end) that brought a new member.
IS_NEW = "e.data->>'is_new' = 'true'"

#: The members of the groups in question who joined later than they left, if they left.
PRESENT = """
    SELECT DISTINCT member_id FROM (
      SELECT e.member_id, e.group_id, max(e.occurred_at) FILTER (WHERE e.kind = 'group.joined') AS joined_at,
        max(e.occurred_at) FILTER (WHERE e.kind = 'group.left') AS left_at
      FROM events_event e WHERE e.kind IN ('group.joined', 'group.left')
        AND e.member_id IS NOT NULL AND e.group_id IS NOT NULL {where} GROUP BY 1, 2) stays
    WHERE coalesce(joined_at > left_at, joined_at IS NOT NULL)"""


def within(place: str = "{where}") -> str:
    """In the period, the scope and the key; or the scope alone with ``"{scope}"``."""
    return "e.occurred_at >= %(start)s AND e.occurred_at < %(end)s " + place


def counted(kind: str) -> str:
    """How many facts of ``kind``."""
    return f"SELECT count(*), NULL FROM events_event e WHERE e.kind = '{kind}' AND {within()}"


def members_of(kind: str) -> str:
    """How many members with a fact of ``kind``."""
    return (
        f"SELECT count(DISTINCT e.member_id), NULL FROM events_event e WHERE e.kind = '{kind}' AND {within()}"
    )


def summed(*kinds: str) -> str:
    """The sum of the values of ``kinds``."""
    names = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        f"SELECT coalesce(sum(e.value), 0), NULL FROM events_event e WHERE e.kind IN ({names}) AND {within()}"
    )
