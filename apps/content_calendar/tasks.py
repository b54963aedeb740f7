"""Beat-driven upkeep of posts."""

from celery import shared_task

from apps.content_calendar.services.finishing import finish_posts as finish
from apps.content_calendar.services.run_posts import draft_run_posts as draft
from apps.core.clock import database_now


@shared_task
def finish_posts() -> None:
    """Close posts whose messages have all come to an end."""
    finish(now=database_now())


@shared_task
def draft_run_posts() -> None:
    """Draft the posts that campaigns' runs want; take back those that are over."""
    draft(now=database_now())
