"""Beat-driven upkeep of member pages."""

from celery import shared_task

from apps.h5.services.posters import prune_posters as prune


@shared_task
def prune_posters() -> None:
    """Keep the drawn posters within their size."""
    prune()
