"""Figures of several stretches of time at once: each run over its own days, six months side by side.

As many queries as for one of them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.extras import EXTRAS
from apps.analytics.selectors.figures import read_sets
from apps.analytics.selectors.firsts import first_days
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Window:
    """``key`` of a dimension ("" for totals) over ``period``."""

    period: Period
    key: str = ""


def kept_in(
    windows: Sequence[Window],
    *,
    scope: Scope,
    kinds: Collection[str],
    dim: Dimension = Dimension.TOTAL,
    people: bool = True,
    first_kinds: Collection[str] = (),
    sets: Collection[str] = (),
    lookback: int = 0,
) -> list[Kept]:
    """What :func:`figures` says of each window, in their order. At most three queries."""
    found = [Kept(window.period) for window in windows]
    if not windows or (scope.team_ids is not None and not scope.team_ids):
        return found
    _read_days(found, windows, scope, kinds, dim, people=people)
    if first_kinds and dim == Dimension.TOTAL:
        whole = _spanned(windows)
        since = Period(whole.first - timedelta(days=lookback), whole.last)
        for kind, cohorts in first_days(scope, since, first_kinds).items():
            for kept in found:
                first, last = kept.period.first, kept.period.last
                early = first - timedelta(days=lookback)
                kept.cohorts[kind] = {day: who for day, who in cohorts.items() if early <= day <= last}
                inside = (who for day, who in cohorts.items() if first <= day <= last)
                kept.firsts[kind] = BitMap.union(BitMap(), *inside)
    if sets:
        keys = {window.key for window in windows}
        now: dict[str, Kept] = {}
        read_sets(now, scope, windows[0].period, dim, keys, sets)
        for window, kept in zip(windows, found, strict=True):
            kept.sets = now[window.key].sets if window.key in now else {}
    return found


def _read_days(
    found: list[Kept],
    windows: Sequence[Window],
    scope: Scope,
    kinds: Collection[str],
    dim: Dimension,
    *,
    people: bool,
) -> None:
    columns = "f.day, f.count, f.value, f.members" if people else "NULL, sum(f.count), sum(f.value), NULL"
    teams = "" if scope.teams is None else "AND f.team_id = ANY(%(teams)s)"
    sql = (
        f"SELECT w.number, f.kind, f.variant, {columns}"
        " FROM unnest(%(numbers)s::int[], %(keys)s::varchar[], %(firsts)s::date[], %(lasts)s::date[])"
        " AS w(number, key, first, last)"
        " JOIN analytics_dayfigure f ON f.dim = %(dim)s AND f.key = w.key AND f.kind = ANY(%(kinds)s)"
        f" AND f.day BETWEEN w.first AND w.last {teams}"
    )
    if not people:
        sql += " GROUP BY 1, 2, 3"
    values = {
        "numbers": list(range(len(windows))),
        "keys": [window.key for window in windows],
        "firsts": [window.period.first for window in windows],
        "lasts": [window.period.last for window in windows],
        "dim": dim.value,
        "kinds": [str(kind) for kind in kinds],
        "teams": scope.teams,
    }
    with binary_cursor() as cursor:
        cursor.execute(sql, values, binary=True)
        for number, kind, variant, day, count, value, members in cursor:
            kept, name = found[number], (kind, variant)
            so_far = kept.sums.get(name, (0, _ZERO))
            kept.sums[name] = (so_far[0] + int(count), so_far[1] + value)
            if members is not None:
                kept.days_of.setdefault(name, []).append((day, BitMap.deserialize(members)))


def readings_in(
    metrics: Iterable[Metric], windows: Sequence[Window], *, scope: Scope, dim: Dimension
) -> list[dict[str, Reading]]:
    """What :func:`readings` says of each window, in their order: {metric key: reading}. As many queries as there; of
    totals one for each extra and window."""
    asked = list(metrics)
    wanted = [metric for metric in asked if dim in metric.dimensions]
    found = kept_in(
        windows,
        scope=scope,
        kinds={kind for metric in wanted for kind in metric.needs},
        dim=dim,
        first_kinds={kind for metric in wanted for kind in metric.first_kinds},
        sets={name for metric in wanted for name in metric.sets},
        lookback=max((metric.lookback for metric in wanted), default=0),
    )
    if context := {kind for metric in wanted for kind in metric.context}:
        totals = kept_in([Window(window.period) for window in windows], scope=scope, kinds=context)
        for kept, total in zip(found, totals, strict=True):
            kept.total = total
    if before := {kind for metric in wanted for kind in metric.before}:
        earlier = [Window(window.period.previous(), window.key) for window in windows]
        for kept, previous in zip(found, kept_in(earlier, scope=scope, kinds=before, dim=dim), strict=True):
            kept.previous = previous
    _add_extras(found, windows, {name for metric in wanted for name in metric.extras}, scope, dim)
    nothing = Reading(None)
    return [
        {metric.key: metric.formula(kept) if dim in metric.dimensions else nothing for metric in asked}
        for kept in found
    ]


def _add_extras(
    found: list[Kept], windows: Sequence[Window], names: Collection[str], scope: Scope, dim: Dimension
) -> None:
    for name in names if windows else ():
        if dim == Dimension.TOTAL:
            made = [EXTRAS[name](scope, window.period, dim, None) for window in windows]
        else:
            # A run, a campaign is told apart by its key: what is read over all the time is its own.
            keys = {window.key for window in windows}
            made = [EXTRAS[name](scope, _spanned(windows), dim, keys)] * len(windows)
        for kept, window, extras in zip(found, windows, made, strict=True):
            if window.key in extras:
                kept.extras[name] = extras[window.key]


def _spanned(windows: Sequence[Window]) -> Period:
    return Period(
        min(window.period.first for window in windows), max(window.period.last for window in windows)
    )
