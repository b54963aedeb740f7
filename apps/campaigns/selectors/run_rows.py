"""What the list of runs says of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from apps.campaigns.enums import EntryState, GrantState
from apps.campaigns.models import Entry, Grant, Run


@dataclass(frozen=True)
class RunCounts:
    """``seats``: places that count on all entries; ``held``: gifts that wait for a review."""

    entries: int = 0
    won: int = 0
    seats: int = 0
    held: int = 0


def counts_of(runs: Iterable[Run]) -> dict[int, RunCounts]:
    """By run id; two queries for all."""
    ids = [run.pk for run in runs]
    rows = (
        Entry.objects.filter(run__in=ids)
        .order_by()
        .values("run_id")
        .annotate(entries=Count("pk"), won=Count("pk", filter=Q(state=EntryState.WON)), seats=Sum("count"))
    )
    held = dict(
        Grant.objects.filter(run__in=ids, state=GrantState.HELD)
        .order_by()
        .values_list("run_id")
        .annotate(Count("pk"))
    )
    found = {
        row["run_id"]: RunCounts(row["entries"], row["won"], row["seats"], held.get(row["run_id"], 0))
        for row in rows
    }
    return {pk: found.get(pk, RunCounts(held=held.get(pk, 0))) for pk in ids}
