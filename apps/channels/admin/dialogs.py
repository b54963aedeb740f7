"""The small forms that ask before something is done, and say first what it will do to the queue."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.channels.admin.pages import staff
from apps.channels.models import Channel
from apps.channels.selectors.queue import queue_of
from apps.core.clock import database_now

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


class _QueueForm(ConfirmForm):
    form_before_template = "channels/_queue.html"
    verb = ""

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        channel = Channel.objects.visible_to(staff(request)).filter(pk=str(object_id)).first()
        if channel is None:
            return {}
        return {"channel": channel, "verb": self.verb, "queue": queue_of(channel, now=database_now())}


class PauseForm(_QueueForm):
    verb = "pause"


class ActivateForm(_QueueForm):
    verb = "activate"


class TestForm(_QueueForm):
    verb = "test"


class DecideForm(forms.Form):
    """The same decision for several deliveries."""

    reason = forms.CharField(
        label=_("原因"), max_length=300, help_text=_EXPLAIN, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )
