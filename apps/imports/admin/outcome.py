"""The wizard's way out: progress, cancel, report, undo."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.imports.admin.pages import find_job, page, step_of, wake_worker
from apps.imports.enums import WORKING_STATES, JobState, Phase
from apps.imports.models import ImportJob
from apps.imports.services.jobs import RETENTION, cancel, request_undo, require_undoable
from apps.imports.services.problems import describe
from apps.imports.services.targets import Target
from apps.imports.services.undoing import preview_undo

#: Above this many rows the consequences are told without trying them out.
_TRY_OUT_ROWS = 20_000
_BAR = {Phase.STAGING: (0, 25), Phase.CHECKING: (25, 35), Phase.WRITING: (35, 90), Phase.FINISHING: (90, 98)}


@require_GET
def progress(request: HttpRequest, pk: int) -> JsonResponse:
    """``{state, label, phase, percent, done, total, next}``; ``next`` is where to go once it rests."""
    job, _target = find_job(request, pk, to_read=True)
    resting = job.state not in WORKING_STATES
    phase = Phase(job.phase) if job.phase in Phase.values else None
    low, high = _BAR.get(phase, (98, 100) if phase is Phase.REPORTING else (0, 100)) if phase else (0, 0)
    share = min(job.progress_done / job.progress_total, 1) if job.progress_total else 0
    return JsonResponse(
        {
            "state": job.state,
            "label": _stopping()
            if job.cancel_requested_at
            else str(phase.label)
            if phase
            else job.get_state_display(),
            "phase": job.phase,
            "percent": 100 if resting else round(low + (high - low) * share),
            "done": job.progress_done,
            "total": job.progress_total,
            "counts_rows": phase is Phase.WRITING,
            "next": reverse("admin:imports_importjob_job", args=[pk]) if resting else "",
        }
    )


@require_POST
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop; nothing is written."""
    job, _target = find_job(request, pk)
    try:
        job = cancel(job=job, actor=request.user)  # type: ignore[arg-type]
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        if job.state == JobState.CANCELLED:
            messages.success(request, _("已取消，没有写入任何数据。"))
        else:
            messages.info(request, _("正在停下来；没有写入任何数据。"))
    return redirect("admin:imports_importjob_job", pk)


@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 6: the counts as an equation, problems, error file, undo."""
    job, target = find_job(request, pk, to_read=True)
    if step_of(job) != "report":
        return redirect("admin:imports_importjob_job", pk)
    may_write = request.user.has_perm(target.permission)
    return page(
        request,
        "report",
        "imports/report.html",
        target=target,
        job=job,
        problems=describe(target, job.problems),
        may_write=may_write,
        may_undo=may_write and _undoable(job),
        undo_days=RETENTION.days,
        done_url=_reverse(target.done_url),
        kept_reasons=_reasons(job.undo, target),
    )


@require_http_methods(["GET", "POST"])
def undo_step(request: HttpRequest, pk: int) -> HttpResponse:
    """What an undo would do, and a reason; POST asks for it."""
    job, target = find_job(request, pk)
    now, error, reason = database_now(), None, request.POST.get("reason", "")
    if request.method == "POST":
        try:
            request_undo(job=job, actor=request.user, now=now, reason=reason)  # type: ignore[arg-type]
            wake_worker()
            return redirect("admin:imports_importjob_report", pk)
        except DomainError as refusal:
            error = refusal
    if not _undoable(job):
        return redirect("admin:imports_importjob_job", pk)
    tried = preview_undo(job=job, target=target, now=now) if job.read_count <= _TRY_OUT_ROWS else None
    return page(
        request,
        "report",
        "imports/undo.html",
        target=target,
        job=job,
        error=error,
        reason=reason,
        tried=tried,
        kept_reasons=_reasons(tried, target),
        status=400 if error else 200,
    )


def _undoable(job: ImportJob) -> bool:
    try:
        require_undoable(job, database_now())
    except DomainError:
        return False
    return True


def _reasons(result: dict | None, target: Target) -> list[tuple[str, int]]:
    reasons = (result or {}).get("reasons", {})
    return [(str(target.kept_reasons.get(code, code)), count) for code, count in reasons.items()]


def _stopping() -> str:
    return _("正在取消")


def _reverse(name: str) -> str:
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""
