"""The small forms that ask before something is done."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

_EXPLAIN = _("一句话即可，会记入审计。")


class ReasonForm(BaseDialogForm):
    """A reason is required and audited."""

    reason = forms.CharField(
        label=_("原因"), max_length=300, help_text=_EXPLAIN, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )


class ConfirmForm(BaseDialogForm):
    """Nothing to fill in but an optional remark."""

    reason = forms.CharField(
        label=_("备注（可空）"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )


class DecideForm(forms.Form):
    """The same decision for several deliveries."""

    reason = forms.CharField(
        label=_("原因"), max_length=300, help_text=_EXPLAIN, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )
