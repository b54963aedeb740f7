"""A week by weekday and hour: when people act, against when posts go out."""

from collections.abc import Collection

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope

type Week = list[list[int]]


def weekdays_in(period: Period) -> list[int]:
    """How often each weekday (Monday first) is in the period: what an hour's sum is divided by."""
    found = [0] * 7
    for day in period:
        found[day.weekday()] += 1
    return found


def by_weekday_and_hour(
    scope: Scope,
    period: Period,
    kinds: Collection[str],
    *,
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
) -> dict[str, Week]:
    """{kind: counts of 7 weekdays (Monday first) × 24 hours of the portal's clock}; one query."""
    found: dict[str, Week] = {str(kind): [[0] * 24 for _day in range(7)] for kind in kinds}
    teams = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, extract(isodow FROM hour AT TIME ZONE %(zone)s)::int - 1,"
            " extract(hour FROM hour AT TIME ZONE %(zone)s)::int, sum(count) FROM analytics_hourfigure"
            " WHERE dim = %(dim)s AND key = %(key)s AND kind = ANY(%(kinds)s)"
            f" AND hour >= %(start)s AND hour < %(end)s {teams} GROUP BY 1, 2, 3",
            {
                "zone": business_zone().key,
                "dim": dim.value,
                "key": key,
                "kinds": list(found),
                "start": period.start,
                "end": period.end,
                "teams": scope.teams,
            },
        )
        for kind, weekday, hour, count in cursor.fetchall():
            found[kind][weekday][hour] = int(count)
    return found
