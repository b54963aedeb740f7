"""对照组: the part of a campaign's members to whom its runs are not open, so that its effect can be measured.

Who is in it follows from the campaign and the member alone: the same in every run, in Python and in SQL, and unknown
to anybody beforehand. Only members whom we knew before a run opened are held out; nobody who comes new is sent away.
"""

from hashlib import md5

#: A larger part would cost more than knowing is worth.
MOST_PERCENT = 20
_PARTS = 10_000


def is_held_out(*, campaign_id: int, member_id: int, percent: int) -> bool:
    """Does the member belong to the ``percent`` of the campaign that are held out?"""
    if percent <= 0:
        return False
    # The same as HELD_OUT_SQL; md5 for spread, not for secrecy.
    digest = md5(f"{campaign_id}:{member_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % _PARTS < percent * (_PARTS // 100)


#: The same as a condition, over a member's id ``{member}`` and the parameters ``campaign`` and ``percent``.
HELD_OUT_SQL = (
    "('x' || substr(md5(%(campaign)s::text || ':' || {member}::text), 1, 8))::bit(32)::bigint %% 10000"
    " < %(percent)s * 100"
)
