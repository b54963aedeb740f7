"""Beat's ticks of this room."""

from celery import shared_task

from apps.analytics.services import rolling
from apps.core.clock import database_now


@shared_task
def roll() -> int:
    """Bring the rollups up to date."""
    now = database_now()
    return rolling.rebuild(now=now) if rolling.needs_rebuild() else rolling.roll(now=now)
