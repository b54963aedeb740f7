"""Which teams a person may put things into."""

from django.db.models import QuerySet

from apps.accounts.models import Team, User


def assignable_teams(user: User) -> QuerySet[Team]:
    """Every team's name is public to staff, but rows may only be given to one's own teams (S1): else a slip
    would take them out of one's own sight, or push them into somebody else's."""
    if not user.is_authenticated or not user.is_active:
        return Team.objects.none()
    if user.has_perm("accounts.view_all_teams"):
        return Team.objects.all()
    return user.teams.all()
