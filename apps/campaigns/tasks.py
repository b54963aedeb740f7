"""Beat's ticks. The tables decide what is due: a lost tick loses nothing, a doubled one does nothing (C10)."""

from celery import shared_task

from apps.campaigns.services import expiring, runs, scoring, settling
from apps.core.clock import database_now


@shared_task
def open_due_runs() -> None:
    """Open runs whose time has come; call off those that were missed."""
    runs.open_due_runs(now=database_now())


@shared_task
def close_due_runs() -> None:
    """End runs whose window is over."""
    runs.close_due_runs(now=database_now())


@shared_task
def warn_ending_runs() -> None:
    """Tell people of runs that end soon."""
    runs.warn_ending_runs(now=database_now())


@shared_task
def plan_runs() -> None:
    """Keep one run ahead of every launched campaign."""
    runs.plan_runs(now=database_now())


@shared_task
def expire_due_entries() -> None:
    """End entries whose time is over."""
    expiring.expire_due_entries(now=database_now())


@shared_task
def collect_scores() -> None:
    """Bring scores up to date from invites, orders and points."""
    scoring.collect_scores(now=database_now())


@shared_task
def void_leavers() -> None:
    """Void contributions of members who left, where the rules say so."""
    scoring.void_leavers(now=database_now())


@shared_task
def settle_due_runs() -> None:
    """Bring runs that are over to their result."""
    settling.settle_due_runs(now=database_now())
