"""Beat-driven upkeep of member pages."""

from celery import shared_task

from apps.core.clock import database_now
from apps.h5.services.forgetting import unlink_old_visitors as unlink
from apps.h5.services.gaps import fill_gaps
from apps.h5.services.posters import prune_posters as prune


@shared_task
def prune_posters() -> None:
    """Keep the drawn posters within their size and age."""
    prune(now=database_now())


@shared_task
def unlink_old_visitors() -> None:
    """Visits of long ago become numbers."""
    unlink(now=database_now())


@shared_task
def fill_conversions() -> None:
    """What a crash between a deed and its record has lost."""
    fill_gaps(now=database_now())
