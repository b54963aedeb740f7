"""Beat's ticks of this room."""

from celery import shared_task

from apps.analytics.services import rolling
from apps.analytics.services.rolling.hours import trim_hours as trim
from apps.analytics.services.scoring import score_buyers as score
from apps.core.clock import database_now


@shared_task
def roll() -> int:
    """Bring the rollups up to date."""
    now = database_now()
    return rolling.rebuild(now=now) if rolling.needs_rebuild() else rolling.roll(now=now)


@shared_task
def score_buyers() -> int:
    """Today's RFM grid."""
    return score(now=database_now())


@shared_task
def trim_hours() -> int:
    """Forget the hours that no page shows any more."""
    return trim(now=database_now())
