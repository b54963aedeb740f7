"""Who sees a member that is in no group yet (S1)."""

from django.db import transaction

from apps.accounts.models import User
from apps.members.models import Member
from apps.members.models.member import MemberTeam


def granted_teams(actor: User | None) -> list[int]:
    """Ids of the teams that see what ``actor`` creates; none for who sees all anyway (None: the system)."""
    if actor is None or actor.has_perm(Member.objects.all().view_all_permission):
        return []
    return list(actor.teams.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def grant_sight(*, member: Member, actor: User) -> None:
    """Let the teams of ``actor``, who has just created ``member``, see them before any group does."""
    MemberTeam.objects.bulk_create(
        [MemberTeam(member=member, team_id=pk, is_granted=True) for pk in granted_teams(actor)],
        ignore_conflicts=True,
    )
