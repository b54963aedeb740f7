"""Files with personal data: only through here, by permission, with an audit row (M3)."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.services.audit import audit
from apps.imports.admin.pages import find_job


@require_GET
def error_file(request: HttpRequest, pk: int) -> FileResponse:
    """The rejected rows, to be corrected and uploaded again."""
    job, _target = find_job(request, pk)
    stem = job.original_name.rsplit(".", 1)[0]
    answer = _send(job.error_file, _("%(name)s-错误行.csv") % {"name": stem})
    audit(actor=request.user, action="import.download_errors", target=job)  # type: ignore[arg-type]
    return answer


@require_GET
def original_file(request: HttpRequest, pk: int) -> FileResponse:
    """The upload as it came."""
    job, _target = find_job(request, pk)
    answer = _send(job.file, job.original_name)
    audit(actor=request.user, action="import.download_original", target=job)  # type: ignore[arg-type]
    return answer


def _send(file: FieldFile, name: str) -> FileResponse:
    if not file.name or not file.storage.exists(file.name):
        raise Http404
    answer = FileResponse(
        file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer
