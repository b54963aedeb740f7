"""Shared fixtures."""

import pytest

from apps.accounts.models import Team, User

pytest_plugins = ["tests.chat_simulator_fixture"]


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="华东一组")


@pytest.fixture
def architect(db: None) -> User:
    return User.objects.create_superuser("architect", password="pass-word-1", display_name="陈架构")


@pytest.fixture
def make_user(db: None):
    """``make_user("editor", Role.CONTENT_EDITOR, team)`` → a staff user with that shipped role."""
    from django.contrib.auth.models import Group

    def make(username: str, role: str, *teams: Team) -> User:
        user = User.objects.create_user(username, password="pass-word-1", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        user.teams.add(*teams)
        return user

    return make
