"""The team that a fact about a member belongs to, where nothing else says it."""

from apps.members.models.member import MemberTeam

#: SQL of a member's only team; null for who is in several or in none: a fact belongs to one team, or to the house.
ONLY_TEAM = (
    "(SELECT min(o.team_id) FROM members_memberteam o WHERE o.member_id = {member} HAVING count(*) = 1)"
)


def only_team_of(member_id: int) -> int | None:
    """The same for one member."""
    teams = MemberTeam.objects.filter(member_id=member_id).values_list("team_id", flat=True)[:2]
    found = list(teams)
    return found[0] if len(found) == 1 else None
