"""Sets of members by bucket of time: what cohorts, lifecycle and stickiness are made of."""

from collections.abc import Iterable
from datetime import date

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.buckets import Grain, bucket_of
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope


def day_sets(
    scope: Scope, period: Period, kind: str, *, dim: Dimension = Dimension.TOTAL, key: str = ""
) -> dict[date, BitMap]:
    """{day: members who did ``kind`` on it}, for the days that have any. One query."""
    found: dict[date, list[BitMap]] = {}
    if scope.team_ids is not None and not scope.team_ids:
        return {}
    team = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT day, members FROM analytics_dayfigure WHERE dim = %(dim)s AND key = %(key)s AND kind = %(kind)s"
            f" AND day BETWEEN %(first)s AND %(last)s AND members IS NOT NULL {team}",
            {
                "dim": dim.value,
                "key": key,
                "kind": kind,
                "first": period.first,
                "last": period.last,
                "teams": scope.teams,
            },
            binary=True,
        )
        for day, members in cursor:
            found.setdefault(day, []).append(BitMap.deserialize(members))
    return {day: union(sets) for day, sets in found.items()}


def clipped(days: dict[date, BitMap], period: Period) -> dict[date, BitMap]:
    """Those of ``days`` that lie in ``period``."""
    return {day: members for day, members in days.items() if period.first <= day <= period.last}


def keyed_day_sets(scope: Scope, period: Period, kind: str, dim: Dimension) -> dict[str, dict[date, BitMap]]:
    """{key: {day: members who did ``kind`` on it under that key}}. One query."""
    found: dict[str, dict[date, BitMap]] = {}
    if scope.team_ids is not None and not scope.team_ids:
        return found
    team = "" if scope.teams is None else "AND team_id = ANY(%(teams)s)"
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT key, day, members FROM analytics_dayfigure WHERE dim = %(dim)s AND kind = %(kind)s"
            f" AND day BETWEEN %(first)s AND %(last)s AND members IS NOT NULL {team}",
            {
                "dim": dim.value,
                "kind": kind,
                "first": period.first,
                "last": period.last,
                "teams": scope.teams,
            },
            binary=True,
        )
        for key, day, members in cursor:
            days = found.setdefault(key, {})
            here = BitMap.deserialize(members)
            days[day] = days[day] | here if day in days else here
    return found


def in_buckets(days: dict[date, BitMap], grain: Grain) -> dict[date, BitMap]:
    """{first day of the bucket: members of any of its days}."""
    if grain == Grain.DAY:
        return days
    parts: dict[date, list[BitMap]] = {}
    for day, members in days.items():
        parts.setdefault(bucket_of(day, grain), []).append(members)
    return {bucket: union(sets) for bucket, sets in parts.items()}


def union(sets: Iterable[BitMap]) -> BitMap:
    """Who is in any of them."""
    return BitMap.union(BitMap(), *sets)
