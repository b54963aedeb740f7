"""Forgetting: uploads, error files, journals and staging tables past their time (M5)."""

from datetime import datetime, timedelta

from django.core.files.storage import storages
from django.db import connection

from apps.core.models import move
from apps.imports.enums import EDITABLE_STATES, JOB_MOVES, WORKING_STATES, JobState
from apps.imports.models import Change, ImportJob
from apps.imports.services.jobs import RETENTION
from apps.imports.services.staging import drop_tables

_WAITING = timedelta(days=1)
#: Where django-import-export puts them.
PLAIN_FOLDER = "django-import-export"


def purge(*, now: datetime) -> int:
    """Delete the personal data of jobs older than ``RETENTION``; their counts stay. Returns how many jobs."""
    _drop_strays(now)
    _drop_previews(now)
    old = ImportJob.objects.filter(updated_at__lt=now - RETENTION).exclude(file="", error_file="")
    count = 0
    for job in old.exclude(state__in=WORKING_STATES).iterator():
        for name in filter(None, (job.file.name, job.error_file.name)):
            job.file.storage.delete(name)
        Change.objects.filter(job_id=job.pk).delete()
        drop_tables(job_id=job.pk)
        if job.state in EDITABLE_STATES:  # its file is gone: there is nothing to import any more
            move(job, JobState.CANCELLED, table=JOB_MOVES, finished_at=now)
        ImportJob.objects.filter(pk=job.pk).update(file="", error_file="", problems=[], preview={})
        count += 1
    return count


def _drop_previews(now: datetime) -> None:
    """Files of plain imports that somebody looked at and never confirmed."""
    storage = storages["import_export"]
    try:
        _folders, names = storage.listdir(PLAIN_FOLDER)
    except FileNotFoundError:
        return
    for name in names:
        path = f"{PLAIN_FOLDER}/{name}"
        if storage.get_modified_time(path) < now - _WAITING:
            storage.delete(path)


def _drop_strays(now: datetime) -> None:
    """Staging tables of jobs that rest or are gone: a worker was killed before it could drop them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT substring(tablename FROM '^import_(?:raw|rows|notes)_([0-9]+)$')::bigint"
            " FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ '^import_(raw|rows|notes)_[0-9]+$'"
        )
        ids = {row[0] for row in cursor.fetchall()}
    busy = set(ImportJob.objects.filter(pk__in=ids, state__in=WORKING_STATES).values_list("pk", flat=True))
    # A checked job waits for its person, but not for ever: what is dropped is loaded again when needed.
    checked = ImportJob.objects.filter(pk__in=ids, state=JobState.CHECKED, updated_at__gt=now - _WAITING)
    for job_id in ids - busy - set(checked.values_list("pk", flat=True)):
        drop_tables(job_id=job_id)
