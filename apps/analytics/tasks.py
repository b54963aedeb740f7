"""Beat's ticks of this room."""

from celery import shared_task

from apps.analytics.services import rolling
from apps.analytics.services.retention import drop_old_facts
from apps.core.clock import database_now


@shared_task
def roll() -> int:
    """Bring the rollups up to date."""
    now = database_now()
    return rolling.rebuild(now=now) if rolling.needs_rebuild() else rolling.roll(now=now)


@shared_task
def drop_old() -> None:
    """Drop the months of the log whose time is over."""
    drop_old_facts(now=database_now())
