"""Runs and entries as anybody may find them."""

from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet

from apps.campaigns.enums import LIVE_RUN_STATES, CampaignState, EntryState, RunState
from apps.campaigns.models import Entry, Run

_IS_PLANNED = ExpressionWrapper(Q(state=RunState.SCHEDULED), output_field=BooleanField())


def public_runs() -> QuerySet[Run]:
    """Runs that have a page: neither cancelled, nor a mere plan of a campaign that is not launched."""
    planned = Q(state=RunState.SCHEDULED) & ~Q(campaign__state=CampaignState.LAUNCHED)
    return Run.objects.exclude(Q(state=RunState.CANCELLED) | planned).select_related("campaign", "stock")


def going_and_coming(*, now: datetime) -> QuerySet[Run]:
    """What goes on, soonest to end first, then what comes, soonest first."""
    return (
        public_runs()
        .filter(state__in=LIVE_RUN_STATES, closes_at__gt=now)
        .order_by(_IS_PLANNED, "closes_at", "id")
    )


def joinable_entries(*, run: Run, now: datetime, nearly_full: bool = False) -> QuerySet[Entry]:
    """Open entries of a run whose mechanic lets strangers find them, newest first.

    ``nearly_full``: only those with seats that are bounded and free, fewest free ones first, then soonest to end.
    """
    entries = Entry.objects.filter(run=run, state=EntryState.OPEN).exclude(expires_at__lte=now)
    if not nearly_full:
        return entries.order_by("-id")
    free = F("capacity") - F("count") - F("pending_count")
    return (
        entries.filter(capacity__isnull=False, count__gte=1)
        .annotate(free=free)
        .filter(free__gte=1)
        .order_by("free", F("expires_at").asc(nulls_last=True), "id")
    )
