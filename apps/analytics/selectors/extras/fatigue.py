"""疲劳度: how many take part in each run of a campaign."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.events.enums import EventKind


@dataclass(frozen=True)
class RunEntrants:
    """Members who opened an entry in a run within the period."""

    run_id: int
    entrants: int


_SQL = """
SELECT r.campaign_id, r.id, f.members FROM campaigns_run r
JOIN analytics_dayfigure f ON f.dim = 'run' AND f.key = r.id::text AND f.kind = %(kind)s
  AND f.day BETWEEN %(first)s AND %(last)s
WHERE f.members IS NOT NULL {keys} {teams} ORDER BY r.campaign_id, r.opens_at, r.id
"""


def fatigue(
    scope: Scope, period: Period, dim: Dimension, keys: Collection[str] | None
) -> dict[str, list[RunEntrants]]:
    """{campaign: its runs with entries in the period, in their order}. Campaigns only."""
    if dim != Dimension.CAMPAIGN:
        return {}
    sql = _SQL.format(
        keys="" if keys is None else "AND r.campaign_id::text = ANY(%(keys)s)",
        teams="" if scope.teams is None else "AND f.team_id = ANY(%(teams)s)",
    )
    values: dict[str, Any] = {
        "kind": EventKind.CAMPAIGN_ENTERED.value,
        "first": period.first,
        "last": period.last,
        "keys": list(keys or ()),
        "teams": scope.teams,
    }
    found: dict[str, dict[int, BitMap]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for campaign_id, run_id, members in cursor.fetchall():
            runs = found.setdefault(str(campaign_id), {})
            runs[run_id] = runs.get(run_id, BitMap()) | BitMap.deserialize(bytes(members))
    return {
        campaign: [RunEntrants(run_id, len(members)) for run_id, members in runs.items()]
        for campaign, runs in found.items()
    }
