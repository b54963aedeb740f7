"""What a person does to a run: each says what it brings about first, then is done by one service call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.campaigns.admin.pages import staff
from apps.campaigns.admin.run_pages import visible_run
from apps.campaigns.enums import RunAction
from apps.campaigns.models import Run
from apps.campaigns.services.recurrence import zone
from apps.campaigns.services.runs import (
    actions_for,
    cancel_run,
    change_stock,
    consequences,
    end_run_early,
    extend_run,
    pause_run,
    resume_run,
    set_budget,
)
from apps.core.clock import database_now

_INPUT = {"class": "ca-input"}
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_DANGEROUS = frozenset({RunAction.END, RunAction.CANCEL})


class _ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("原因"),
        required=False,
        max_length=300,
        help_text=_("会记入审计。"),
        widget=forms.Textarea({**_INPUT, "rows": 2}),
    )


class _ExtendForm(_ReasonForm):
    closes_at = forms.DateTimeField(
        label=_("新的结束时间"),
        widget=forms.DateTimeInput({**_INPUT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ["closes_at", "reason"]

    def clean_closes_at(self) -> datetime:
        """The ends of the calendar have no time in other zones."""
        moment: datetime = self.cleaned_data["closes_at"]
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise forms.ValidationError(_("年份要在 2000 到 2099 之间，请检查日期。"))
        return moment


class _StockForm(_ReasonForm):
    by = forms.IntegerField(
        label=_("加多少"),
        min_value=-1_000_000_000,
        max_value=1_000_000_000,
        help_text=_("减少填负数，只能减还没卖的。"),
        widget=forms.NumberInput(_INPUT),
    )
    field_order = ["by", "reason"]


class _BudgetForm(_ReasonForm):
    budget = forms.DecimalField(
        label=_("新的预算（元）"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=_("留空表示不限。"),
        widget=forms.NumberInput({**_INPUT, "step": "0.01"}),
    )
    field_order = ["budget", "reason"]


_FORMS: dict[str, type[_ReasonForm]] = {
    RunAction.EXTEND: _ExtendForm,
    RunAction.STOCK: _StockForm,
    RunAction.BUDGET: _BudgetForm,
}


@dataclass(frozen=True)
class Dialog:
    """One action with what it brings about and its form."""

    verb: str
    label: str
    style: str
    consequences: list[str]
    form: forms.Form = field(default_factory=_ReasonForm)


def dialogs_of(run: Run, actor: User, *, now: datetime) -> list[Dialog]:
    """What ``actor`` may do to ``run`` now."""
    found = []
    for action in actions_for(run, actor):
        form = _FORMS.get(action, _ReasonForm)(initial=_initial(run, now), auto_id=f"{action.value}-%s")
        if action == RunAction.EXTEND:
            form.fields["closes_at"].help_text = _t("按 %(zone)s 的时间。") % {"zone": run.campaign.timezone}
        found.append(
            Dialog(
                verb=action.value,
                label=str(action.label),
                style="danger" if action in _DANGEROUS else "quiet",
                consequences=consequences(run=run, action=action, now=now),
                form=form,
            )
        )
    return found


def _initial(run: Run, now: datetime) -> dict[str, Any]:
    later = max(run.closes_at, now) + timedelta(days=1)
    return {
        "closes_at": timezone.localtime(later, zone(run.campaign.timezone)).replace(tzinfo=None),
        "budget": run.stock.budget,
    }


def consequences_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """What extending to ``?closes_at=`` would bring about: ``{"lines": [...]}``."""
    run = visible_run(request, pk, "launch_campaign")
    form = _ExtendForm(request.GET)
    closes_at = _aware(run, form.cleaned_data["closes_at"]) if form.is_valid() else None
    lines = consequences(run=run, action=RunAction.EXTEND, now=database_now(), closes_at=closes_at)
    return JsonResponse({"lines": lines})


def act_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    return _act(request, visible_run(request, pk, "launch_campaign"), verb)


@require_POST
def _act(request: HttpRequest, run: Run, verb: str) -> HttpResponse:
    if verb not in RunAction.values:
        raise Http404
    form = _FORMS.get(verb, _ReasonForm)(request.POST)
    if not form.is_valid():
        for texts in form.errors.values():
            messages.error(request, " ".join(str(text) for text in texts))
        return redirect(run.get_absolute_url())
    values = form.cleaned_data
    about = {"run": run, "actor": staff(request), "now": database_now(), "reason": values["reason"].strip()}
    calls: dict[str, tuple[Callable[[], Any], Any]] = {
        RunAction.PAUSE: (lambda: pause_run(**about), _("已暂停，成员页面写着“已暂停”。")),
        RunAction.RESUME: (lambda: resume_run(**about), _("已恢复，成员可以继续参与。")),
        RunAction.END: (lambda: end_run_early(**about), _("本期已结束，接着结算。")),
        RunAction.EXTEND: (
            lambda: extend_run(**about, closes_at=_aware(run, values["closes_at"])),
            lambda count: _t("已延长，%(count)d 张参与单跟着延长。") % {"count": count},
        ),
        RunAction.STOCK: (
            lambda: change_stock(**about, by=values["by"]),
            lambda stock: _t("库存现在是 %(stock)d。") % {"stock": stock.stock},
        ),
        RunAction.BUDGET: (lambda: set_budget(**about, budget=values["budget"]), _("预算已改。")),
        RunAction.CANCEL: (lambda: cancel_run(**about), _("这一期已取消。")),
    }
    call, success = calls[verb]
    run_service(request, call, success=success)
    return redirect(run.get_absolute_url())


def _aware(run: Run, moment: datetime) -> datetime:
    """What was typed is the campaign's wall clock, whatever zone the form put on it."""
    return moment.replace(tzinfo=zone(run.campaign.timezone))
