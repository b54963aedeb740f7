"""Whether what an entry earns is held for a person to look at."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from apps.campaigns.enums import FlagState
from apps.campaigns.mechanics.base import Give
from apps.campaigns.models import Flag
from apps.campaigns.selectors.plans import Plan

#: Open suspicion from this sum of scores on holds grants, unless the campaign says otherwise.
HOLD_FROM = 60


def is_suspicious(*, plan: Plan, entry_id: int, gives: Sequence[Give], now: datetime) -> bool:
    """Do the entry's open flags reach the campaign's threshold? In the caller's transaction (C13)."""
    found = Flag.objects.filter(entry_id=entry_id, state=FlagState.OPEN).aggregate(score=Sum("score"))
    return (found["score"] or 0) >= plan.risk.get("hold_from", HOLD_FROM)


def suspicious_entries(*, plan: Plan) -> list[int]:
    """Entries of the plan's run whose open flags reach the threshold: what a settlement gives them is held (C13)."""
    open_flags = Flag.objects.filter(run_id=plan.run_id, state=FlagState.OPEN).values("entry_id")
    heavy = open_flags.annotate(total=Sum("score")).filter(total__gte=plan.risk.get("hold_from", HOLD_FROM))
    return list(heavy.order_by().values_list("entry_id", flat=True))
