"""Teams and one user per role."""

from dataclasses import dataclass

from django.contrib.auth.models import Group as AuthGroup

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit

#: Only ever set in a development environment: ``demo`` refuses to run in production.
PASSWORD = "qunce-demo-2026"  # noqa: S105
TEAMS = (("华东团队", "上海、杭州、南京的群"), ("华南团队", "广州、深圳、长沙的群"))


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    role: Role
    teams: tuple[int, ...]


PEOPLE = (
    Person("architect", "陈架构", Role.ARCHITECT, ()),
    Person("operator", "林运维", Role.GROUP_OPERATOR, (0, 1)),
    Person("editor", "苏小编", Role.CONTENT_EDITOR, (0, 1)),
    Person("analyst", "周析", Role.ANALYST, ()),
    Person("service", "何小客", Role.MEMBER_SERVICE, (0,)),
    Person("south", "黄南", Role.GROUP_OPERATOR, (1,)),
)


def load_people() -> dict[str, User]:
    """Create the teams and users that are missing; returns the users by name. Passwords are left alone."""
    teams = [Team.objects.get_or_create(name=name, defaults={"note": note})[0] for name, note in TEAMS]
    users = {}
    for person in PEOPLE:
        user = User.objects.filter(username=person.username).first()
        if user is None:
            user = User.objects.create_user(
                person.username, password=PASSWORD, display_name=person.name, is_staff=True
            )
            audit(actor=None, action="user.create", target=user, roles=[person.role.value])
        user.groups.add(AuthGroup.objects.get(name=person.role.value))
        user.teams.add(*(teams[index] for index in person.teams))
        users[person.username] = user
    return users


def log_ins() -> list[str]:
    """One line per demo user that is there and still has the demo password."""
    found = {user.username: user for user in User.objects.filter(username__in=[p.username for p in PEOPLE])}
    lines = []
    for person in PEOPLE:
        user = found.get(person.username)
        if user is not None and user.check_password(PASSWORD):
            lines.append(f"{person.username:<10} {PASSWORD}   {person.role.label} {person.name}")
    return lines
