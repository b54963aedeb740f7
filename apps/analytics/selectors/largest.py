"""Which keys of a dimension matter: a house may have as many inviters as members, and nobody reads a million lines."""

from typing import Any

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope


def largest_keys(
    metric: Metric, *, scope: Scope, period: Period, dim: Dimension, limit: int
) -> tuple[list[str], bool]:
    """The ``limit`` keys of ``dim`` with the most facts that ``metric`` reads, then those that only have members now;
    and whether there are more. One query, two for a metric of members now."""
    if scope.team_ids is not None and not scope.team_ids:
        return [], False
    team = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    values: dict[str, Any] = {
        "dim": dim.value,
        "kinds": [str(kind) for kind in metric.needs],
        "sets": list(metric.sets),
        "first": period.first,
        "last": period.last,
        "teams": scope.teams,
        "most": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM analytics_dayfigure WHERE dim = %(dim)s AND kind = ANY(%(kinds)s::varchar[])"
            f" AND day BETWEEN %(first)s AND %(last)s {team} GROUP BY 1 ORDER BY sum(count) DESC, 1 LIMIT %(most)s",
            values,
        )
        keys = [key for (key,) in cursor.fetchall()]
        if metric.sets and len(keys) <= limit:
            cursor.execute(
                "SELECT DISTINCT key FROM analytics_memberset WHERE dim = %(dim)s AND name = ANY(%(sets)s::varchar[])"
                f" {team} AND key <> ALL(%(known)s::varchar[]) ORDER BY 1 LIMIT %(most)s",
                {**values, "known": keys},
            )
            keys += [key for (key,) in cursor.fetchall()]
    return keys[:limit], len(keys) > limit
