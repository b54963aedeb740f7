"""核销: one code by hand or scanner, or many from a list; big enough for a phone at a till."""

import secrets
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.campaigns.admin.pages import show, staff
from apps.campaigns.enums import CouponKind, CouponState
from apps.campaigns.models import Coupon
from apps.campaigns.selectors.coupon_words import terms_in_words
from apps.campaigns.services.coupons.bulk import MOST, Line, read_lines, write_off_many
from apps.campaigns.services.coupons.finding import find_coupon
from apps.campaigns.services.coupons.terms import check_usable, quote
from apps.campaigns.services.coupons.writing_off import WRITE_OFF, WriteOff, write_off
from apps.core.clock import database_now
from apps.core.errors import DomainError

_BIG = {"class": "ca-input ca-big", "autocomplete": "off"}
_MOST_SHOWN = 1_000


class OneForm(forms.Form):
    """``reference`` is made with the page where the shop has no receipt number: pressing twice uses it once."""

    code = forms.CharField(
        label=_("券码"),
        max_length=40,
        widget=forms.TextInput(
            {**_BIG, "autofocus": True, "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    amount = forms.DecimalField(
        label=_("消费金额（元）"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=_("兑换券可不填。"),
        widget=forms.NumberInput({**_BIG, "step": "0.01", "inputmode": "decimal"}),
    )
    sku = forms.CharField(
        label=_("商品编码"),
        required=False,
        max_length=60,
        help_text=_("券限定商品时填。"),
        widget=forms.TextInput({"class": "ca-input", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("小票号"),
        required=False,
        max_length=60,
        help_text=_("选填，便于对账。"),
        widget=forms.TextInput({"class": "ca-input", "autocomplete": "off"}),
    )


def _need(request: HttpRequest) -> None:
    if not request.user.has_perm(WRITE_OFF):
        raise PermissionDenied


def one_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """GET ``?code=&amount=&sku=`` shows what it is worth; POST uses it."""
    _need(request)
    context: dict[str, Any] = {"once": f"w-{secrets.token_hex(6)}"}
    if request.method == "POST":
        form = OneForm(request.POST)
        if form.is_valid():
            context |= _use(request, form.cleaned_data)
            form = OneForm() if "done" in context else form
    else:
        form = OneForm(request.GET if "code" in request.GET else None)
        if form.is_bound and form.is_valid():
            context |= _look(request, form.cleaned_data)
    return show(
        model_admin,
        request,
        "write_off.html",
        title=_t("核销优惠券"),
        form=form,
        **context,
    )


def _look(request: HttpRequest, values: dict[str, Any]) -> dict[str, Any]:
    """The coupon and what it saves, or why it cannot be used; reads only."""
    now, found = database_now(), None
    try:
        found = find_coupon(values["code"], actor=staff(request))
        check_usable(found, now=now)
        about = {"coupon": found, "terms": terms_in_words(found)}
        if values["amount"] is None and found.kind != CouponKind.EXCHANGE:
            return {**about, "asks_amount": True}
        saved = quote(found, amount=values["amount"] or Decimal(0), sku=values["sku"], now=now)
    except DomainError as error:
        return {"refusal": error, "used": _used(found), "coupon": found}
    return {**about, "saved": saved, "to_pay": (values["amount"] or Decimal(0)) - saved}


def _use(request: HttpRequest, values: dict[str, Any]) -> dict[str, Any]:
    user, now, found = staff(request), database_now(), None
    try:
        found = find_coupon(values["code"], actor=user)
        if values["amount"] is None and found.kind != CouponKind.EXCHANGE:
            return {"coupon": found, "terms": terms_in_words(found), "asks_amount": True}
        done: WriteOff = write_off(
            code=values["code"],
            amount=values["amount"] or Decimal(0),
            sku=values["sku"],
            reference=values["reference"] or request.POST.get("once", "")[:60],
            actor=user,
            now=now,
        )
    except DomainError as error:
        return {"refusal": error, "used": _used(found), "coupon": found}
    amount = done.coupon.order_amount or Decimal(0)
    return {
        "done": done,
        "coupon": done.coupon,
        "terms": terms_in_words(done.coupon),
        "to_pay": amount - done.saved,
    }


def _used(coupon: Coupon | None) -> str:
    """When and by whom, for a coupon that is used up."""
    if coupon is None:
        return ""
    coupon.refresh_from_db()
    if coupon.state != CouponState.USED or coupon.used_at is None:
        return ""
    return _t("%(at)s 由 %(who)s 核销，优惠 ¥%(saved)s") % {
        "at": f"{timezone.localtime(coupon.used_at):%m-%d %H:%M}",
        "who": coupon.used_by or _t("接口"),
        "saved": coupon.saved_amount or 0,
    }


class ManyForm(forms.Form):
    text = forms.CharField(
        label=_("粘贴券码"),
        required=False,
        help_text=_("一行一张：券码，金额，商品编码，小票号；后三项可省，用逗号、制表符或空格隔开。"),
        widget=forms.Textarea({"class": "ca-input", "rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("或选一个文件"),
        required=False,
        help_text=_("CSV 或 xlsx，要有“券码”列，可有金额、商品编码、小票号。"),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        lines: list[Line] = []
        try:
            if values.get("file"):
                lines = read_lines(values["file"].file)
        except DomainError as error:
            self.add_error("file", str(error))
        lines += pasted(values.get("text", ""))
        if len(lines) > MOST:
            self.add_error("text", _("一次最多核销 %(most)d 张。") % {"most": MOST})
        elif not lines and not self.errors:
            self.add_error("text", _("请粘贴券码，或选一个文件。"))
        values["lines"] = lines
        return values


def pasted(text: str) -> list[Line]:
    """Lines as people paste them: cells apart by tabs, commas of either width, or blanks."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        plain = line.replace("，", ",").replace("\t", ",")
        cells = [cell.strip() for cell in (plain.split(",") if "," in plain else plain.split())]
        if cells and cells[0]:
            code, amount, sku, reference, *_rest = [*cells, "", "", "", ""]
            found.append(Line(number, code, amount or "0", sku, reference))
    return found


def many_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """A list of codes, each with its own result."""
    _need(request)
    form = ManyForm(request.POST or None, request.FILES or None)
    results = []
    if request.method == "POST" and form.is_valid():
        results = write_off_many(lines=form.cleaned_data["lines"], actor=staff(request), now=database_now())
    good = [result for result in results if not result.error]
    return show(
        model_admin,
        request,
        "write_off_many.html",
        title=_t("批量核销"),
        form=form,
        results=results[:_MOST_SHOWN],
        good=len(good),
        bad=len(results) - len(good),
        saved=sum((result.saved or Decimal(0) for result in good), Decimal(0)),
    )
