"""What a campaign is simulated with, and what came of it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.analytics.models import Simulation
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.windows import Window, kept_in
from apps.analytics.simulation.setting import Prize, Setting
from apps.campaigns.enums import PartState, RunState
from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.campaigns.models import Campaign, Contribution, Run
from apps.events.enums import EventKind
from apps.groups.models import Membership

#: Friends outside whom one member could bring at all, where nothing better is known.
REACH_PER_MEMBER = 10
#: Figures of a simulation that a run can be held against.
COMPARED = ("new_members", "entries", "contributions", "successes", "cost", "revenue")


def setting_of(campaign: Campaign, mechanic: Mechanic[Any], rules: Rules) -> Setting:
    """The campaign as it stands: its groups' members, window, stock, budget, benefits. Three queries."""
    audience = (
        Membership.objects.current().filter(group__campaigns=campaign).values("member_id").distinct().count()
    )
    costs: dict[str, Decimal] = defaultdict(lambda: Decimal(0))
    for use in campaign.benefits.select_related("benefit"):
        costs[use.slot] += use.benefit.cost * use.quantity
    return Setting(
        audience=audience,
        seeds=0,
        reach=max(audience * REACH_PER_MEMBER, 100),
        hours=max(campaign.duration_minutes // 60, 1),
        stock=campaign.stock,
        budget=campaign.budget,
        prices=dict(costs),
        prizes=prizes_of(mechanic, rules, costs),
        holdout=campaign.holdout_percent / 100,
    )


def prizes_of(mechanic: Mechanic[Any], rules: Rules, prices: Any) -> tuple[Prize, ...]:
    """Prizes by rank at these prices."""
    return tuple(
        Prize(prize.first, prize.last, prices.get(prize.slot, Decimal(0))) for prize in mechanic.prizes(rules)
    )


@dataclass(frozen=True)
class Actual:
    """What came of a run: ``values`` by figure; ``is_final`` once it is settled: till then prizes, and their cost, are
    still to come."""

    run: Run
    values: dict[str, float]
    is_final: bool


def actual_of(run: Run) -> Actual:
    """What came of one run. Three queries."""
    return actuals_of([run])[run.pk]


def actuals_of(runs: Collection[Run]) -> dict[int, Actual]:
    """From the rollups, and the orders of the runs' contributions. Contributions are those by others: what each entry
    counts for its owner alone is taken off. Three queries, however many runs."""
    kinds = [
        EventKind.CAMPAIGN_ENTERED.value,
        EventKind.CAMPAIGN_SUCCEEDED.value,
        EventKind.BENEFIT_GRANTED.value,
        EventKind.BENEFIT_VOIDED.value,
    ]
    windows = [Window(_period_of(run), str(run.pk)) for run in runs]
    kept = kept_in(windows, scope=Scope(None), kinds=kinds, dim=Dimension.RUN, people=False)
    by_run = Contribution.objects.filter(run__in=[run.pk for run in runs]).order_by().values("run")
    parts: dict[int, Any] = {
        row["run"]: row
        for row in by_run.filter(state=PartState.COUNTED)
        .exclude(member_id=F("entry__owner_id"))
        .annotate(parts=Count("pk"), new=Count("member_id", distinct=True, filter=Q(is_new_member=True)))
    }
    paid: dict[int, Any] = {
        row["run"]: row
        for row in by_run.filter(order__paid_at__isnull=False).annotate(
            paid=Sum("order__paid_amount"), back=Sum("order__refund_amount")
        )
    }
    actuals = {}
    for run, found in zip(runs, kept, strict=True):
        came, money = parts.get(run.pk, {}), paid.get(run.pk, {})
        values = {
            "entries": float(found.count(EventKind.CAMPAIGN_ENTERED)),
            "successes": float(found.count(EventKind.CAMPAIGN_SUCCEEDED)),
            "cost": float(found.value(EventKind.BENEFIT_GRANTED) + found.value(EventKind.BENEFIT_VOIDED)),
            "contributions": float(came.get("parts", 0)),
            "new_members": float(came.get("new", 0)),
            "revenue": float((money.get("paid") or 0) - (money.get("back") or 0)),
        }
        actuals[run.pk] = Actual(run, values, run.state == RunState.SETTLED)
    return actuals


def _period_of(run: Run) -> Period:
    until = run.settled_at or run.review_until or run.closes_at
    return Period(day_of(run.opens_at), max(day_of(until), day_of(run.opens_at)))


def run_after(simulation: Simulation) -> Run | None:
    """The first run of its campaign that opened after it was made."""
    return _opened(simulation.campaign_id, simulation.created_at).first() if simulation.campaign_id else None


def _opened(campaign: Any, since: Any) -> QuerySet[Run]:
    runs = Run.objects.filter(campaign_id=campaign, opens_at__gte=since)
    return runs.exclude(state__in=[RunState.SCHEDULED, RunState.CANCELLED]).order_by("opens_at")


@dataclass(frozen=True)
class Held:
    """One figure of a forecast against the fact. ``inside``: between p5 and p95, where nine in ten should be;
    ``place``: the share of simulated runs below the fact, roughly, by the quantiles."""

    name: str
    actual: float
    low: float
    middle: float
    high: float

    @property
    def is_inside(self) -> bool:
        return self.low <= self.actual <= self.high


def held_against(results: dict[str, Any], actual: Actual) -> list[Held]:
    """The figures of one rule set's results beside what came of it."""
    found = []
    for name in COMPARED:
        said = results["figures"].get(name)
        if said is not None:
            found.append(Held(name, actual.values[name], said["p5"], said["p50"], said["p95"]))
    return found


@dataclass(frozen=True)
class Calibration:
    """Over past forecasts: ``inside`` of ``cases`` figures lay in their nine-in-ten range."""

    simulations: int
    cases: int
    inside: int


def calibration(user: User, *, most: int = 30) -> Calibration:
    """How past forecasts fared whose run is settled: the latest simulation before each run counts. Five queries."""
    done = (
        Simulation.objects.visible_to(user)
        .filter(campaign__isnull=False)
        .annotate(run_id=Subquery(_opened(OuterRef("campaign_id"), OuterRef("created_at")).values("pk")[:1]))
        .filter(run_id__isnull=False)
    )
    last: dict[int, Any] = {}
    for run_id, results in done.order_by("-created_at").values_list("run_id", "results")[: most * 2]:
        last.setdefault(run_id, results)
    over = list(Run.objects.filter(pk__in=last, state=RunState.SETTLED).order_by("-opens_at")[:most])
    cases = inside = 0
    for number, actual in actuals_of(over).items():
        held = held_against(last[number][0], actual)
        cases += len(held)
        inside += sum(one.is_inside for one in held)
    return Calibration(len(over), cases, inside)
