"""裂变周期: from a member's arrival to the first new member that they bring."""

from collections.abc import Collection

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope

_SQL = """
WITH found AS (
  SELECT member_id, min(arrived_at) AS arrived_at, min(invited_at) AS invited_at FROM analytics_arrival
  WHERE member_id IN (
    SELECT member_id FROM analytics_arrival WHERE invited_at >= %(start)s AND invited_at < %(end)s {teams})
  {teams} GROUP BY 1)
SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM invited_at - arrived_at) / 3600), 0),
  count(*)
FROM found WHERE invited_at >= %(start)s AND invited_at < %(end)s AND arrived_at <= invited_at
"""


def waits(
    scope: Scope, period: Period, _dim: Dimension, _keys: Collection[str] | None
) -> dict[str, tuple[float, int]]:
    """{"": (median hours, members)} of those who brought their first new member in the period."""
    teams = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL.format(teams=teams), {"start": period.start, "end": period.end, "teams": scope.teams}
        )
        hours, members = cursor.fetchone()
    return {"": (float(hours), int(members))}
