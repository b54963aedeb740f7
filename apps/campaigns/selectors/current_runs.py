"""The run of a campaign that matters now."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from apps.campaigns.enums import LIVE_RUN_STATES, UNSETTLED_RUN_STATES, RunState
from apps.campaigns.models import Campaign, Run

_GOING = LIVE_RUN_STATES | UNSETTLED_RUN_STATES | {RunState.SETTLING}


def with_current_runs(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """``campaigns`` with ``going_runs``: their unfinished runs with stock, earliest first; one query for all."""
    runs = Run.objects.filter(state__in=_GOING).select_related("stock").order_by("opens_at", "id")
    return campaigns.prefetch_related(Prefetch("runs", queryset=runs, to_attr="going_runs"))


def current_of(runs: Iterable[Run]) -> Run | None:
    """Of unfinished runs: the open or paused one, else the next to open, else the last that still has to settle."""
    runs = list(runs)
    playing = [run for run in runs if run.state in (RunState.OPEN, RunState.PAUSED)]
    coming = [run for run in runs if run.state == RunState.SCHEDULED]
    return next(iter(playing or coming or runs[-1:]), None)
