"""The small forms that ask before money is moved, and show first what is there to move."""

from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts.models import User
from apps.orders.models import Order, Refund


class _MoneyDialog(BaseDialogForm):
    form_before_template = "orders/_money.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        return {"order": _order(request, object_id)}


class ReferenceForm(_MoneyDialog):
    reference = forms.CharField(
        label=_("收款凭证号"),
        max_length=64,
        help_text=_("转账单号、收据号等，同一个号只能用一次。会记入审计。"),
        widget=UnfoldAdminTextInputWidget(),
    )


class CancelForm(_MoneyDialog):
    reason = forms.CharField(
        label=_("原因"),
        max_length=300,
        help_text=_("占用的名额和库存会马上释放。原因会记入审计。"),
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )


class RefundForm(_MoneyDialog):
    """``key`` is made when the dialog opens: pressing twice refunds once."""

    amount = forms.DecimalField(
        label=_("退款金额（元）"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        help_text=_("付款渠道可能会把它展示给成员。会记入审计。"),
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    key = forms.CharField(max_length=32, widget=forms.HiddenInput())

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, **kwargs: Any) -> None:
        order = _order(request, object_id)
        left = order.refundable_amount if order else None
        super().__init__(request, object_id, initial={"key": uuid4().hex, "amount": left}, **kwargs)


class ConfirmForm(BaseDialogForm):
    form_before_template = "orders/_refund.html"
    reference = forms.CharField(
        label=_("退款凭证号"),
        max_length=64,
        help_text=_("转账单号等，便于以后核对。会记入审计。"),
        widget=UnfoldAdminTextInputWidget(),
    )

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        rows = Refund.objects.visible_to(cast(User, request.user)).select_related("order")
        return {"refund": rows.filter(pk=str(object_id)).first()}


def _order(request: HttpRequest, object_id: int | str | None) -> Order | None:
    return Order.objects.visible_to(cast(User, request.user)).filter(pk=str(object_id)).first()
