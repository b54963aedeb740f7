"""What happened to a campaign and its runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from apps.accounts.models import AuditEntry
from apps.campaigns.enums import EntryState
from apps.campaigns.models import Campaign, Entry, Run

_ENTRIES_SHOWN = 20
_RUNS_LOOKED_AT = 20


@dataclass(frozen=True)
class Tally:
    """Entries of one run, and how many of them came to success."""

    entries: int = 0
    won: int = 0


def tallies_of(runs: Iterable[Run]) -> dict[int, Tally]:
    """By run id; one query."""
    ids = [run.pk for run in runs]
    counted = (
        Entry.objects.filter(run__in=ids)
        .values("run_id")
        .annotate(entries=Count("pk"), won=Count("pk", filter=Q(state=EntryState.WON)))
        .order_by()
    )
    found = {row["run_id"]: Tally(row["entries"], row["won"]) for row in counted}
    return {pk: found.get(pk, Tally()) for pk in ids}


def history_of(campaign: Campaign) -> list[AuditEntry]:
    """The last acts on the campaign and its latest runs, newest first. Whoever sees the campaign may see them:
    they hold no personal data."""
    runs = campaign.runs.order_by("-id").values_list("pk", flat=True)[:_RUNS_LOOKED_AT]
    targets = [f"campaigns.campaign:{campaign.pk}", *(f"campaigns.run:{pk}" for pk in runs)]
    entries = AuditEntry.objects.filter(target__in=targets).select_related("actor")
    return list(entries.order_by("-id")[:_ENTRIES_SHOWN])


def history_of_run(run: Run) -> list[AuditEntry]:
    """The last acts on the run itself, newest first."""
    entries = AuditEntry.objects.filter(target=f"campaigns.run:{run.pk}").select_related("actor")
    return list(entries.order_by("-id")[:_ENTRIES_SHOWN])
