"""Which members an importing person may not change (S1)."""

from apps.accounts.models import User
from apps.members.models import Member


def hidden_from(actor: User | None, member_id: str) -> str | None:
    """SQL that is true for members of other teams only; None if ``actor`` (None: the system) may see all.

    A member of no team at all belongs to nobody yet, and may be changed by any importer.
    """
    if actor is None or actor.has_perm(Member.objects.all().view_all_permission):
        return None
    teams = [str(int(pk)) for pk in actor.teams.values_list("pk", flat=True)]
    own = f"s.team_id IN ({', '.join(teams)})" if teams else "false"
    # An aggregate, which stays a probe of the index per member: of EXISTS … AND NOT EXISTS the planner makes joins,
    # and with the numbers of a table that has just grown it once ordered them so that 20,000 rows took minutes.
    return f"NOT coalesce((SELECT bool_or({own}) FROM members_memberteam s WHERE s.member_id = {member_id}), true)"
