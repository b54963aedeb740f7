"""The dashboards' shell: filters, scoping, export, oddities."""

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.analytics.admin.board.routes import all_pages
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from tests.analytics.facts import fact, record_facts

pytestmark = pytest.mark.django_db


def staff(name: str, role: Role, *teams: Team) -> User:
    user = User.objects.create_user(name, password="pass-word-1", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=role))
    user.teams.set(teams)
    return user


@pytest.fixture
def east() -> Team:
    return Team.objects.create(name="华东组")


@pytest.fixture
def west() -> Team:
    return Team.objects.create(name="西南组")


@pytest.fixture
def analyst(client, east) -> User:
    user = staff("analyst", Role.ANALYST, east)
    client.force_login(user)
    return user


@pytest.fixture
def sales(east, west):
    """100 yuan in the east and 900 in the west, today."""
    now = database_now()
    record_facts(
        fact("order.paid", now, team_id=east.pk, member_id=1, value=100),
        fact("order.paid", now, team_id=west.pk, member_id=2, value=900),
    )
    rebuild(now=now)


@pytest.mark.parametrize("key", sorted(all_pages()))
def test_every_page_opens_in_an_empty_world(client, analyst, key):
    address = reverse(f"admin:analytics_{key}")
    answer = client.get(address)
    assert answer.status_code == 200
    for name in answer.context_data.get("charts", {}):
        assert client.get(address, {"export": name, "format": "xlsx"}).status_code == 200


@pytest.mark.parametrize("key", sorted(all_pages()))
def test_a_page_needs_the_permission(client, east, key):
    client.force_login(staff("service", Role.MEMBER_SERVICE, east))
    assert client.get(reverse(f"admin:analytics_{key}")).status_code == 403
