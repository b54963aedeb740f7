"""Staff of dashboards."""

from django.contrib.auth.models import Group as AuthGroup

from apps.accounts.enums import Role
from apps.accounts.models import Team, User


def staff(name: str, role: Role, *teams: Team) -> User:
    user = User.objects.create_user(name, password="pass-word-1", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=role))
    user.teams.set(teams)
    return user
