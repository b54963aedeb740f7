"""Beat's ticks of this room."""

from celery import shared_task

from apps.analytics.services import alerts, goals, rolling
from apps.core.clock import database_now


@shared_task
def roll() -> int:
    """Bring the rollups up to date."""
    now = database_now()
    return rolling.rebuild(now=now) if rolling.needs_rebuild() else rolling.roll(now=now)


@shared_task
def read_goals() -> int:
    """Derive every running goal's progress and forecast."""
    return goals.read_goals(now=database_now())


@shared_task
def watch() -> int:
    """Judge yesterday's figures."""
    return alerts.watch(now=database_now())
