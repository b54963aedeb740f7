"""LTV: what a cohort has brought until now."""

from collections.abc import Collection
from decimal import Decimal

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.selectors.firsts import first_days
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.events.enums import EventKind

_JOINED = EventKind.GROUP_JOINED.value


def lifetime(
    scope: Scope, period: Period, _dim: Dimension, _keys: Collection[str] | None
) -> dict[str, tuple[Decimal, int]]:
    """{"": (yuan paid less refunded until now, members)} of those who joined a group for the first time in the
    period."""
    cohort = BitMap.union(BitMap(), *first_days(scope, period, [_JOINED])[_JOINED].values())
    if not cohort:
        return {"": (Decimal(0), 0)}
    teams = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(paid - refunded), 0) FROM analytics_membervalue"
            f" WHERE member_id = ANY(%(members)s) {teams}",
            {"members": list(cohort), "teams": scope.teams},
        )
        return {"": (cursor.fetchone()[0], len(cohort))}
