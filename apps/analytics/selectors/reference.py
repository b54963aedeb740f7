"""What plain SQL over raw facts says: the witness that metrics are held against (A2)."""

from typing import Any

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.facts import KEYS
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope


def reference_sql(
    metric: Metric, *, scope: Scope, period: Period, dim: Dimension = Dimension.TOTAL, key: str = ""
) -> tuple[str, dict[str, Any]]:
    """``metric.sql`` with its placeholders filled, and the parameters to run it with."""
    in_scope = "" if scope.teams is None else "AND coalesce(e.team_id, 0) = ANY(%(teams)s)"
    of_key = "" if dim == Dimension.TOTAL else f" AND ({KEYS[dim]}) = %(key)s"
    return metric.sql.format(where=in_scope + of_key, scope=in_scope), {
        "start": period.start,
        "end": period.end,
        "was": period.previous().start,
        "days": period.days,
        "zone": business_zone().key,
        "teams": scope.teams,
        "key": key,
    }


def reference(
    metric: Metric, *, scope: Scope, period: Period, dim: Dimension = Dimension.TOTAL, key: str = ""
) -> tuple[Any, Any]:
    """(numerator, denominator or None) by plain SQL: slow, for proofs only."""
    sql, values = reference_sql(metric, scope=scope, period=period, dim=dim, key=key)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        numerator, denominator = cursor.fetchone()
    return numerator, denominator
