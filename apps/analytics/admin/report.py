"""定时报告: what goes out, to whom, and what became of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.accounts.admin.base import ReadOnlyModelAdmin, ScopedModelAdmin, ScopedTabularInline
from apps.accounts.models import User
from apps.analytics.enums import IssueState
from apps.analytics.metrics.registry import all_families
from apps.analytics.models import ReportIssue, ReportPlan
from apps.analytics.services.reporting import save_plan, write_report
from apps.core.clock import database_now
from apps.core.errors import DomainError


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (str(family.label), [(metric.key, str(metric.label)) for metric in family.metrics])
        for family in all_families().values()
    ]


class PlanForm(forms.ModelForm):
    metrics = forms.MultipleChoiceField(
        label=_("指标"), choices=_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = ReportPlan
        fields = [
            "name",
            "team",
            "metrics",
            "rhythm",
            "weekday",
            "month_day",
            "hour",
            "people",
            "channels",
            "is_on",
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        people, channels = found.get("people"), found.get("channels")
        if not people and not channels:
            self.add_error("people", _("还没有收件人。选至少一位同事或一个机器人。"))
        unknown = [str(person) for person in people or () if not person.email]
        if unknown:
            self.add_error("people", _("%s 没有填邮箱，先在账号里填上。") % "、".join(unknown))
        return found


class IssueInline(ScopedTabularInline):
    model = ReportIssue
    fields = ["due_at", "first_day", "last_day", "state", "mailed", "deliveries", "finished_at"]
    readonly_fields = fields
    can_delete = False
    max_num = 0
    ordering = ["-due_at"]
    verbose_name_plural = _("发送记录")

    @display(description=_("邮件"))
    def mailed(self, issue: ReportIssue) -> str:
        return f"{sum(word == 'ok' for word in issue.mail.values())} / {len(issue.mail)}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ReportPlan)
class ReportPlanAdmin(ScopedModelAdmin):
    form = PlanForm
    inlines = [IssueInline]
    list_display = ["name", "rhythm", "team", "owner", "is_on", "next_at", "preview_link"]
    list_select_related = ["team", "owner"]
    list_filter = ["rhythm", "is_on"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    readonly_fields = ["owner", "next_at", "preview_link"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*PlanForm.Meta.fields, *(self.readonly_fields if obj else [])]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "people" and field is not None:
            user: Any = request.user
            people = User.objects.filter(is_active=True, is_staff=True)
            if not user.has_perm("accounts.view_all_teams"):
                people = people.filter(teams__in=user.teams.all()).distinct()
            field.queryset = people.order_by("username")
        return field

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/preview/",
            self.admin_site.admin_view(self.preview),
            name="analytics_reportplan_preview",
        )
        return [own, *super().get_urls()]

    @display(description=_("预览"))
    def preview_link(self, plan: ReportPlan) -> str:
        if plan.pk is None:
            return "—"
        address = reverse("admin:analytics_reportplan_preview", args=[plan.pk])
        return format_html('<a class="portal-link" href="{}">{}</a>', address, _("看现在会发什么"))

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would go out now, sent to nobody. For whoever may open the plan and see its figures."""
        user: Any = request.user
        plan = get_object_or_404(ReportPlan.objects.visible_to(user).select_related("owner", "team"), pk=pk)
        # Its figures are the owner's: a reader of less must not see them here.
        if not self.has_view_permission(request) or (
            plan.owner_id != user.pk and not user.has_perm("accounts.view_all_teams")
        ):
            raise PermissionDenied
        report, problem = None, ""
        try:
            report = write_report(plan, due_at=database_now())
        except DomainError as error:
            problem = str(error)
        context = {
            **self.admin_site.each_context(request),
            "title": _("预览"),
            "opts": self.opts,
            "plan": plan,
            "report": report,
            "problem": problem,
        }
        return render(request, "analytics/report_preview.html", context)

    def save_model(self, request: HttpRequest, obj: ReportPlan, form: Any, change: bool) -> None:
        actor: Any = request.user
        save_plan(
            plan=obj,
            people=form.cleaned_data["people"],
            channels=form.cleaned_data["channels"],
            actor=actor,
            now=database_now(),
        )


@admin.register(ReportIssue)
class ReportIssueAdmin(ReadOnlyModelAdmin):
    """The text of a report, for whoever owned its plan when it was made."""

    list_display = ["plan", "due_at", "first_day", "last_day", "state_word", "deliveries"]
    list_filter = ["state"]
    list_select_related = ["plan"]
    ordering = ["-due_at", "-id"]
    sortable_by: list[str] = []
    fields = [
        "plan",
        "due_at",
        "made_at",
        "first_day",
        "last_day",
        "state",
        "text",
        "deliveries",
        "finished_at",
    ]

    @display(
        description=_("状态"),
        label={"sent": "success", "made": "info", "failed": "danger", "missed": "warning"},
    )
    def state_word(self, issue: ReportIssue) -> tuple[str, Any]:
        return issue.state, IssueState(issue.state).label
