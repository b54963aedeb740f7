"""What all pages of the wizard share: the job by permission, the steps bar, waking a worker."""

import logging
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.imports.enums import EDITABLE_STATES, JobState
from apps.imports.models import ImportJob
from apps.imports.services.targets import Target, all_targets
from apps.imports.tasks import run_due_jobs

log = logging.getLogger(__name__)

#: Below this a check runs while the person waits; it takes a second or two.
INLINE_BYTES = 2 * 1024 * 1024

STEPS = (
    ("upload", _("上传")),
    ("format", _("编码与预览")),
    ("mapping", _("列对应")),
    ("check", _("预检")),
    ("run", _("导入")),
    ("report", _("报告")),
)


def find_target(key: str) -> Target:
    """The target, or 404."""
    target = all_targets().get(key)
    if target is None:
        raise Http404
    return target


def find_job(request: HttpRequest, pk: int, *, to_read: bool = False) -> tuple[ImportJob, Target]:
    """The job if the user may see it (S1) and, unless ``to_read``, import into its target; else 404 or 403."""
    if not request.user.has_perm("imports.view_importjob"):
        raise PermissionDenied
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk)  # type: ignore[arg-type]
    target = find_target(job.target)
    if not to_read:
        require(request, target)
    return job, target


def require(request: HttpRequest, target: Target) -> None:
    if not request.user.has_perm(target.permission):
        raise PermissionDenied


def step_of(job: ImportJob) -> str:
    """The wizard step at which the job stands."""
    match job.state:
        case JobState.CHECKING | JobState.CHECKED:
            return "check"
        case JobState.QUEUED | JobState.RUNNING:
            return "run"
        case JobState.UPLOADED:
            return "format"
        case _:
            return "report"


def page(
    request: HttpRequest,
    step: str,
    template: str,
    *,
    target: Target,
    job: ImportJob | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render a step in the admin's frame."""
    names = [name for name, _label in STEPS]
    place = names.index(step)
    editable = job is not None and job.state in EDITABLE_STATES
    steps = [
        {
            "name": name,
            "label": label,
            "number": number + 1,
            "state": "done" if number < place else "now" if number == place else "next",
            # One may go back as long as nothing is written.
            "url": reverse(f"admin:imports_importjob_{name}", args=[job.pk])
            if job and editable and number < place and name in {"format", "mapping"}
            else "",
        }
        for number, (name, label) in enumerate(STEPS)
    ]
    title = _("导入%(target)s") % {"target": target.label}
    return render(
        request,
        template,
        {
            **admin.site.each_context(request),
            "title": title,
            "opts": ImportJob._meta,
            "steps": steps,
            "step": step,
            "job": job,
            "target": target,
            **context,
        },
        status=status,
    )


def wake_worker() -> None:
    """Ask a worker to look now instead of at the next tick. If nobody hears, the tick does it (D7)."""

    def nudge() -> None:
        try:
            run_due_jobs.apply_async(retry=False, expires=30)
        except Exception:  # any transport error: the tick will do
            log.warning("no worker could be woken for an import", exc_info=True)

    transaction.on_commit(nudge)
