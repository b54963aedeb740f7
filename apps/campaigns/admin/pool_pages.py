"""Filling a gift: codes into a pool, printed coupons by the batch."""

from itertools import chain
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.admin.results_page import no_store
from apps.campaigns.enums import BenefitKind, CouponState
from apps.campaigns.models import Benefit, Code, Coupon
from apps.campaigns.services.codes.adding import Added, add_codes, lines_of
from apps.campaigns.services.coupons.batches import start_batch_export
from apps.campaigns.services.coupons.printing import MOST, issue_coupons
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.spreadsheets import csv_lines

_MOST_BYTES = 100 * 1024 * 1024
_INPUT = {"class": "ca-input"}


class CodesForm(forms.Form):
    text = forms.CharField(
        label=_("粘贴兑换码"),
        required=False,
        help_text=_("一行一个。"),
        widget=forms.Textarea({**_INPUT, "rows": 6}),
    )
    file = forms.FileField(
        label=_("或选一个文件"), required=False, help_text=_("文本或只有一列的 CSV，一行一个，最多一百万行。")
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        file = values.get("file")
        if file is not None and file.size > _MOST_BYTES:
            self.add_error("file", _("文件超过 100 MB，请分成几个。"))
        if not values.get("text") and file is None and not self.errors:
            self.add_error("text", _("请粘贴兑换码，或选一个文件。"))
        return values


class PrintForm(forms.Form):
    quantity = forms.IntegerField(
        label=_("印多少张"), min_value=1, max_value=MOST, widget=forms.NumberInput(_INPUT)
    )
    batch = forms.CharField(
        label=_("批次名称"),
        max_length=40,
        help_text=_("例如：双十一传单。以后按它下载和统计。"),
        widget=forms.TextInput(_INPUT),
    )


def _benefit(request: HttpRequest, pk: int, kind: BenefitKind) -> Benefit:
    need(request, "change_benefit")
    found = Benefit.objects.visible_to(staff(request)).filter(pk=pk, kind=kind).first()
    if found is None:
        raise Http404
    return found


def codes_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """A pool of codes and how it is filled."""
    benefit = _benefit(request, pk, BenefitKind.CODE)
    form = CodesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        lines = chain(form.cleaned_data["text"].splitlines(), lines_of(file.read()) if file else ())
        done = run_service(
            request,
            lambda: add_codes(benefit=benefit, lines=lines, actor=staff(request), now=database_now()),
            success=_added,
        )
        if done is not None:
            return redirect("admin:campaigns_benefit_codes", pk)
    free, taken = (
        Code.objects.filter(benefit=benefit)
        .aggregate(
            free=Count("pk", filter=Q(taken_at__isnull=True)),
            taken=Count("pk", filter=Q(taken_at__isnull=False)),
        )
        .values()
    )
    return show(
        model_admin,
        request,
        "pool.html",
        title=_("码池：%(name)s") % {"name": benefit.name},
        benefit=benefit,
        form=form,
        free=free,
        taken=taken,
        is_low=free <= benefit.low_stock,
    )


def _added(done: Added) -> str:
    return _t("读到 %(read)s 个，新增 %(added)s 个，重复 %(repeated)s 个，不能用 %(unusable)s 个。") % {
        "read": f"{done.read:,}",
        "added": f"{done.added:,}",
        "repeated": f"{done.repeated:,}",
        "unusable": f"{done.unusable:,}",
    }


def printed_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Batches of printed coupons, and a form for the next."""
    benefit = _benefit(request, pk, BenefitKind.COUPON)
    form = PrintForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = run_service(
            request,
            lambda: issue_coupons(
                benefit=benefit, **form.cleaned_data, actor=staff(request), now=database_now()
            ),
            success=lambda count: _t("已印 %(count)s 张，可以下载了。") % {"count": f"{count:,}"},
        )
        if done is not None:
            return redirect("admin:campaigns_benefit_printed", pk)
    batches = (
        Coupon.objects.filter(benefit=benefit, grant__isnull=True)
        .values("batch")
        .annotate(
            count=Count("pk"),
            bound=Count("pk", filter=Q(member__isnull=False)),
            used=Count("pk", filter=Q(state=CouponState.USED)),
            at=Max("issued_at"),
        )
        .order_by("-at")
    )
    return show(
        model_admin,
        request,
        "printed.html",
        title=_("印券码：%(name)s") % {"name": benefit.name},
        benefit=benefit,
        form=form,
        batches=batches,
    )


def download_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """POST ``batch``: the codes that nobody has yet, as CSV for the printer; audited."""
    benefit = _benefit(request, pk, BenefitKind.COUPON)
    if request.method != "POST":
        return redirect("admin:campaigns_benefit_printed", pk)
    batch = request.POST.get("batch", "")
    try:
        rows = start_batch_export(benefit=benefit, batch=batch, actor=staff(request))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("admin:campaigns_benefit_printed", pk)
    head = [_t("券码"), _t("批次"), _t("失效时间")]
    return no_store(
        StreamingHttpResponse(
            (line.encode() for line in csv_lines(head, rows)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="coupons-{benefit.pk}.csv"'},
        )
    )
