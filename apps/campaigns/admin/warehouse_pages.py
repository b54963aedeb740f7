"""发货单 out to the warehouse, shipping numbers back in: looked at before anything is written."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.admin.results_page import no_store
from apps.campaigns.enums import GrantState
from apps.campaigns.models import Grant
from apps.campaigns.services.granting.warehouse import (
    Line,
    Shipment,
    header,
    read_shipments,
    ship_all,
    start_shipment_export,
)
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import whole
from apps.core.spreadsheets import csv_lines
from apps.members.services.personal_data import EXPORT

_SHOWN = 200
_MOST_LINES = 20_000
_WORDS = {
    Line.READY: _("可以发货"),
    Line.EMPTY: _("还没有单号"),
    Line.UNKNOWN: _("找不到"),
    Line.ALREADY: _("发过了"),
    Line.NOT_WAITING: _("不能发货"),
    Line.REPEATED: _("重复"),
    Line.WRONG: _("填得不对"),
}


def export_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """GET asks for the reason; POST streams the parcels that wait (of ``?run=`` if given)."""
    need(request, "fulfil_grant")
    user, error = staff(request), None
    grants = Grant.objects.visible_to(user).filter(state=GrantState.AWAITING_SHIPMENT)
    run = whole(request.GET.get("run__id__exact"))
    if run is not None:
        grants = grants.filter(run=run)
    if request.method == "POST":
        try:
            _count, rows = start_shipment_export(
                grants=grants, actor=user, reason=request.POST.get("reason", "")
            )
        except DomainError as refusal:
            error = refusal
        else:
            name = f"shipments-{database_now():%Y%m%d-%H%M}.csv"
            return no_store(
                StreamingHttpResponse(
                    (line.encode() for line in csv_lines(header(), rows)),
                    content_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'},
                )
            )
    return show(
        model_admin,
        request,
        "warehouse.html",
        title=_t("导出发货单"),
        count=grants.order_by().count(),
        may_export=user.has_perm(EXPORT),
        error=error,
    )


class _FileForm(forms.Form):
    file = forms.FileField(
        label=_("仓库填好的表"), help_text=_("CSV 或 xlsx，要有发放编号、快递公司、快递单号三列。")
    )


def import_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Upload → what each line would do → done; the lines travel in the page between the two."""
    need(request, "fulfil_grant")
    user = staff(request)
    if request.method == "POST" and "lines" in request.POST:
        found = _unpacked(request.POST["lines"])
        run_service(
            request,
            lambda: ship_all(shipments=found, actor=user, now=database_now()),
            success=lambda done: _t("已发货 %(count)d 份。") % {"count": _count(done, Line.READY)},
        )
        return redirect("admin:campaigns_grant_changelist")
    form = _FileForm(request.POST or None, request.FILES or None)
    read: list[Shipment] = []
    if request.method == "POST" and form.is_valid():
        try:
            read = read_shipments(file=form.cleaned_data["file"].file, actor=user)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            if len(read) > _MOST_LINES:
                form.add_error("file", _("一次最多 %(most)d 行，请分成几个文件。") % {"most": _MOST_LINES})
                read = []
            elif not read:
                messages.warning(request, _("文件里没有发货的行。"))
    counts = Counter(one.outcome for one in read)
    return show(
        model_admin,
        request,
        "shipped.html",
        title=_t("导入快递单号"),
        form=form,
        counts=[(outcome.value, _WORDS[outcome], counts[outcome]) for outcome in Line if counts[outcome]],
        ready=counts[Line.READY],
        rows=[(one, _WORDS[one.outcome]) for one in read if one.outcome is not Line.EMPTY][:_SHOWN],
        packed=json.dumps([asdict(one) for one in read if one.outcome is Line.READY]),
    )


def _unpacked(text: str) -> list[Shipment]:
    """Lines as the page kept them; ``ship_all`` checks each anew, so nothing here is trusted."""
    try:
        items: list[dict[str, Any]] = json.loads(text)
        return [
            Shipment(
                line=int(item["line"]),
                grant_id=int(item["grant_id"]),
                company=str(item["company"])[:40],
                number=str(item["number"])[:60],
                outcome=Line.READY,
            )
            for item in items[:_MOST_LINES]
        ]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []


def _count(done: list[Shipment], outcome: Line) -> int:
    return sum(one.outcome is outcome for one in done)
