"""Beat-driven work on import jobs."""

from celery import shared_task

from apps.core.clock import database_now
from apps.imports.services.retention import purge
from apps.imports.services.working import work_next


@shared_task
def run_due_jobs() -> None:
    """Work on every job that is queued, or whose worker is gone, until none is left (D7, M2)."""
    while work_next() is not None:
        pass


@shared_task
def purge_old_files() -> None:
    """Delete uploads, error files and journals past their time (M5)."""
    purge(now=database_now())
