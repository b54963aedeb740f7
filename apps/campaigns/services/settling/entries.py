"""Ending what is still going on when the window is over."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.campaigns.enums import EntryState
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.expiring import end_entry
from apps.core.failpoints import failpoint

BATCH = 200


def end_entries(run: Run, *, now: datetime) -> int:
    """Bring live entries to their end by the mechanic, each in a transaction of its own; returns how many are left.

    One that fails is told to people and keeps nobody else waiting. ``matched`` and ``disputed`` entries with time
    of their own left (a price to be paid, a parcel under way, a screenshot in review) keep it: what was promised to
    a member does not end with the window. The run waits for them, so a settled run has no live entry (C10).

    Of a ranked run only what is not simply open is asked; the open ones are judged together by their rank.
    """
    after = 0
    while True:
        batch = _next(run, after, now)
        for entry_id in batch:
            end_entry(entry_id, now=now, is_closing=True)
            failpoint("settle.entries")
        if len(batch) < BATCH:
            break
        after = batch[-1]
    left = Entry.objects.live().filter(run=run)
    if plan_of(run.pk, run.revision).mechanic.is_ranked and run.ranked_at is None:
        left = left.exclude(state=EntryState.OPEN, pending_count=0)
    return left.count()


@transaction.atomic
def _next(run: Run, after: int, now: datetime) -> list[int]:
    """Ids to end after ``after``; those that somebody holds just now are left to the next tick."""
    has_time = Q(state__in=[EntryState.MATCHED, EntryState.DISPUTED], expires_at__gt=now)
    due = Entry.objects.live().filter(run=run, pk__gt=after).exclude(has_time)
    if plan_of(run.pk, run.revision).mechanic.is_ranked:
        due = due.exclude(state=EntryState.OPEN, pending_count=0)
    free = due.order_by("pk").select_for_update(skip_locked=True, no_key=True)
    return list(free.values_list("pk", flat=True)[:BATCH])
