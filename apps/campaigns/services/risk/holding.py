"""Whether what an entry earns is held for a person to look at."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from apps.campaigns.mechanics.base import Give
from apps.campaigns.selectors.plans import Plan

#: Open suspicion from this sum of scores on holds grants, unless the campaign says otherwise.
HOLD_FROM = 60
_OPEN_SCORE = "SELECT COALESCE(sum(score), 0) FROM campaigns_flag WHERE entry_id = %s AND state = 'open'"


def is_suspicious(*, plan: Plan, entry_id: int, gives: Sequence[Give], now: datetime) -> bool:
    """Do the entry's open flags reach the campaign's threshold? In the caller's transaction (C13)."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_SCORE, [entry_id])
        return cursor.fetchone()[0] >= plan.risk.get("hold_from", HOLD_FROM)
