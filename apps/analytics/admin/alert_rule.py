"""预警规则: which figures are watched."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin
from apps.analytics.admin.about_form import AboutForm, for_request, label_of
from apps.analytics.models import AlertRule


class AlertRuleForm(AboutForm):
    class Meta:
        model = AlertRule
        fields = ("metric", "sensitivity", "team", "group", "campaign", "owner", "is_active")


@admin.register(AlertRule)
class AlertRuleAdmin(ScopedModelAdmin):
    form = AlertRuleForm
    list_display = ["metric_name", "about", "sensitivity", "is_active", "looked_on", "owner"]
    list_filter = ["is_active", "sensitivity", "team"]
    list_select_related = ["team", "group__team", "campaign__team", "run__campaign__team", "owner"]
    autocomplete_fields = ["group", "campaign"]
    fieldsets = [
        (None, {"fields": ["metric", "sensitivity", "is_active"]}),
        (
            _("看谁的"),
            {"fields": ["team", "group", "campaign"], "description": _("只选一个；都不选就是全部团队。")},
        ),
        (None, {"fields": ["owner"]}),
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return for_request(super().get_form(request, obj, change, **kwargs), request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk} | super().get_changeform_initial_data(request)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(obj_page(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(obj_page(obj))

    @display(description=_("指标"), ordering="metric")
    def metric_name(self, rule: AlertRule) -> str:
        return label_of(rule.metric)

    @display(description=_("对象"))
    def about(self, rule: AlertRule) -> str:
        return rule.subject_label


def obj_page(rule: AlertRule) -> str:
    """Where its band is drawn."""
    return reverse("admin:analytics_alerts") + f"?rule={rule.pk}"
