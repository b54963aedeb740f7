"""目标: the form, the list, and copying a month."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.analytics.admin.about_form import AboutForm, for_request, label_of, shown_target, unit_of
from apps.analytics.enums import Standing, Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.metrics.wording import say_number
from apps.analytics.models import Goal
from apps.analytics.selectors.periods import day_of, month_named, month_of
from apps.analytics.services.goals import copy_goals, read_goals
from apps.core.clock import database_now
from apps.core.numbers import whole

STANDING_COLOURS = {
    Standing.COMING: "default",
    Standing.UNCLEAR: "default",
    Standing.AHEAD: "success",
    Standing.REACHED: "success",
    Standing.ON_TRACK: "info",
    Standing.BEHIND: "warning",
    Standing.MISSED: "danger",
}


class GoalForm(AboutForm):
    target = forms.DecimalField(
        label=_("目标值"),
        max_digits=16,
        decimal_places=4,
        help_text=_("按指标的单位填：金额填元，比率填百分数（25 就是 25%）。"),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            shown = shown_target(self.instance.target, unit_of(all_metrics().get(self.instance.metric)))
            self.initial["target"] = f"{shown.normalize():f}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        target, unit = cleaned.get("target"), unit_of(all_metrics().get(cleaned.get("metric", "")))
        if isinstance(target, Decimal) and unit == Unit.PERCENT:
            if target > 1000:
                self.add_error("target", _("百分数太大了，25% 就填 25。"))
            cleaned["target"] = target / 100
        return cleaned

    class Meta:
        model = Goal
        fields = (
            "metric",
            "target",
            "team",
            "group",
            "campaign",
            "run",
            "starts_on",
            "ends_on",
            "owner",
            "note",
        )


@admin.register(Goal)
class GoalAdmin(ScopedModelAdmin):
    """A goal's progress is derived; here it is only set."""

    form = GoalForm
    list_display = [
        "metric_name",
        "about",
        "shown_target",
        "shown_value",
        "period",
        "shown_standing",
        "owner",
    ]
    list_filter = ["standing", "team", ("ends_on", admin.DateFieldListFilter)]
    list_select_related = ["team", "group__team", "campaign__team", "run__campaign__team", "owner"]
    search_fields = ["note", "group__name", "campaign__title", "team__name"]
    autocomplete_fields = ["group", "campaign"]
    raw_id_fields = ["run"]
    fieldsets = [
        (None, {"fields": ["metric", "target", ("starts_on", "ends_on")]}),
        (
            _("谁的目标"),
            {
                "fields": ["team", "group", "campaign", "run"],
                "description": _("只选一个；都不选就是全部团队。"),
            },
        ),
        (_("其他"), {"fields": ["owner", "note"]}),
    ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return for_request(super().get_form(request, obj, change, **kwargs), request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        month = month_of(day_of(database_now()))
        given = {"owner": request.user.pk, "starts_on": month.first, "ends_on": month.last}
        return given | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Goal, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        read_goals(now=database_now(), goals=[obj])

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:analytics_goals")

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:analytics_goals")

    @display(description=_("指标"), ordering="metric")
    def metric_name(self, goal: Goal) -> str:
        return label_of(goal.metric)

    @display(description=_("对象"))
    def about(self, goal: Goal) -> str:
        return goal.subject_label

    @display(description=_("目标值"))
    def shown_target(self, goal: Goal) -> str:
        return say_number(goal.target, unit_of(all_metrics().get(goal.metric)))

    @display(description=_("目前"))
    def shown_value(self, goal: Goal) -> str:
        return say_number(goal.value, unit_of(all_metrics().get(goal.metric)))

    @display(description=_("时段"), ordering="ends_on")
    def period(self, goal: Goal) -> str:
        return f"{goal.starts_on} – {goal.ends_on}"

    @display(description=_("进展"), ordering="standing", label=STANDING_COLOURS)
    def shown_standing(self, goal: Goal) -> tuple[str, str]:
        return goal.standing, goal.get_standing_display()

    def get_urls(self) -> list[URLPattern]:
        copy = self.admin_site.admin_view(require_POST(copy_view))
        return [path("copy/", copy, name="analytics_goal_copy"), *super().get_urls()]


def copy_view(request: HttpRequest) -> HttpResponse:
    """POST ``month`` (2026-03) and ``percent``: that month's goals for the next one."""
    month = month_named(request.POST.get("month", ""))
    percent = whole(request.POST.get("percent") or 100) or 0
    made = run_service(
        request,
        lambda: copy_goals(month=month, percent=percent, actor=request.user, now=database_now()),  # type: ignore[arg-type]
        success=lambda goals: (
            ngettext("复制了 %d 个目标。", "复制了 %d 个目标。", len(goals)) % len(goals)
            if goals
            else _("没有可复制的：那个月没有你能看的目标，或已经复制过。")
        ),
    )
    show = "coming" if made and made[0].starts_on > database_now().date() else "running"
    return redirect(reverse("admin:analytics_goals") + f"?show={show}")
