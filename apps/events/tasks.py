"""Beat-driven upkeep of the fact log."""

from celery import shared_task

from apps.core.clock import database_now
from apps.events.services.partitions import ensure_partitions, move_out_of_default


@shared_task
def make_partitions() -> None:
    """Make next months' partitions ahead of time, and those of months that late facts have opened."""
    ensure_partitions(now=database_now())
    move_out_of_default()
