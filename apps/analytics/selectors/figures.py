"""The one door to the rollups: sums and member sets of a scope, a period and a dimension."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.extras import EXTRAS
from apps.analytics.selectors.firsts import first_days
from apps.analytics.selectors.kept import DaySets, Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope


def figures(
    *,
    scope: Scope,
    period: Period,
    kinds: Collection[str],
    dim: Dimension = Dimension.TOTAL,
    keys: Collection[str] | None = None,
    first_kinds: Collection[str] = (),
    sets: Collection[str] = (),
    lookback: int = 0,
) -> dict[str, Kept]:
    """Figures by key of ``dim`` ("" alone for totals), for the keys that have any, or for ``keys``.

    At most three queries, whatever the period, and one for each kind whose members are asked for.
    ``lookback``: cohorts of so many days before the period too.
    """
    found: dict[str, Kept] = {key: Kept(period) for key in keys or ()}
    if dim == Dimension.TOTAL:
        found.setdefault("", Kept(period))
    if scope.team_ids is not None and not scope.team_ids:
        return found
    _read_days(found, scope, period, kinds, dim, keys)
    if first_kinds and dim == Dimension.TOTAL:
        since = Period(period.first - timedelta(days=lookback), period.last)
        for kind, cohorts in first_days(scope, since, first_kinds).items():
            found[""].cohorts[kind] = cohorts
            inside = (members for day, members in cohorts.items() if day >= period.first)
            found[""].firsts[kind] = BitMap.union(BitMap(), *inside)
    if sets:
        read_sets(found, scope, period, dim, keys, sets)
    return found


def _read_days(
    found: dict[str, Kept],
    scope: Scope,
    period: Period,
    kinds: Collection[str],
    dim: Dimension,
    keys: Collection[str] | None,
) -> None:
    where = "dim = %(dim)s AND kind = ANY(%(kinds)s) AND day BETWEEN %(first)s AND %(last)s"
    if scope.teams is not None:
        where += " AND team_id = ANY(%(teams)s)"
    if keys is not None:
        where += " AND key = ANY(%(keys)s)"
    values: dict[str, Any] = {
        "dim": dim.value,
        "kinds": [str(kind) for kind in kinds],
        "first": period.first,
        "last": period.last,
        "teams": scope.teams,
        "keys": list(keys or ()),
    }
    sets = DaySets(where, values, frozenset(values["kinds"]), found)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, kind, variant, sum(count), sum(value) FROM analytics_dayfigure"
            f" WHERE {where} GROUP BY 1, 2, 3",
            values,
        )
        for key, kind, variant, count, value in cursor.fetchall():
            found.setdefault(key, Kept(period)).sums[kind, variant] = int(count), value
    for kept in found.values():
        kept.sets_of_days = sets


def read_sets(
    found: dict[str, Kept],
    scope: Scope,
    period: Period,
    dim: Dimension,
    keys: Collection[str] | None,
    names: Collection[str],
) -> None:
    """Adds the member sets ``names`` of today to ``found``, which gets the keys that it lacks. One query."""
    sql = "SELECT key, name, members FROM analytics_memberset WHERE dim = %s AND name = ANY(%s)"
    values: list[Any] = [dim.value, list(names)]
    if dim == Dimension.TOTAL or scope.team_ids is not None:
        sql += " AND team_id = ANY(%s)"
        values.append(scope.set_teams)
    if keys is not None:
        sql += " AND key = ANY(%s)"
        values.append(list(keys))
    with binary_cursor() as cursor:
        cursor.execute(sql, values, binary=True)
        for key, name, members in cursor:
            kept = found.get(key)
            if kept is None:
                kept = found[key] = Kept(period)
            here = BitMap.deserialize(members)
            kept.sets[name] = kept.sets[name] | here if name in kept.sets else here


def readings(
    metrics: Iterable[Metric],
    *,
    scope: Scope,
    period: Period,
    dim: Dimension = Dimension.TOTAL,
    keys: Collection[str] | None = None,
) -> dict[str, dict[str, Reading]]:
    """{key of the dimension: {metric key: reading}}: all metrics from one look at the rollups.

    A metric that cannot be split by ``dim`` reads None. Queries: at most three, and two more each for metrics that
    compare with the whole or with the period before; one for each extra.
    """
    asked = list(metrics)
    wanted = [metric for metric in asked if dim in metric.dimensions]
    found = figures(
        scope=scope,
        period=period,
        kinds={kind for metric in wanted for kind in metric.needs},
        dim=dim,
        keys=keys,
        first_kinds={kind for metric in wanted for kind in metric.first_kinds},
        sets={name for metric in wanted for name in metric.sets},
        lookback=max((metric.lookback for metric in wanted), default=0),
    )
    # In this order: a key that only the period before has is measured against the whole too.
    _add_before(found, wanted, scope, period, dim, keys)
    _add_context(found, wanted, scope, period)
    for name in {name for metric in wanted for name in metric.extras}:
        for key, data in EXTRAS[name](scope, period, dim, keys).items():
            if key in found:
                found[key].extras[name] = data
    nothing = Reading(None)
    return {
        key: {metric.key: metric.formula(kept) if dim in metric.dimensions else nothing for metric in asked}
        for key, kept in found.items()
    }


def _add_context(found: dict[str, Kept], metrics: list[Metric], scope: Scope, period: Period) -> None:
    kinds = {kind for metric in metrics for kind in metric.context}
    if not kinds:
        return
    total = figures(scope=scope, period=period, kinds=kinds)[""]
    for kept in found.values():
        kept.total = total


def _add_before(
    found: dict[str, Kept],
    metrics: list[Metric],
    scope: Scope,
    period: Period,
    dim: Dimension,
    keys: Collection[str] | None,
) -> None:
    kinds = {kind for metric in metrics for kind in metric.before}
    if not kinds:
        return
    earlier = period.previous()
    for key, kept in figures(scope=scope, period=earlier, kinds=kinds, dim=dim, keys=keys).items():
        found.setdefault(key, Kept(period)).previous = kept


def top_keys(
    *, scope: Scope, period: Period, kind: str, dim: Dimension, variants: str = "%", limit: int = 20
) -> list[tuple[str, int]]:
    """The keys of ``dim`` with the most facts of ``kind``, with how many; of varieties LIKE ``variants``. One query,
    added up by the database."""
    if scope.team_ids is not None and not scope.team_ids:
        return []
    team = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, sum(count)::bigint FROM analytics_dayfigure WHERE dim = %(dim)s AND kind = %(kind)s"
            f" AND variant LIKE %(variants)s AND day BETWEEN %(first)s AND %(last)s {team} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s",
            {
                "dim": dim.value,
                "kind": kind,
                "variants": variants,
                "first": period.first,
                "last": period.last,
                "teams": scope.teams,
                "limit": limit,
            },
        )
        return [(key, int(count)) for key, count in cursor.fetchall()]
