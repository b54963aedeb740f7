"""What a figure may be held against (复盘): the same figures of comparable past runs, groups and months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles

from apps.accounts.models import User
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope, scope_of
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run
from apps.groups.enums import GroupStage
from apps.groups.models import Group

#: With fewer cases quartiles are hardly more than the cases themselves.
FEW = 5
_LATEST = 24


@dataclass(frozen=True)
class Spread:
    """Quartiles of the cases that have the figure."""

    cases: int
    low: float
    median: float
    high: float

    @property
    def is_few(self) -> bool:
        return self.cases < FEW


@dataclass(frozen=True)
class Case:
    """One comparable: ``key`` is the run's or group's id, the month as 2026-03."""

    key: str
    label: str
    readings: dict[str, Reading]


@dataclass(frozen=True)
class Comparables:
    """Cases, the latest first, and the spread of each metric that any of them has."""

    cases: tuple[Case, ...]
    spreads: dict[str, Spread]


def spread_of(values: Sequence[float]) -> Spread | None:
    """Quartiles (inclusive); of a single case it is all three; None for none."""
    if not values:
        return None
    if len(values) == 1:
        return Spread(1, values[0], values[0], values[0])
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return Spread(len(values), low, middle, high)


def comparable_runs(run: Run, *, metrics: Sequence[Metric], user: User) -> Comparables:
    """Ended runs of the same mechanic that ``user`` may see, each over its whole time; the run itself is not one."""
    ended = (RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)
    found = list(
        Run.objects.visible_to(user)
        .filter(mechanic=run.mechanic, state__in=ended, closes_at__lte=run.closes_at)
        .exclude(pk=run.pk)
        .select_related("campaign")
        .order_by("-closes_at")[:_LATEST]
    )
    if not found:
        return Comparables((), {})
    # A run's figures are told apart by their key, so one long period reads them all.
    period = Period(min(day_of(one.opens_at) for one in found), max(day_of(one.closes_at) for one in found))
    labels = {str(one.pk): str(one) for one in found}
    return _by_key(labels, metrics, scope_of(user), period, Dimension.RUN)


def comparable_groups(group: Group, *, metrics: Sequence[Metric], period: Period, user: User) -> Comparables:
    """Other open groups of the same kind that ``user`` may see, over the same period."""
    found = (
        Group.objects.visible_to(user)
        .filter(kind=group.kind)
        .exclude(pk=group.pk)
        .exclude(stage=GroupStage.CLOSED)
        .order_by("-pk")[:200]
    )
    labels = {str(one.pk): one.name for one in found}
    return _by_key(labels, metrics, scope_of(user), period, Dimension.GROUP)


def comparable_months(
    first: date, *, metrics: Sequence[Metric], scope: Scope, months: int = 6
) -> Comparables:
    """The months before the one that begins on ``first``."""
    cases, end = [], first - timedelta(days=1)
    for _number in range(months):
        start = end.replace(day=1)
        found = readings(metrics, scope=scope, period=Period(start, end))[""]
        cases.append(Case(f"{start:%Y-%m}", f"{start:%Y-%m}", found))
        end = start - timedelta(days=1)
    return _compared(cases, metrics)


def _by_key(
    labels: dict[str, str], metrics: Sequence[Metric], scope: Scope, period: Period, dim: Dimension
) -> Comparables:
    if not labels:
        return Comparables((), {})
    found = readings(metrics, scope=scope, period=period, dim=dim, keys=list(labels))
    return _compared([Case(key, label, found[key]) for key, label in labels.items()], metrics)


def _compared(cases: list[Case], metrics: Sequence[Metric]) -> Comparables:
    spreads = {}
    for metric in metrics:
        values = [one.readings[metric.key].value for one in cases]
        if spread := spread_of([float(value) for value in values if value is not None]):
            spreads[metric.key] = spread
    return Comparables(tuple(cases), spreads)
