"""An operator at a desk, and what a campaign is made of."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.campaigns.admin.rule_inputs import shown_values
from apps.campaigns.enums import CampaignState
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Benefit, Campaign, Run
from apps.members.models import Member
from tests.campaigns.factories import make_member, make_run


@pytest.fixture
def operator(make_user: Any, team: Team) -> User:
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def desk(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def gift(team: Team) -> Benefit:
    return Benefit.objects.create(
        name="洗衣凝珠",
        kind="physical",
        team=team,
        cost=Decimal("3.50"),
        face_value=Decimal("9.90"),
        stock=1000,
    )


@pytest.fixture
def form_of(team: Team) -> Callable[..., dict[str, Any]]:
    """``form_of("assist", title="…", **{"rule.hours": "8"})`` → what the wizard posts, with the mechanic's defaults."""

    def make(key: str, **typed: Any) -> dict[str, Any]:
        data: dict[str, Any] = {
            "title": "周五帮一把",
            "team": team.pk,
            "expected_entries": "100",
            "entries_per_member": "1",
            "contributions_per_member": "0",
            "repeat": "once",
            "timezone": "Asia/Shanghai",
            "duration_value": "3",
            "duration_unit": "day",
            "warn_minutes": "120",
            "drafts_posts": "on",
        }
        for name, value in shown_values(get_mechanic(key).rules_type, {}).items():
            if isinstance(value, list):
                data[f"rule.{name}.a"] = [first for first, _second in value]
                data[f"rule.{name}.b"] = [second for _first, second in value]
            elif value is not False:
                data[f"rule.{name}"] = "on" if value is True else value
        return data | typed

    return make


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
