"""The wizard's way in: upload → format → mapping → check → confirm. Each view is one service call and a page."""

import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import DomainError
from apps.core.phones import mask_digits
from apps.core.spreadsheet_files import Format
from apps.imports.admin.pages import (
    INLINE_BYTES,
    find_job,
    find_target,
    page,
    require,
    step_of,
    wake_worker,
)
from apps.imports.enums import Delimiter, Encoding, JobState
from apps.imports.models import ImportJob
from apps.imports.selectors.files import Preview, data_width, look
from apps.imports.services.jobs import confirm, create_job, look_for, set_format, set_mapping, start_check
from apps.imports.services.problems import describe
from apps.imports.services.targets import Target
from apps.imports.services.working import work_next

_PREVIEW_ROWS = 12
_PHONE = re.compile(r"(?<![0-9０-９])[1１][3-9３-９](?:[ -]?[0-9０-９]){9}(?![0-9０-９])")


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Step 1: choose or drop a file."""
    target = find_target(request.POST.get("target") or request.GET.get("target") or "members")
    require(request, target)
    error = None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise DomainError(_("请先选择一个文件。"))
            job = create_job(target=target, file=file, name=file.name or "", actor=request.user)  # type: ignore[arg-type]
            return redirect("admin:imports_importjob_format", job.pk)
        except DomainError as refusal:
            error = refusal
    recent = ImportJob.objects.visible_to(request.user).filter(target=target.key)[:5]  # type: ignore[arg-type]
    return page(
        request,
        "upload",
        "imports/upload.html",
        target=target,
        error=error,
        recent=recent,
        limit_mb=settings.IMPORT_MAX_BYTES >> 20,
        status=400 if error else 200,
    )


@require_GET
def current(request: HttpRequest, pk: int) -> HttpResponse:
    """The page where the job stands."""
    job, _target = find_job(request, pk, to_read=True)
    return redirect(f"admin:imports_importjob_{step_of(job)}", pk)


@require_http_methods(["GET", "POST"])
def format_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: encoding and delimiter, with the first rows as they would be read."""
    job, target = find_job(request, pk)
    how = _chosen(request.POST, job)
    error = None
    if request.method == "POST":
        try:
            set_format(job=job, encoding=how.encoding, delimiter=how.delimiter, actor=request.user)  # type: ignore[arg-type]
            return redirect("admin:imports_importjob_mapping", pk)
        except DomainError as refusal:
            error = refusal
    return page(
        request,
        "format",
        "imports/format.html",
        target=target,
        job=job,
        error=error,
        how=how,
        encodings=Encoding.choices,
        delimiters=Delimiter.choices,
        preview=_preview(job, target, how),
        status=400 if error else 200,
    )


@require_GET
def live_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview table alone, for another encoding or delimiter."""
    job, target = find_job(request, pk)
    return render(
        request, "imports/_preview.html", {"preview": _preview(job, target, _chosen(request.GET, job))}
    )


@require_http_methods(["GET", "POST"])
def mapping_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: which column is what."""
    job, target = find_job(request, pk)
    mapping = dict(job.mapping)
    error = None
    if request.method == "POST":
        mapping = {
            str(index): key
            for index in range(data_width(job.headers))
            if (key := request.POST.get(f"column-{index}", ""))
        }
        try:
            job = set_mapping(job=job, mapping=mapping, actor=request.user)  # type: ignore[arg-type]
            start_check(job=job, actor=request.user)  # type: ignore[arg-type]
            if job.size <= INLINE_BYTES:
                work_next(job_id=job.pk)
            else:
                wake_worker()
            return redirect("admin:imports_importjob_check", pk)
        except DomainError as refusal:
            error = refusal
    return page(
        request,
        "mapping",
        "imports/mapping.html",
        target=target,
        job=job,
        error=error,
        columns=_columns(job, target, mapping),
        choices=[(column.key, column.label) for column in target.columns],
        missing=[c.label for c in target.columns if c.key not in mapping.values()],
        status=400 if error else 200,
    )


@require_http_methods(["GET", "POST"])
def check_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: what would happen. POST confirms."""
    job, target = find_job(request, pk)
    if request.method == "POST":
        try:
            confirm(job=job, actor=request.user)  # type: ignore[arg-type]
            wake_worker()
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:imports_importjob_job", pk)
    if job.state not in {JobState.CHECKING, JobState.CHECKED}:
        return redirect("admin:imports_importjob_job", pk)
    counts = job.preview.get("counts", {}) if job.state == JobState.CHECKED else {}
    return page(
        request,
        "check",
        "imports/check.html",
        target=target,
        job=job,
        counts=counts,
        writes=counts.get("created", 0) + counts.get("updated", 0),
        problems=describe(target, job.preview.get("problems", [])),
    )


@require_GET
def run_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 5: progress."""
    job, target = find_job(request, pk, to_read=True)
    if step_of(job) != "run":
        return redirect("admin:imports_importjob_job", pk)
    return page(request, "run", "imports/run.html", target=target, job=job)


def _chosen(data: Any, job: ImportJob) -> Format:
    """What was picked, as far as it is one of the choices; else what the job has."""
    encoding, delimiter = data.get("encoding", ""), data.get("delimiter", "")
    return Format(
        kind=job.file_kind,
        encoding=encoding if encoding in Encoding.values else job.encoding,
        delimiter=delimiter if delimiter in Delimiter.values else job.delimiter,
    )


def _preview(job: ImportJob, target: Target, how: Format) -> dict[str, Any]:
    """The first rows for the template; personal columns masked (M3)."""
    try:
        with job.file.open("rb") as file:
            found = look_for(target, file, how)
    except DomainError as refusal:
        return {"refusal": str(refusal)}
    # Read in another way the columns may lie elsewhere: what looks like a phone is masked wherever it stands.
    masked = _personal(job, target) if found.headers == job.headers else set()
    return {
        "headers": found.headers,
        "rows": [
            (number, _masked(row, masked, len(found.headers))) for number, row in found.rows[:_PREVIEW_ROWS]
        ],
        "has_garbage": found.has_garbage,
    }


def _columns(job: ImportJob, target: Target, mapping: dict[str, str]) -> list[dict[str, Any]]:
    how = Format(kind=job.file_kind, encoding=job.encoding, delimiter=job.delimiter)
    with job.file.open("rb") as file:
        found: Preview = look(file, how)
    personal = (
        _personal(job, target)
        | {int(index) for index, key in mapping.items() if target.column(key).is_personal}
        if all(key in {c.key for c in target.columns} for key in mapping.values())
        else set()
    )
    return [
        {
            "index": index,
            "header": header,
            "samples": [
                mask_digits(sample) if index in personal else sample for sample in found.samples(index)
            ],
            "key": mapping.get(str(index), ""),
        }
        for index, header in enumerate(found.headers[: data_width(found.headers)])
    ]


def _personal(job: ImportJob, target: Target) -> set[int]:
    return {int(index) for index, key in job.mapping.items() if target.column(key).is_personal}


def _masked(row: list[str], masked: set[int], width: int) -> list[str]:
    cells = row[:width] + [""] * (width - len(row))
    return [
        mask_digits(cell.strip()) if index in masked else _without_phones(cell)
        for index, cell in enumerate(cells)
    ]


def _without_phones(cell: str) -> str:
    return _PHONE.sub(lambda found: mask_digits(found[0]), cell)
