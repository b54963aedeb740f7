"""A campaign that is ready to go live: every Friday at 20:00 in Shanghai for three days."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.campaigns.enums import BenefitKind, Repeat
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit, Run
from apps.campaigns.services.runs import (
    close_due_runs,
    launch,
    open_due_runs,
    plan_runs,
    warn_ending_runs,
)

#: Monday 2026-03-02 09:00 in Shanghai; the first period begins on Friday the 6th at 20:00.
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def beat(now: datetime) -> None:
    """One round of every tick of runs."""
    open_due_runs(now=now)
    warn_ending_runs(now=now)
    close_due_runs(now=now)
    plan_runs(now=now)


@pytest.fixture
def chief(make_user: Any, team: Team) -> User:
    return make_user("chief", Role.ARCHITECT, team)


@pytest.fixture
def gift(team: Team) -> Benefit:
    return Benefit.objects.create(
        name="洗衣凝珠", kind=BenefitKind.PHYSICAL, team=team, cost=Decimal("3.50"), stock=100, low_stock=5
    )


@pytest.fixture
def make_campaign(team: Team, chief: User, gift: Benefit):
    """``make_campaign(title="…", repeat=…)`` → a draft with a gift in its first slot."""

    def make(slot: str = "stage_3", **values: Any) -> Campaign:
        defaults: dict[str, Any] = {
            "title": "周五帮一把",
            "mechanic": "assist",
            "team": team,
            "owner": chief,
            "rules": {"stages": [3], "is_new_only": False, "voids_leavers": False},
            "budget": Decimal("500.00"),
            "repeat": Repeat.WEEKLY,
            "at_time": time(20),
            "weekdays": [4],
            "duration_minutes": 3 * 24 * 60,
            "drafts_posts": False,
        }
        campaign = Campaign.objects.create(**(defaults | values))
        CampaignBenefit.objects.create(campaign=campaign, slot=slot, benefit=gift)
        return campaign

    return make


@pytest.fixture
def launched(make_campaign: Any, chief: User):
    """``launched(now=…, **values)`` → a campaign on line."""

    def make(now: datetime = NOW, **values: Any) -> Campaign:
        campaign = make_campaign(**values)
        launch(campaign=campaign, actor=chief, now=now)
        campaign.refresh_from_db()
        return campaign

    return make


@pytest.fixture
def open_run(launched: Any) -> Run:
    """The first run, just opened."""
    campaign = launched()
    beat(FRIDAY)
    return campaign.runs.get(number=1)
