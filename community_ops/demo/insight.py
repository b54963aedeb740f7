"""What a team does with its figures: goals of this month, figures that are watched, and what was learned of past runs."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import Team, User
from apps.analytics.enums import ReviewKind
from apps.analytics.models import AlertRule, Goal
from apps.analytics.selectors.periods import day_of, month_before, month_of
from apps.analytics.services.alerts import watch
from apps.analytics.services.goals import read_goals
from apps.analytics.services.reviews import start_review
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run

#: metric, target of the month
_GOALS = (("revenue", "12000"), ("new_members", "180"), ("repurchase_rate", "0.20"))
_WATCHED = ("new_members", "revenue", "active_members")
_REVIEWED = 2


@transaction.atomic
def load_insight(*, team: Team, operator: User, now: datetime) -> int:
    """Set goals and alerts of ``team`` and begin its reviews; returns how many of all three. The rollups must be there:
    a review freezes them."""
    month, today = month_of(day_of(now)), day_of(now)
    goals = [
        Goal.objects.create(
            metric=metric,
            target=Decimal(target),
            starts_on=month.first,
            ends_on=month.last,
            team=team,
            owner=operator,
        )
        for metric, target in _GOALS
    ]
    rules = [AlertRule.objects.create(metric=metric, team=team, owner=operator) for metric in _WATCHED]
    read_goals(now=now)
    watch(now=now)
    over = Run.objects.filter(campaign__team=team, state=RunState.SETTLED).order_by("-closes_at")[:_REVIEWED]
    for run in over:
        start_review(kind=ReviewKind.RUN, run=run, actor=operator, now=now)
    start_review(kind=ReviewKind.MONTH, team=team, month=month_before(today).first, actor=operator, now=now)
    return len(goals) + len(rules) + len(over) + 1
