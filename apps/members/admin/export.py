"""Exporting the list as it is filtered: masked, or in full with a reason (M3, S5)."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.paginator import EstimatedPaginator
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.spreadsheets import csv_lines
from apps.members.importers.columns import COLUMNS
from apps.members.models import Member
from apps.members.services.personal_data import EXPORT, start_export


def export_view(request: HttpRequest, members: QuerySet[Member]) -> HttpResponseBase:
    """GET asks how; POST streams the file."""
    if not request.user.has_perm("members.view_member"):
        raise PermissionDenied
    user: Any = request.user
    paginator = EstimatedPaginator(members, 1)
    count, error = paginator.count, None
    full = request.POST.get("full") == "1"
    if request.method == "POST":
        try:
            rows = start_export(
                members=members, actor=user, full=full, reason=request.POST.get("reason", ""), count=count
            )
        except DomainError as refusal:
            error = refusal
        else:
            # Streamed text is encoded piece by piece; the BOM is its first piece.
            answer = StreamingHttpResponse(
                (line.encode() for line in csv_lines(_header(), rows)),
                content_type="text/csv; charset=utf-8",
            )
            answer["Content-Disposition"] = f'attachment; filename="members-{database_now():%Y%m%d-%H%M}.csv"'
            answer["Cache-Control"] = "private, no-store"
            return answer
    return render(
        request,
        "members/export.html",
        {
            **admin.site.each_context(request),
            "title": _("导出成员"),
            "opts": Member._meta,
            "count": count,
            "is_estimate": paginator.is_estimate,
            "query": request.GET.urlencode(),
            "may_export": user.has_perm(EXPORT),
            "error": error,
            "full": full,
        },
        status=400 if error else 200,
    )


def _header() -> list[str]:
    """The names that the import knows, so that a full export can be imported again."""
    return [str(column.label) for column in COLUMNS]
