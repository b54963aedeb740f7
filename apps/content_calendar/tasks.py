"""Beat-driven upkeep of posts."""

from celery import shared_task

from apps.content_calendar.services.finishing import finish_posts as finish
from apps.core.clock import database_now


@shared_task
def finish_posts() -> None:
    """Close posts whose messages have all come to an end."""
    finish(now=database_now())
