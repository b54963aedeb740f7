"""A team with an operator, and runs of every kind that its people may watch."""

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.campaigns.enums import CampaignState
from apps.campaigns.models import Campaign, Run
from apps.members.models import Member
from tests.campaigns.factories import make_member, make_run


@pytest.fixture
def operator(make_user: Any, team: Team) -> User:
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def clerk(make_user: Any, team: Team) -> User:
    """社群客服, who stands at the till."""
    return make_user("clerk", Role.MEMBER_SERVICE, team)


@pytest.fixture
def stranger(make_user: Any, db: None) -> User:
    """An operator of another team."""
    return make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))


@pytest.fixture
def team_run(team: Team) -> Any:
    """``team_run("assist", {"stages": (2,)})`` → an open run of the team."""

    def make(mechanic: str, rules: Any = None, *, of: Team = team, **more: Any) -> Run:
        campaign = Campaign.objects.create(
            title=f"活动 {Campaign.objects.count() + 1}",
            mechanic=mechanic,
            state=CampaignState.LAUNCHED,
            team=of,
        )
        return make_run(mechanic, rules, campaign=campaign, **more)

    return make


@pytest.fixture
def desk(client: Any, operator: User) -> Any:
    """The test client with the operator signed in."""
    client.force_login(operator)
    return client


@pytest.fixture
def seen_member(team: Team) -> Any:
    """A member whom the team sees."""

    def make(name: str = "") -> Member:
        member = make_member(name)
        member.teams.add(team, through_defaults={})
        return member

    return make


@pytest.fixture
def now() -> Any:
    return timezone.now()
