"""What the forms of goals and rules share: the metric, the subject, and whose it may be."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.accounts.models import User
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.registry import all_families, all_metrics
from apps.analytics.models.subject import SUBJECTS
from apps.analytics.selectors.daily import can_follow

_DIMENSIONS = {
    "team": Dimension.TOTAL,
    "group": Dimension.GROUP,
    "campaign": Dimension.CAMPAIGN,
    "run": Dimension.RUN,
}


def metric_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Metrics that can be followed day by day, by family."""
    found = []
    for family in all_families().values():
        rows = [
            (metric.key, str(metric.label))
            for metric in family.metrics
            if any(can_follow(metric, dim) for dim in _DIMENSIONS.values())
        ]
        if rows:
            found.append((str(family.label), rows))
    return found


def unit_of(metric: Metric | None) -> Unit:
    return metric.unit if metric else Unit.COUNT


def label_of(key: str) -> str:
    """What a metric is called; its key when it is no longer there."""
    metric = all_metrics().get(key)
    return str(metric.label) if metric else key


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]
    """Subclasses are bound to a request's user by ``for_request``."""

    user: User
    metric = forms.ChoiceField(label=_("指标"), choices=metric_choices, widget=UnfoldAdminSelectWidget)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = [name for name in SUBJECTS if cleaned.get(name)]
        if len(chosen) > 1:
            self.add_error(chosen[1], _("团队、社群、活动、活动期只选一个。"))
        if not chosen and not self.user.has_perm("accounts.view_all_teams"):
            self.add_error("team", _("选一个你所在的团队，或一个社群、活动。"))
        metric = all_metrics().get(cleaned.get("metric", ""))
        dim = _DIMENSIONS[chosen[0]] if chosen else Dimension.TOTAL
        if metric is not None and not can_follow(metric, dim):
            self.add_error("metric", _("这个指标不能按所选的对象逐日看，换一个指标或对象。"))
        return cleaned


def for_request(form: type[AboutForm], request: HttpRequest) -> type[AboutForm]:
    return type(form.__name__, (form,), {"user": request.user})


def shown_target(value: Decimal, unit: Unit) -> Decimal:
    """As people write it: a share in percent."""
    return value * 100 if unit == Unit.PERCENT else value
