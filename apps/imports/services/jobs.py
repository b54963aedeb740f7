"""What people do with an import job: upload, correct, check, confirm, cancel, undo."""

import hashlib
from datetime import datetime, timedelta
from typing import IO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.models import move
from apps.core.numbers import whole
from apps.core.sentences import listed
from apps.core.spreadsheet_files import Format, Unreadable, sniff
from apps.imports.enums import EDITABLE_STATES, JOB_MOVES, JobState
from apps.imports.models import ImportJob, RememberedMapping
from apps.imports.selectors.files import Preview, data_width, look, looks_like_data
from apps.imports.services.guessing import fingerprint, guess_mapping, names_anything
from apps.imports.services.targets import Target, get_target

#: How long uploads, error files and undo journals are kept (M5).
RETENTION = timedelta(days=30)


def create_job(
    *,
    target: Target,
    file: IO[bytes],
    name: str,
    actor: User | None,
    encoding: str = "",
    delimiter: str = "",
) -> ImportJob:
    """Store an upload with its format and mapping guessed.

    Raises ``Unreadable`` if it is no table (S3) and ``NotAllowed`` without the target's permission; nothing
    is stored then. ``actor=None`` is the system itself.
    """
    require_permission(target, actor)
    file.seek(0, 2)
    size = file.tell()
    if size > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            _("文件有 %(size)d MB，最多 %(limit)d MB。")
            % {"size": size >> 20, "limit": settings.IMPORT_MAX_BYTES >> 20},
            hint=_("请分成几个文件上传。"),
        )
    how = sniff(file)
    detected = how.encoding
    if how.kind == "csv" and (encoding or delimiter):
        how = Format(encoding=encoding or how.encoding, delimiter=delimiter or how.delimiter)
    preview = look_for(target, file, how)
    job = ImportJob(
        target=target.key,
        original_name=name[-200:],
        size=size,
        sha256=_digest(file),
        detected_encoding=detected,
        created_by=actor,
        file_kind=how.kind,
        encoding=how.encoding,
        delimiter=how.delimiter,
        headers=preview.headers,
        mapping=guess_mapping(target, preview),
        options={"header_row": preview.header_row},
    )
    file.seek(0)
    suffix = ".xlsx" if how.kind == "xlsx" else ".csv"
    # The name on disk tells nothing about its content or its owner.
    job.file.save(f"{job.sha256[:16]}{suffix}", File(file), save=False)
    job.save()
    audit(actor=actor, action="import.upload", target=job, size=size)
    return job


def look_for(target: Target, file: IO[bytes], how: Format) -> Preview:
    """The start of the file as ``how`` reads it. Raises ``Unreadable`` for no header or no data."""
    preview = look(file, how)
    names = listed(column.label for column in target.columns[:4])
    if looks_like_data(preview.headers) and not names_anything(target, preview.headers):
        raise Unreadable(
            _("第一行看起来是数据，不是表头。"),
            hint=_("请在最上面加一行列名（例如 %(names)s…），再上传。") % {"names": names},
        )
    if not preview.rows:
        raise Unreadable(_("只有表头，没有数据行。"), hint=_("请填好数据再上传。"))
    return preview


@transaction.atomic
def set_format(*, job: ImportJob, encoding: str, delimiter: str, actor: User | None) -> Preview:
    """Read the file in another way; guesses the mapping anew if that changes the headers."""
    job = _locked(job)
    how = Format(kind=job.file_kind, encoding=encoding or job.encoding, delimiter=delimiter or job.delimiter)
    with job.file.open("rb") as file:
        preview = look_for(get_target(job.target), file, how)
    if preview.headers != job.headers:
        job.headers = preview.headers
        job.mapping = guess_mapping(get_target(job.target), preview)
    if (how.encoding, how.delimiter) != (job.encoding, job.delimiter):
        job.encoding, job.delimiter = how.encoding, how.delimiter
        job.options = {"header_row": preview.header_row}  # forgets what was staged
        job.preview = {}
    job.save()
    return preview


@transaction.atomic
def set_mapping(*, job: ImportJob, mapping: dict[str, str], actor: User | None) -> ImportJob:
    """Say which column is what, and remember it for these headers. Raises ``Invalid`` with the column."""
    job = _locked(job)
    check_mapping(job, mapping)
    if job.mapping != mapping:
        job.preview = {}
    job.mapping = mapping
    job.save(update_fields=["mapping", "preview", "updated_at"])
    RememberedMapping.objects.update_or_create(
        target=job.target, fingerprint=fingerprint(job.headers), defaults={"mapping": mapping}
    )
    return job


def check_mapping(job: ImportJob, mapping: dict[str, str]) -> None:
    """Raise ``Invalid`` if a column is mapped twice, unknown, or what identifies a row is missing."""
    target = get_target(job.target)
    labels = {column.key: str(column.label) for column in target.columns}
    width = data_width(job.headers)
    for index, key in mapping.items():
        if whole(index, at_most=width - 1) is None or key not in labels:
            raise Invalid(_("列对应里有不存在的列。"), hint=_("请刷新页面重新选择。"))
    values = list(mapping.values())
    for key in values:
        if values.count(key) > 1:
            raise Invalid(
                _("有两列都对应到“%(label)s”。") % {"label": labels[key]},
                hint=_("请只保留一列，另一列选“不导入”。"),
                field=key,
            )
    if not set(values) & set(target.needs):
        raise Invalid(str(target.needs_text), hint=_("请指定哪一列是它。"), field=target.needs[0])


def start_check(*, job: ImportJob, actor: User | None) -> ImportJob:
    """Ask for a dry run. A worker, or ``working.work_now``, does it."""
    require_permission(get_target(job.target), actor)
    check_mapping(job, job.mapping)
    move(
        job,
        JobState.CHECKING,
        table=JOB_MOVES,
        attempt_count=0,
        cancel_requested_at=None,
        failure="",
        phase="",
        progress_done=0,
        progress_total=0,
        leased_until=None,
    )
    return job


@transaction.atomic
def confirm(*, job: ImportJob, actor: User | None) -> ImportJob:
    """Queue the job for writing."""
    require_permission(get_target(job.target), actor)
    check_mapping(job, job.mapping)
    move(
        job,
        JobState.QUEUED,
        table=JOB_MOVES,
        attempt_count=0,
        cancel_requested_at=None,
        phase="",
        progress_done=0,
        progress_total=0,
        leased_until=None,
    )
    audit(actor=actor, action="import.confirm", target=job)
    return job


@transaction.atomic
def cancel(*, job: ImportJob, actor: User | None) -> ImportJob:
    """Stop the job: at once if nobody works on it, else at the worker's next heartbeat. Nothing is written.

    Raises ``WrongState`` if it is over or its rows are already committed.
    """
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.state in {JobState.DONE, JobState.UNDOING, JobState.UNDONE} or job.written_at:
        raise WrongState(_("已经写入完成，不能取消。"), hint=_("需要退回时请用“撤销导入”。"))
    if job.state in {JobState.CHECKING, JobState.RUNNING, JobState.QUEUED} and job.leased_until:
        ImportJob.objects.filter(pk=job.pk).update(cancel_requested_at=Now())
        job.refresh_from_db()
    else:
        move(job, JobState.CANCELLED, table=JOB_MOVES, finished_at=Now())
    audit(actor=actor, action="import.cancel", target=job)
    return job


@transaction.atomic
def request_undo(*, job: ImportJob, actor: User | None, now: datetime, reason: str) -> ImportJob:
    """Ask for the rows of a finished import to be taken back as far as they are untouched (M2)."""
    require_permission(get_target(job.target), actor)
    if not reason.strip():
        raise Invalid(_("请写明撤销的原因。"), hint=_("它会记入审计。"), field="reason")
    require_undoable(job, now)
    move(
        job,
        JobState.UNDOING,
        table=JOB_MOVES,
        attempt_count=0,
        cancel_requested_at=None,
        phase="",
        progress_done=0,
        progress_total=0,
        leased_until=None,
    )
    audit(actor=actor, action="import.undo", target=job, reason=reason[:500])
    return job


def require_undoable(job: ImportJob, now: datetime) -> None:
    """Raise ``WrongState`` if the job is not done or its journal is gone."""
    if job.state != JobState.DONE or job.written_at is None:
        raise WrongState(_("只有已完成的导入可以撤销。"))
    if job.written_at < now - RETENTION:
        raise WrongState(_("导入已超过 %(days)d 天，不能再撤销。") % {"days": RETENTION.days})


def require_permission(target: Target, actor: User | None) -> None:
    """Raise ``NotAllowed`` unless ``actor`` may import into ``target``; the system (None) may."""
    if actor is not None and not actor.has_perm(target.permission):
        raise NotAllowed(_("你没有导入的权限。"), hint=_("请联系社群架构师开通。"))


def _locked(job: ImportJob) -> ImportJob:
    """The job as it is now, its row held: another tab, or a worker, may have gone on since the page was read."""
    job = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.state not in EDITABLE_STATES:
        raise WrongState(_("导入正在进行或已经结束，不能再改。"), hint=_("需要时请重新上传文件。"))
    return job


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
