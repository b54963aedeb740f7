"""Beat's ticks of this room."""

from celery import shared_task

from apps.analytics.services import alerts, goals, growing, reporting, rolling
from apps.analytics.services.retention import drop_old_facts
from apps.analytics.services.rolling.hours import trim_hours as trim
from apps.analytics.services.scoring import score_buyers as score
from apps.core.clock import database_now


@shared_task
def roll() -> int:
    """Bring the rollups up to date; after their first making buyers need not wait an hour for their scores."""
    now = database_now()
    if rolling.needs_rebuild():
        rows = rolling.rebuild(now=now, only_if_needed=True)
        if rows:
            score(now=now)
        return rows
    return rolling.roll(now=now)


@shared_task
def drop_old() -> None:
    """Drop the months of the log whose time is over."""
    drop_old_facts(now=database_now())


@shared_task
def grow_forest() -> int:
    """Lay out the referral trees anew."""
    return growing.grow()


@shared_task
def make_reports() -> int:
    """Write the reports that are due (D7), then mail what waits."""
    now = database_now()
    made = reporting.make_due_reports(now=now)
    reporting.mail_reports(now=now)
    return made


@shared_task
def score_buyers() -> int:
    """Today's RFM grid."""
    return score(now=database_now())


@shared_task
def trim_hours() -> int:
    """Forget the hours that no page shows any more."""
    return trim(now=database_now())


@shared_task
def read_goals() -> int:
    """Derive every running goal's progress and forecast."""
    return goals.read_goals(now=database_now())


@shared_task
def watch() -> int:
    """Judge yesterday's figures."""
    return alerts.watch(now=database_now())
