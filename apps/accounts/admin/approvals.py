"""审批: who asked, who decided. Deciding happens on the page of the thing itself, where it can be seen."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.enums import ApprovalState
from apps.accounts.models import Approval


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyModelAdmin):
    list_display = [
        "title",
        "state_label",
        "requested_by",
        "requested_at",
        "decided_by",
        "comment",
        "open_link",
    ]
    list_filter = [("state", ChoicesDropdownFilter), ("requested_at", RangeDateTimeFilter)]
    search_fields = ["title"]
    fields = [
        "title",
        "state_label",
        "team",
        ("requested_by", "requested_at"),
        ("decided_by", "decided_at"),
        "comment",
        "open_link",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        rows = super().get_queryset(request)
        return rows.select_related("requested_by", "decided_by", "team", "subject_type")

    @display(
        description=_("状态"),
        ordering="state",
        label={
            ApprovalState.PENDING: "warning",
            ApprovalState.APPROVED: "success",
            ApprovalState.REJECTED: "danger",
        },
    )
    def state_label(self, approval: Approval) -> tuple[str, str]:
        return approval.state, approval.get_state_display()

    @display(description=_("内容"))
    def open_link(self, approval: Approval) -> SafeString | str:
        kind = approval.subject_type
        try:
            url = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[approval.subject_id])
        except NoReverseMatch:
            return "—"
        label = _("去审批") if approval.state == ApprovalState.PENDING else _("查看")
        return format_html('<a class="portal-link" href="{}">{}</a>', url, label)
