"""Cohorts: who did something for the first time on which day."""

from collections.abc import Collection
from datetime import date

from pyroaring import BitMap

from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope


def first_days(scope: Scope, period: Period, kinds: Collection[str]) -> dict[str, dict[date, BitMap]]:
    """{kind: {day: members who did it for the first time on that day}}, first within the scope."""
    found: dict[str, dict[date, BitMap]] = {str(kind): {} for kind in kinds}
    # Of one row per day only the period is needed; of several teams, who came to another one before.
    since = period.first if len(scope.set_teams) <= 1 else date.min
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT kind, day, members FROM analytics_firstday"
            " WHERE kind = ANY(%s) AND team_id = ANY(%s) AND day BETWEEN %s AND %s ORDER BY day",
            [list(found), scope.set_teams, since, period.last],
            binary=True,
        )
        rows = cursor.fetchall()
    # The first day in several teams is the earliest of each team's: who was there before is not new.
    seen: dict[str, BitMap] = {kind: BitMap() for kind in found}
    for kind, day, members in rows:
        fresh = BitMap.deserialize(members) - seen[kind]
        seen[kind] |= fresh
        if day >= period.first and fresh:
            days = found[kind]
            days[day] = days[day] | fresh if day in days else fresh
    return found
