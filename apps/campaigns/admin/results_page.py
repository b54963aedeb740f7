"""Exporting the results of a run: CSV or xlsx, masked, or in full with a reason."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from unfold.admin import ModelAdmin

from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.admin.run_pages import visible_run
from apps.campaigns.models import Entry
from apps.campaigns.services.results import header, start_results_export
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.spreadsheets import as_cell, csv_lines
from apps.members.services.personal_data import EXPORT

#: What one sheet holds without its header.
_MOST_IN_SHEET = 1_000_000


def results_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET asks how; POST sends the file."""
    run = visible_run(request, pk)
    need(request, "view_entry")
    user, error = staff(request), None
    if request.method == "POST":
        try:
            count, rows = start_results_export(
                run=run,
                actor=user,
                full=request.POST.get("full") == "1",
                reason=request.POST.get("reason", ""),
            )
        except DomainError as refusal:
            error = refusal
        else:
            name = f"run-{run.pk}-{database_now():%Y%m%d-%H%M}"
            is_sheet = request.POST.get("format") == "xlsx" and count <= _MOST_IN_SHEET
            return _sheet(name, rows) if is_sheet else _csv(name, rows)
    return show(
        model_admin,
        request,
        "results.html",
        title=_("导出结果"),
        run=run,
        count=Entry.objects.filter(run=run).count(),
        may_see_all=user.has_perm(EXPORT),
        error=error,
    )


def _csv(name: str, rows: Iterator[list[Any]]) -> StreamingHttpResponse:
    return no_store(
        StreamingHttpResponse(
            (line.encode() for line in csv_lines(header(), rows)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )
    )


def _sheet(name: str, rows: Iterator[list[Any]]) -> FileResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("结果"))
    sheet.append(header())
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return no_store(FileResponse(file, as_attachment=True, filename=f"{name}.xlsx"))


def _cell(sheet: Any, value: object) -> Any:
    """Numbers as numbers; everything else as text that is no formula (S5)."""
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    cell = WriteOnlyCell(sheet, value=as_cell(value))
    cell.data_type = "s"
    return cell


def no_store[R: HttpResponseBase](response: R) -> R:
    """A file with people in it is kept by nobody on the way."""
    response["Cache-Control"] = "private, no-store"
    return response
