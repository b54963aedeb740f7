"""Beat-driven upkeep of the fact log."""

from celery import shared_task

from apps.core.clock import database_now
from apps.events.services.recording import ensure_partitions


@shared_task
def make_partitions() -> None:
    """Make next months' partitions ahead of time."""
    ensure_partitions(now=database_now())
