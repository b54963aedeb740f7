"""What groups' figures say of an experiment, before it begins and while it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, pstdev
from typing import Any

from apps.accounts.models import User
from apps.analytics.enums import Dimension, Direction, ExperimentState
from apps.analytics.inference.clusters import Arm, Difference, compare, icc_of
from apps.analytics.inference.planning import USUAL_ICC, effect_seen, groups_needed
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Experiment
from apps.analytics.selectors.figures import figures, readings
from apps.analytics.selectors.periods import Period, day_of, last_days
from apps.analytics.selectors.scope import Scope, scope_of
from apps.groups.models import Group

#: What is usual in these groups is read off so many days.
BASE_DAYS = 28


def comparable_metrics() -> dict[str, Metric]:
    """Metrics by which groups can be compared: known by group, and more is better."""
    return {
        key: metric
        for key, metric in all_metrics().items()
        if Dimension.GROUP in metric.dimensions and metric.direction == Direction.HIGHER
    }


@dataclass(frozen=True)
class Sizes:
    """How many cases each group brings: ``numerators`` and ``denominators`` by group id."""

    numerators: dict[int, float]
    denominators: dict[int, float]

    def of(self, groups: Iterable[int]) -> tuple[list[float], list[float]]:
        chosen = [group for group in groups if self.denominators.get(group)]
        return [self.numerators[group] for group in chosen], [self.denominators[group] for group in chosen]


def sizes_of(metric: Metric, groups: Iterable[int], *, scope: Scope, period: Period) -> Sizes:
    """The metric's quotient by group; a plain sum (revenue) is put beside the group's members of today."""
    keys = [str(group) for group in groups]
    found = readings([metric], scope=scope, period=period, dim=Dimension.GROUP, keys=keys)
    inside = figures(scope=scope, period=period, kinds=(), dim=Dimension.GROUP, keys=keys, sets=("in",))
    numerators, denominators = {}, {}
    for key in keys:
        reading = found.get(key, {}).get(metric.key)
        if reading is None:
            continue
        below = reading.denominator
        people = len(inside[key].now("in")) if key in inside else 0
        numerators[int(key)] = float(reading.numerator)
        denominators[int(key)] = float(people if below is None else below)
    return Sizes(numerators, denominators)


@dataclass(frozen=True)
class Planning:
    """What it would take. ``base`` is the groups' figure of the last weeks, ``size`` their usual number of cases,
    ``icc`` how alike people of one group are (``is_icc_known``: from our own figures). ``needed`` groups show
    ``minimum_effect``; the ``groups`` chosen show ``seen`` (None: hardly anything)."""

    groups: int
    base: float | None
    size: float
    icc: float
    is_icc_known: bool
    needed: int | None
    seen: float | None

    @property
    def is_enough(self) -> bool:
        return self.needed is not None and self.groups >= self.needed


def planning_of(
    metric: Metric, groups: list[int], *, minimum_effect: float, days: int, user: User, now: datetime
) -> Planning:
    """For shares; of other figures (yuan per member) only the base is known, and how many groups it takes is not."""
    sizes = sizes_of(metric, groups, scope=scope_of(user), period=last_days(min(days, BASE_DAYS), now))
    tops, bottoms = sizes.of(groups)
    below = sum(bottoms)
    base = sum(tops) / below if below else None
    is_share = bool(tops) and all(0 <= top <= bottom for top, bottom in zip(tops, bottoms, strict=True))
    icc = icc_of(tops, bottoms) if is_share else None
    size = fmean(bottoms) if bottoms else 0.0
    needed = seen = None
    used = USUAL_ICC if icc is None else icc
    if base and is_share and size >= 1 and base < 1:
        spread = pstdev(bottoms) / size
        if base * (1 + minimum_effect) < 1:
            needed = groups_needed(base, minimum_effect, size=size, icc=used, spread=spread)
        seen = effect_seen(base, len(groups), size=size, icc=used, spread=spread)
    return Planning(len(groups), base, size, used, icc is not None, needed, seen)


@dataclass(frozen=True)
class Finding:
    """What is seen so far: the two versions, and their difference. ``day`` of ``days``; ``is_final`` once all days are
    over, before that no verdict is given, however the figures look."""

    keys: tuple[str, str]
    arms: tuple[Arm, Arm]
    difference: Difference
    day: int
    days: int

    @property
    def is_final(self) -> bool:
        return self.day >= self.days

    @property
    def winner(self) -> str:
        """The better version's key when it is final and chance does not explain it, else ""."""
        d = self.difference
        if not self.is_final or d.p is None or d.value is None or d.p > 0.05:
            return ""
        return self.keys[1] if d.value > 0 else self.keys[0]


def finding_of(experiment: Experiment, *, now: datetime) -> Finding | None:
    """None for one that has not begun, or whose metric is gone. The groups were fixed when it began: all of them count,
    whether or not their post went out."""
    metric = all_metrics().get(experiment.metric)
    if experiment.started_at is None or metric is None:
        return None
    until = experiment.decided_at or now
    # The day on which it began is nobody's: the posts went out in the middle of it.
    first = day_of(experiment.started_at) + timedelta(days=1)
    over = max((day_of(until) - first).days, 0)
    last = min(first + timedelta(days=experiment.days - 1), day_of(until))
    groups = {int(group): key for group, key in experiment.allocation.items()}
    # Whoever sees the experiment sees its team's figures, and no others are in the sums: a group that has moved to
    # another team counts with what it did here.
    scope = Scope(None).narrowed(experiment.team_id)
    sizes = sizes_of(metric, groups, scope=scope, period=Period(first, max(first, last)))
    keys = tuple(variant["key"] for variant in experiment.variants)
    sides = [sizes.of(group for group, key in groups.items() if key == wanted) for wanted in keys]
    a, b, difference = compare(sides[0], sides[1], seed=experiment.seed)
    return Finding((keys[0], keys[1]), (a, b), difference, min(over, experiment.days), experiment.days)


def free_groups(user: User) -> Any:
    """Groups that the user may put into an experiment: seen, and in no running one."""
    busy: set[int] = set()
    for allocation in Experiment.objects.filter(state=ExperimentState.RUNNING).values_list(
        "allocation", flat=True
    ):
        busy.update(int(group) for group in allocation)
    return Group.objects.visible_to(user).exclude(pk__in=busy).order_by("name", "id")


def snapshot_of(finding: Finding | None) -> Mapping[str, Any]:
    """The figures at the decision, as JSON."""
    if finding is None:
        return {}
    return {
        "arms": [
            {
                "key": key,
                "groups": arm.groups,
                "value": arm.value,
                "numerator": arm.numerator,
                "denominator": arm.denominator,
            }
            for key, arm in zip(finding.keys, finding.arms, strict=True)
        ],
        "difference": finding.difference.value,
        "low": finding.difference.low,
        "high": finding.difference.high,
        "p": finding.difference.p,
        "day": finding.day,
    }
