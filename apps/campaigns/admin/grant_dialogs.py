"""The small forms that ask before a gift is moved on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget


def _reason(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, help_text=help_text, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )


class ReasonForm(BaseDialogForm):
    reason = _reason(_("原因"), _("会记入审计。"))


class ConfirmForm(BaseDialogForm):
    """Nothing to fill in."""


class AskAgainForm(BaseDialogForm):
    reason = _reason(_("原因"), _("成员会看到它，例如：地址缺门牌号。"))


class RevealForm(BaseDialogForm):
    reason = _reason(_("用途"), _("会记入审计，例如：联系收件人改派。"))


class ShipForm(BaseDialogForm):
    company = forms.CharField(
        label=_("快递公司"), max_length=40, help_text=_("例如：顺丰。"), widget=UnfoldAdminTextInputWidget()
    )
    number = forms.CharField(label=_("快递单号"), max_length=60, widget=UnfoldAdminTextInputWidget())


class AddressForm(BaseDialogForm):
    name = forms.CharField(label=_("收件人"), max_length=40, widget=UnfoldAdminTextInputWidget())
    phone = forms.CharField(label=_("电话"), max_length=30, widget=UnfoldAdminTextInputWidget())
    address = forms.CharField(
        label=_("详细地址"),
        max_length=200,
        help_text=_("省市区、街道、门牌号。加密保存，列表里不显示。"),
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )


class PaidForm(BaseDialogForm):
    reference = forms.CharField(
        label=_("转账单号"),
        max_length=200,
        help_text=_("日后核对用，会记入审计。"),
        widget=UnfoldAdminTextInputWidget(),
    )


class UnpaidForm(BaseDialogForm):
    reason = _reason(_("怎么核对的"), _("例如：商户平台查无此单。会记入审计。"))
