"""Handing out a chart's table as a spreadsheet, formulas neutralised (S5)."""

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook

from apps.accounts.models import User
from apps.analytics.admin.board.charts import Chart, Table
from apps.analytics.selectors.periods import Period
from apps.analytics.services.views import note_export
from apps.core.spreadsheets import as_cell, csv_lines

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(
    request: HttpRequest, charts: Mapping[str, Chart], *, page: str, title: Any, period: Period, query: str
) -> HttpResponse:
    """The table of the chart named by ``?export=``; 404 for an unknown one. ``format`` csv (default) or xlsx.

    ``title`` and ``period`` name the file; ``page`` and ``query`` stand in the audit.
    """
    chart = charts.get(request.GET["export"])
    if chart is None:
        raise Http404(_("这个页面没有这张图表。"))
    note_export(
        actor=cast(User, request.user), page=page, what=chart.key, query=query, count=len(chart.table.rows)
    )
    name = f"{title}-{chart.title}-{period.first}-{period.last}"
    if request.GET.get("format") == "xlsx":
        return _download(_workbook(chart.table), _XLSX, f"{name}.xlsx")
    header = [str(column.label) for column in chart.table.columns]
    text = "".join(csv_lines(header, ([cell.value for cell in row] for row in chart.table.rows)))
    return _download(text.encode(), "text/csv; charset=utf-8", f"{name}.csv")


def _workbook(table: Table) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([as_cell(str(column.label)) for column in table.columns])
    for row in table.rows:
        sheet.append([_typed(cell.value) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _typed(value: object) -> object:
    """Numbers stay numbers; all else goes as safe text."""
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return value if value is None or is_number else as_cell(value)


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    safe = name.replace("/", "-").replace("\\", "-")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(safe)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
