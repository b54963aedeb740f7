"""Taking an import back while its rows are untouched (M2)."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.imports.enums import Phase
from apps.imports.models import ImportJob
from apps.imports.services.leases import Lease
from apps.imports.services.running import UndoRun
from apps.imports.services.targets import Target

_EXAMPLES = 100


def undo_rows(*, job: ImportJob, target: Target, now: datetime, lease: Lease | None = None) -> dict[str, Any]:
    """Take back, in the caller's transaction, all that the job wrote to rows that nobody touched since.

    Returns ``{"deleted", "restored", "kept", "reasons": {code: count}, "examples": [[label, id, code], …]}``.
    A touched object is kept whole, with everything that the import attached to it.
    """
    assert connection.in_atomic_block
    assert job.written_at is not None
    run = UndoRun(
        job_id=job.pk,
        actor=job.created_by,
        stamp=job.written_at,
        now=now,
        tables=frozenset(table for step in target.steps for table in step.tables),
    )
    run.execute("SET CONSTRAINTS ALL IMMEDIATE")
    run.execute("DROP TABLE IF EXISTS pg_temp.import_kept")
    run.execute(
        "CREATE TEMPORARY TABLE import_kept (label text, object_id bigint, reason text,"
        " PRIMARY KEY (label, object_id)) ON COMMIT DROP"
    )
    steps = target.steps_for(frozenset(column.key for column in target.columns))[::-1]
    before = _tally(job, target)
    for step in steps:
        step.touched(run)
    for number, step in enumerate(steps):
        if lease:
            lease.beat(phase=Phase.UNDOING, done=number, total=len(steps))
        step.undo(run)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, count(*) FROM import_kept GROUP BY 1 ORDER BY 2 DESC")
        reasons = dict(cursor.fetchall())
        cursor.execute("SELECT label, object_id, reason FROM import_kept ORDER BY 1, 2 LIMIT %s", [_EXAMPLES])
        examples = [list(row) for row in cursor.fetchall()]
        # What was taken back is gone from the journal; what is kept can be looked up in it.
        cursor.execute(
            "DELETE FROM imports_change c WHERE job_id = %s AND NOT EXISTS (SELECT 1 FROM import_kept k"
            " WHERE k.label = c.label AND k.object_id = c.object_id)",
            [job.pk],
        )
    kept = _tally(job, target)
    return {
        "deleted": before[0] - kept[0],
        "restored": before[1] - kept[1],
        "kept": sum(kept),
        "reasons": reasons,
        "examples": examples,
    }


def preview_undo(*, job: ImportJob, target: Target, now: datetime) -> dict[str, Any]:
    """What ``undo_rows`` would do now: it is done and rolled back."""
    with transaction.atomic():
        result = undo_rows(job=job, target=target, now=now)
        transaction.set_rollback(True)
    return result


def _tally(job: ImportJob, target: Target) -> tuple[int, int]:
    """(created, updated) objects of the target's own kind that stand in the job's journal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE before IS NULL), count(*) FILTER (WHERE before IS NOT NULL)"
            " FROM imports_change WHERE job_id = %s AND label = %s",
            [job.pk, target.model_label],
        )
        row = cursor.fetchone()
    return row[0], row[1]
