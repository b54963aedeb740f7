"""Runs and mechanics side by side: every figure from one look at the rollups."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope
from apps.campaigns.models import Run
from apps.core.models import ScopedQuerySet
from apps.core.numbers import wholes
from apps.events.enums import EventKind


@dataclass(frozen=True)
class Compared:
    """Readings by metric key: ``runs`` the latest first, ``mechanics`` by the mechanic's key, ``total`` of all runs.

    A mechanic's figures are those of all its runs together, each member once."""

    runs: list[tuple[Run, dict[str, Reading]]]
    mechanics: dict[str, dict[str, Reading]]
    total: dict[str, Reading]


def runs_of(scope: Scope) -> "ScopedQuerySet[Run]":
    """The runs whose facts count in ``scope``."""
    runs = Run.objects.select_related("campaign")
    return runs if scope.team_ids is None else runs.filter(campaign__team__in=scope.team_ids)


def compared(
    metrics: Sequence[Metric],
    *,
    scope: Scope,
    period: Period,
    campaign_id: int | None = None,
    mechanic: str = "",
) -> Compared:
    """Every run with a fact in the period: three queries, whatever their number.

    ``metrics`` must be split by run and read no cohorts, sets or extras.
    """
    kept = _kept(metrics, scope=scope, period=period)
    numbers = wholes(kept)
    rows = runs_of(scope).filter(pk__in=numbers).order_by("-opens_at", "-pk")
    if campaign_id is not None:
        rows = rows.filter(campaign=campaign_id)
    if mechanic:
        rows = rows.filter(mechanic=mechanic)
    runs = list(rows)
    by_mechanic: dict[str, list[Kept]] = defaultdict(list)
    for run in runs:
        by_mechanic[run.mechanic].append(kept[str(run.pk)])
    return Compared(
        [(run, _read(metrics, kept[str(run.pk)])) for run in runs],
        {key: _read(metrics, merged(period, parts)) for key, parts in by_mechanic.items()},
        _read(metrics, merged(period, [kept[str(run.pk)] for run in runs])),
    )


def of_runs(
    metrics: Sequence[Metric], runs: Sequence[Run], *, scope: Scope, today: date
) -> dict[int, dict[str, Reading]]:
    """Each run over its whole time, by its id: what lies before and after it is its own too (late orders, returns)."""
    if not runs:
        return {}
    kept = _kept(metrics, scope=scope, period=whole_time(runs, today), keys=[str(run.pk) for run in runs])
    return {run.pk: _read(metrics, kept[str(run.pk)]) for run in runs}


def whole_time(runs: Iterable[Run], today: date) -> Period:
    """From the first opening until today."""
    first = min(day_of(run.opens_at) for run in runs)
    return Period(min(first, today), today)


def reach_by_day(runs: Sequence[Run], *, scope: Scope, today: date, days: int) -> dict[int, list[int | None]]:
    """How many members had entered a run by the end of its first, second, … day; None for days to come."""
    if not runs:
        return {}
    kept = figures(
        scope=scope,
        period=whole_time(runs, today),
        kinds=(EventKind.CAMPAIGN_ENTERED,),
        dim=Dimension.RUN,
        keys=[str(run.pk) for run in runs],
    )
    found: dict[int, list[int | None]] = {}
    for run in runs:
        by_day = kept[str(run.pk)].people_by_day(EventKind.CAMPAIGN_ENTERED)
        opens, so_far, values = day_of(run.opens_at), BitMap(), []
        for offset in range(days):
            day = date.fromordinal(opens.toordinal() + offset)
            so_far |= by_day.get(day, BitMap())
            values.append(len(so_far) if day <= today else None)
        found[run.pk] = values
    return found


def merged(period: Period, parts: Iterable[Kept]) -> Kept:
    """Several keys of one dimension as one: sums add up, members count once."""
    whole = Kept(period)
    for part in parts:
        whole.total = part.total
        for name, (count, value) in part.sums.items():
            so_far = whole.sums.get(name)
            whole.sums[name] = (count, value) if so_far is None else (so_far[0] + count, so_far[1] + value)
        whole.parts.append(part)
    return whole


def _kept(
    metrics: Sequence[Metric], *, scope: Scope, period: Period, keys: Collection[str] | None = None
) -> dict[str, Kept]:
    found = figures(
        scope=scope,
        period=period,
        kinds={kind for metric in metrics for kind in metric.needs},
        dim=Dimension.RUN,
        keys=keys,
    )
    context = {kind for metric in metrics for kind in metric.context}
    total = figures(scope=scope, period=period, kinds=context)[""] if context else None
    for one in found.values():
        one.total = total
    return found


def _read(metrics: Sequence[Metric], kept: Kept) -> dict[str, Reading]:
    return {metric.key: metric.formula(kept) for metric in metrics}
