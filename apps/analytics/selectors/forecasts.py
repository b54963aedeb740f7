"""What a campaign is simulated with, and what came of it."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.analytics.models import Simulation
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.simulation.setting import Prize, Setting
from apps.campaigns.enums import PartState, RunState
from apps.campaigns.mechanics.base import Mechanic, Rules
from apps.campaigns.models import Campaign, Contribution, Run
from apps.events.enums import EventKind
from apps.groups.models import Membership

#: Friends outside whom one member could bring at all, where nothing better is known.
REACH_PER_MEMBER = 10
_OVER = (RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)
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
    """What came of a run: ``values`` by figure; ``is_final`` once nothing more can come."""

    run: Run
    values: dict[str, float]
    is_final: bool


def actual_of(run: Run) -> Actual:
    """From the rollups, and the orders of the run's contributions. Contributions are those by others: what each entry
    counts for its owner alone is taken off. Four queries."""
    until = run.settled_at or run.review_until or run.closes_at
    period = Period(day_of(run.opens_at), max(day_of(until), day_of(run.opens_at)))
    kinds = [
        EventKind.CAMPAIGN_ENTERED.value,
        EventKind.CAMPAIGN_SUCCEEDED.value,
        EventKind.BENEFIT_GRANTED.value,
        EventKind.BENEFIT_VOIDED.value,
    ]
    key = str(run.pk)
    found = figures(scope=Scope(None), period=period, kinds=kinds, dim=Dimension.RUN, keys=[key])[key]
    parts = Contribution.objects.filter(run=run, state=PartState.COUNTED).exclude(
        member_id=F("entry__owner_id")
    )
    paid = Contribution.objects.filter(run=run, order__paid_at__isnull=False).aggregate(
        paid=Sum("order__paid_amount"), back=Sum("order__refund_amount")
    )
    values = {
        "entries": float(found.count(EventKind.CAMPAIGN_ENTERED)),
        "successes": float(found.count(EventKind.CAMPAIGN_SUCCEEDED)),
        "cost": float(found.value(EventKind.BENEFIT_GRANTED) + found.value(EventKind.BENEFIT_VOIDED)),
        "contributions": float(parts.count()),
        "new_members": float(parts.filter(is_new_member=True).values("member_id").distinct().count()),
        "revenue": float((paid["paid"] or 0) - (paid["back"] or 0)),
    }
    return Actual(run, values, run.state in _OVER)


def run_after(simulation: Simulation) -> Run | None:
    """The first run of its campaign that opened after it was made."""
    if simulation.campaign_id is None:
        return None
    return (
        Run.objects.filter(campaign_id=simulation.campaign_id, opens_at__gte=simulation.created_at)
        .exclude(state__in=[RunState.SCHEDULED, RunState.CANCELLED])
        .order_by("opens_at")
        .first()
    )


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
    bias: float | None

    @property
    def share(self) -> float | None:
        return self.inside / self.cases if self.cases else None


def calibration(user: User, *, most: int = 30) -> Calibration:
    """How past forecasts fared whose run is over: the latest simulation before each run counts. ``bias`` is the mean
    of (fact − median) / median of new members."""
    cases = inside = 0
    seen: set[int] = set()
    ratios: list[float] = []
    done = Simulation.objects.visible_to(user).filter(campaign__isnull=False).select_related("campaign")
    for simulation in done.order_by("-created_at")[: most * 2]:
        run = run_after(simulation)
        if run is None or run.state not in _OVER or run.pk in seen or len(seen) >= most:
            continue
        seen.add(run.pk)
        held = held_against(simulation.results[0], actual_of(run))
        cases += len(held)
        inside += sum(one.is_inside for one in held)
        ratios += [
            (one.actual - one.middle) / one.middle for one in held if one.name == "new_members" and one.middle
        ]
    return Calibration(len(seen), cases, inside, sum(ratios) / len(ratios) if ratios else None)
