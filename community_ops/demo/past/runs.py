"""Campaigns of the last weeks that are over: several runs each, the later ones drawing fewer people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from apps.campaigns.enums import BenefitKind, CampaignState, RunState
from apps.campaigns.models import Benefit, Campaign, Run, RunStock


@dataclass(frozen=True)
class Series:
    """``like``: the title of the demo's campaign whose rules it had. ``draw``: the share of those present who entered the
    first run. ``fade``: what remains of it from run to run. ``cost``: of one reward."""

    title: str
    like: str
    runs: int
    weekday: int
    days: int
    draw: float
    fade: float
    helpers: int
    cost: Decimal
    price: Decimal | None = None


ALL: tuple[Series, ...] = (
    Series("周一助力日（演示往期）", "三人助力，领洗衣凝珠", 9, 0, 3, 0.16, 0.90, 3, Decimal("8.50")),
    Series("双享券周末（演示往期）", "双享券：你一张，我一张", 6, 5, 2, 0.14, 0.97, 2, Decimal("6.00")),
    Series("鲜果团（演示往期）", "烟台苹果三人团", 8, 3, 2, 0.12, 0.94, 2, Decimal("3.00"), Decimal("29.90")),
)


@dataclass(frozen=True)
class KnownRun:
    """A run whose page may be visited."""

    id: int
    campaign_id: int
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class PastRun(KnownRun):
    """A run that is over, how it drew and what it gave (``reward``: kind and number of the benefit)."""

    team_id: int | None
    mechanic: str
    draw: float
    series: Series
    reward: tuple[str, int]

    def covers(self, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_at


def load_past_runs(*, now: datetime) -> list[PastRun]:
    """Write the campaigns and their settled runs. They have no entries: what happened in them is told by facts alone."""
    found = []
    for series in ALL:
        model = Campaign.objects.get(title=series.like)
        plan = model.runs.order_by("pk")[0].plan
        opening = _openings(series, now)
        campaign = Campaign.objects.create(
            title=series.title,
            mechanic=model.mechanic,
            state=CampaignState.ARCHIVED,
            team=model.team,
            owner=model.owner,
            headline=model.headline,
            intro=model.intro,
            product_name=model.product_name,
            rules=model.rules,
            duration_minutes=series.days * 24 * 60,
            repeat="on_demand",
        )
        campaign.groups.set(model.groups.all())
        runs = Run.objects.bulk_create(_run(campaign, number, at, series, plan) for number, at in opening)
        RunStock.objects.bulk_create(RunStock(run=run) for run in runs)
        found += [_past(run, campaign, series, place) for place, run in enumerate(runs)]
    return found


def _openings(series: Series, now: datetime) -> list[tuple[int, datetime]]:
    """(number, start) of the weekly runs; the last has been over for a week, when the present campaigns began."""
    there = timezone.localtime(now).replace(hour=10, minute=0, second=0, microsecond=0)
    last = there - timedelta(days=8 + (there.weekday() - series.weekday) % 7)
    return [(n + 1, last - timedelta(weeks=series.runs - 1 - n)) for n in range(series.runs)]


def _run(campaign: Campaign, number: int, at: datetime, series: Series, plan: dict[str, object]) -> Run:
    end = at + timedelta(days=series.days)
    return Run(
        campaign=campaign,
        number=number,
        period=at.isoformat(),
        mechanic=campaign.mechanic,
        state=RunState.SETTLED,
        opens_at=at,
        closes_at=end,
        plan=plan,
        opened_at=at,
        closed_at=end,
        settled_at=end + timedelta(minutes=5),
        scored_until=end,
        watched_until=end,
    )


def _past(run: Run, campaign: Campaign, series: Series, place: int) -> PastRun:
    kind = _reward_kind(run.mechanic, series)
    return PastRun(
        id=run.pk,
        campaign_id=campaign.pk,
        opens_at=run.opens_at,
        closes_at=run.closes_at,
        team_id=campaign.team_id,
        mechanic=run.mechanic,
        draw=series.draw * series.fade**place,
        series=series,
        reward=(kind, benefit_of(kind)),
    )


def _reward_kind(mechanic: str, series: Series) -> BenefitKind:
    if mechanic == "coupon":
        return BenefitKind.COUPON
    return BenefitKind.PHYSICAL if series.price is None else BenefitKind.POINTS


def benefit_of(kind: str) -> int:
    """The number of the demo's first benefit of this kind."""
    return Benefit.objects.filter(kind=kind).order_by("pk").values_list("pk", flat=True)[0]


def load_present_runs(*, now: datetime) -> list[KnownRun]:
    """The demo's own runs that have begun, for visits after the last of the past ones."""
    runs = Run.objects.filter(opens_at__lte=now, closes_at__gt=now).order_by("pk")
    return [KnownRun(*row) for row in runs.values_list("pk", "campaign_id", "opens_at", "closes_at")]


def run_at[Known: KnownRun](runs: Sequence[Known], at: datetime) -> Known | None:
    """The run that was open at this moment, else the next one, which had been announced."""
    ahead = [run for run in runs if run.closes_at > at]
    return min(ahead, key=lambda run: run.opens_at, default=None)
