"""What a worker does with a job that it holds: check, import, report, undo. Resumable at any point (M2)."""

import logging
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.services.notices import notify
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.imports.enums import JOB_MOVES, JobState, Phase
from apps.imports.models import ImportJob
from apps.imports.services.error_files import write_error_file
from apps.imports.services.leases import Cancelled, Lease, LeaseLost, claim_next, held
from apps.imports.services.problems import summarise
from apps.imports.services.running import Run, Tables
from apps.imports.services.staging import drop_tables, load_raw, parse_rows
from apps.imports.services.targets import Target, get_target
from apps.imports.services.undoing import undo_rows
from apps.imports.services.writing import Counts, write_rows

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5


def work_next(*, job_id: int | None = None) -> ImportJob | None:
    """Claim one job that is due (or ``job_id``) and bring it to its next resting state; None if there is none.

    Never raises for a bad file: the job ends ``failed`` with a sentence.
    """
    claimed = claim_next(job_id=job_id)
    if claimed is None:
        return None
    job, token = claimed
    with held(job_id=job.pk, token=token) as lease:
        try:
            _work(job, lease)
        except LeaseLost:
            log.warning("import %s was taken over by another worker", job.pk)
        except Cancelled:
            _leave(job, lease, JobState.CANCELLED, finished_at=Now())
            drop_tables(job_id=job.pk)
        except DomainError as error:
            _fail(job, lease, str(error))
        except OperationalError:
            if job.attempt_count >= MAX_ATTEMPTS:
                raise
            # A deadlock or a lost connection: nothing is written, so another try is right.
            log.exception("import %s will be tried again", job.pk)
            ImportJob.objects.filter(pk=job.pk, lease_token=token).update(leased_until=None)
        except Exception:
            log.exception("import %s failed", job.pk)
            _fail(job, lease, _("系统出错，没有写入任何数据。请稍后重试，或把任务编号告诉管理员。"))
    job.refresh_from_db()
    return job


def _work(job: ImportJob, lease: Lease) -> None:
    if job.attempt_count > MAX_ATTEMPTS and job.written_at is None:
        raise DomainError(_("导入多次中断，没有写入。"), hint=_("请把文件分小一些再试。"))
    target = get_target(job.target)
    match job.state:
        case JobState.CHECKING:
            _check(job, target, lease)
        case JobState.QUEUED | JobState.RUNNING:
            _import(job, target, lease)
        case JobState.UNDOING:
            _undo(job, target, lease)


def _check(job: ImportJob, target: Target, lease: Lease) -> None:
    """The dry run writes everything and rolls back: its counts cannot differ from the import's."""
    load_raw(job=job, lease=lease)
    run = _run(job, database_now())
    parse_rows(job=job, target=target, run=run, lease=lease)
    with transaction.atomic():
        counts = write_rows(run=run, target=target, lease=lease)
        problems = summarise(target, run.tables)
        transaction.set_rollback(True)
    _leave(
        job,
        lease,
        JobState.CHECKED,
        preview={"counts": counts.as_dict(), "problems": problems, "mapping": job.mapping},
    )


def _import(job: ImportJob, target: Target, lease: Lease) -> None:
    if job.state == JobState.QUEUED:
        _enter(job, lease, JobState.RUNNING, started_at=Now())
    if job.written_at is None:
        load_raw(job=job, lease=lease)
        parse_rows(job=job, target=target, run=_run(job, database_now()), lease=lease)
        failpoint("import.staged")
        _write(job, target, lease)
        failpoint("import.written")
    lease.beat(phase=Phase.REPORTING)
    job.refresh_from_db()
    # The rows are committed. What keeps the error file from being made must not keep the job from ending (M2).
    failure = ""
    if job.attempt_count > MAX_ATTEMPTS:
        failure = _("数据已经写入，但没能生成错误文件。被拒绝的行数见报告，改正后可重新上传原文件。")
    elif job.rejected_count and _has_rows(job.pk):
        name = write_error_file(job=job, target=target, token=lease.token)
        ImportJob.objects.filter(pk=job.pk, lease_token=lease.token).update(error_file=name)
    _leave(job, lease, JobState.DONE, finished_at=Now(), failure=failure)
    drop_tables(job_id=job.pk)
    _tell(
        job,
        _("“%(name)s”导入完成：新增 %(created)d，更新 %(updated)d，未变 %(unchanged)d，拒绝 %(rejected)d。")
        % {
            "name": job.original_name,
            "created": job.created_count,
            "updated": job.updated_count,
            "unchanged": job.unchanged_count,
            "rejected": job.rejected_count,
        },
        NoticeLevel.WARNING if job.rejected_count else NoticeLevel.INFO,
    )


def _write(job: ImportJob, target: Target, lease: Lease) -> Counts:
    with transaction.atomic():
        run = _run(job, database_now())
        counts = write_rows(run=run, target=target, lease=lease)
        updated = ImportJob.objects.filter(
            pk=job.pk, lease_token=lease.token, state=JobState.RUNNING, written_at=None
        ).update(
            written_at=run.now,
            problems=summarise(target, run.tables),
            **{f"{name}_count": count for name, count in counts.as_dict().items()},
        )
        if not updated:
            raise LeaseLost
    return counts


def _undo(job: ImportJob, target: Target, lease: Lease) -> None:
    with transaction.atomic():
        result = undo_rows(job=job, target=target, now=database_now(), lease=lease)
        _leave(job, lease, JobState.UNDONE, undo=result, finished_at=Now())
    drop_tables(job_id=job.pk)


def _run(job: ImportJob, now: datetime) -> Run:
    return Run(
        job_id=job.pk,
        tables=Tables.of(job.pk),
        mapped=frozenset(job.mapping.values()),
        actor=job.created_by,
        now=now,
    )


def _enter(job: ImportJob, lease: Lease, to: JobState, **changes: Any) -> None:
    _set_state(job, lease, to, **changes)


def _leave(job: ImportJob, lease: Lease, to: JobState, **changes: Any) -> None:
    """Rest in ``to`` and give the lease back."""
    _set_state(job, lease, to, leased_until=None, phase="", cancel_requested_at=None, **changes)


def _set_state(job: ImportJob, lease: Lease, to: JobState, **changes: Any) -> None:
    """``core.models.move`` with a fencing token: a worker that lost its lease changes nothing."""
    if to not in JOB_MOVES.get(JobState(job.state), frozenset()):
        raise RuntimeError(f"import {job.pk} cannot go from {job.state} to {to}")
    updated = ImportJob.objects.filter(pk=job.pk, state=job.state, lease_token=lease.token).update(
        state=to, updated_at=Now(), **changes
    )
    if not updated:
        raise LeaseLost
    job.refresh_from_db()


def _fail(job: ImportJob, lease: Lease, sentence: str) -> None:
    job.refresh_from_db()
    if job.lease_token != lease.token:
        return
    # An undo that failed has taken nothing back: the import stands.
    to = JobState.DONE if job.state == JobState.UNDOING else JobState.FAILED
    if job.written_at and job.state == JobState.RUNNING:
        # The rows are committed; only the report failed. It is made by the next try, once the lease runs out.
        return
    if to not in JOB_MOVES.get(JobState(job.state), frozenset()):
        return  # it came to rest before something beside the work failed
    _leave(job, lease, to, failure=sentence, finished_at=Now())
    _tell(
        job,
        _("“%(name)s”：%(sentence)s") % {"name": job.original_name, "sentence": sentence},
        NoticeLevel.ERROR,
    )


def _tell(job: ImportJob, text: str, level: NoticeLevel) -> None:
    if job.created_by is None:
        return
    notify(
        users=[job.created_by],
        key=f"import:{job.pk}:{job.state}:{job.lease_token}",
        text=text,
        level=level,
        url=reverse("admin:imports_importjob_job", args=[job.pk]),
    )


def _has_rows(job_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [Tables.of(job_id).rows])
        return bool(cursor.fetchone()[0])
