"""Readings over time: the same metrics for each stretch of a range, from one look at the rollups."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.figures import first_days
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope

_DAYS_AT_MOST = 62
_WEEKS_AT_MOST = 366


def stretches(period: Period) -> list[Period]:
    """``period`` in days up to two months, in weeks (from Monday) up to a year, in months beyond; clipped to it."""
    if period.days <= _DAYS_AT_MOST:
        return [Period(day, day) for day in period]
    starts = [period.first]
    for day in period:
        is_start = day.weekday() == 0 if period.days <= _WEEKS_AT_MOST else day.day == 1
        if is_start and day != period.first:
            starts.append(day)
    ends = [start - timedelta(days=1) for start in starts[1:]] + [period.last]
    return [Period(first, last) for first, last in zip(starts, ends, strict=True)]


def series(
    metrics: Iterable[Metric],
    *,
    scope: Scope,
    parts: Sequence[Period],
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
) -> list[dict[str, Reading]]:
    """{metric key: reading} for each of ``parts`` (in order, without overlap): one query, two with first days.

    Metrics that read more than their days (sets of today, the period before, extras) are left out.
    """
    wanted = [metric for metric in metrics if _is_of_days(metric, dim)]
    kept = [Kept(part) for part in parts]
    for one in kept:
        one.total = one
    if parts and not (scope.team_ids is not None and not scope.team_ids):
        _read(kept, parts, wanted, scope, dim, key)
    return [{metric.key: metric.formula(one) for metric in wanted} for one in kept]


def _is_of_days(metric: Metric, dim: Dimension) -> bool:
    """Whether the rows of ``dim`` say all that the metric reads."""
    is_whole = dim == Dimension.TOTAL or not metric.context
    return dim in metric.dimensions and is_whole and not (metric.sets or metric.before or metric.extras)


def _read(
    kept: list[Kept], parts: Sequence[Period], wanted: list[Metric], scope: Scope, dim: Dimension, key: str
) -> None:
    starts = [part.first for part in parts]
    whole = Period(parts[0].first, parts[-1].last)
    where = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT kind, variant, day, count, value, members FROM analytics_dayfigure"
            f" WHERE dim = %(dim)s AND key = %(key)s AND kind = ANY(%(kinds)s)"
            f" AND day BETWEEN %(first)s AND %(last)s {where}",
            {
                "dim": dim.value,
                "key": key,
                "kinds": sorted(
                    {str(kind) for metric in wanted for kind in (*metric.needs, *metric.context)}
                ),
                "first": whole.first,
                "last": whole.last,
                "teams": scope.teams,
            },
            binary=True,
        )
        for kind, variant, day, count, value, members in cursor:
            one = _part_of(day, starts, kept)
            if one is None:
                continue
            name = (kind, variant)
            count_so_far, value_so_far = one.sums.get(name, (0, value * 0))
            one.sums[name] = (count_so_far + int(count), value_so_far + value)
            if members is not None:
                one.days_of.setdefault(name, []).append((day, BitMap.deserialize(members)))
    first_kinds = {kind for metric in wanted for kind in metric.first_kinds}
    if first_kinds and dim == Dimension.TOTAL:
        lookback = max(metric.lookback for metric in wanted)
        since = Period(whole.first - timedelta(days=lookback), whole.last)
        for kind, days in first_days(scope, since, first_kinds).items():
            for one in kept:
                one.cohorts[kind] = days
            for day, fresh in days.items():
                if one := _part_of(day, starts, kept):
                    one.firsts[kind] = one.firsts.get(kind, BitMap()) | fresh


def _part_of(day: date, starts: list[date], kept: list[Kept]) -> Kept | None:
    index = bisect_right(starts, day) - 1
    return kept[index] if index >= 0 and day <= kept[index].period.last else None
