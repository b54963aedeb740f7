"""通知: what the system told me. Everybody sees only their own here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from apps.accounts.admin.base import ReadOnlyModelAdmin, run_service
from apps.accounts.enums import NoticeLevel
from apps.accounts.models import Notice
from apps.accounts.services.notices import mark_read


class UnreadFilter(admin.SimpleListFilter):
    title = _("阅读")
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("未读")), ("yes", _("已读"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        if self.value() == "no":
            return queryset.filter(read_at__isnull=True)
        if self.value() == "yes":
            return queryset.filter(read_at__isnull=False)
        return queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnlyModelAdmin):
    list_display = ["level_label", "message", "created_at", "read_state"]
    list_display_links = None
    list_filter = [UnreadFilter, "level"]
    search_fields = ["text"]
    actions = ["mark_selected_read"]
    actions_list = ["mark_all_read"]
    fields = ["level", "text", "created_at", "read_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return super().get_queryset(request).filter(user=request.user)

    def get_urls(self) -> list[URLPattern]:
        opened = self.admin_site.admin_view(self.open_view)
        return [path("<int:notice_id>/open/", opened, name="accounts_notice_open"), *super().get_urls()]

    def open_view(self, request: HttpRequest, notice_id: int) -> HttpResponse:
        """Mark a notice read and go where it points."""
        notice = get_object_or_404(self.get_queryset(request), pk=notice_id)
        mark_read(notices=self.get_queryset(request).filter(pk=notice.pk), now=timezone.now())
        is_ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts={request.get_host()})
        return redirect(notice.url if is_ours else reverse("admin:accounts_notice_changelist"))

    @display(
        description=_("级别"),
        ordering="level",
        label={NoticeLevel.INFO: "info", NoticeLevel.WARNING: "warning", NoticeLevel.ERROR: "danger"},
    )
    def level_label(self, notice: Notice) -> tuple[str, str]:
        return notice.level, notice.get_level_display()

    @display(description=_("内容"))
    def message(self, notice: Notice) -> SafeString | str:
        if not notice.url:
            return notice.text
        url = reverse("admin:accounts_notice_open", args=[notice.pk])
        return format_html('<a class="portal-link" href="{}">{}</a>', url, notice.text)

    @display(description=_("已读"), boolean=True)
    def read_state(self, notice: Notice) -> bool:
        return notice.read_at is not None

    @action(description=_("标为已读"))
    def mark_selected_read(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        self._mark(request, queryset)

    @action(
        description=_("全部标为已读"),
        url_path="mark-all-read",
        icon="done_all",
        dialog={
            "title": _("全部标为已读"),
            "description": _("你的所有未读通知都会标为已读。"),
            "form_class": BaseDialogForm,
            "form_submit_text": _("全部标为已读"),
        },
    )
    def mark_all_read(self, request: HttpRequest, form: BaseDialogForm) -> HttpResponse:
        """Asked in a dialog: a mere link (GET) changes nothing."""
        self._mark(request, self.get_queryset(request))
        return HttpResponse(headers={"HX-Redirect": reverse("admin:accounts_notice_changelist")})

    def _mark(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        run_service(
            request,
            lambda: mark_read(notices=notices, now=timezone.now()),
            success=lambda count: ngettext("已读 %d 条通知。", "已读 %d 条通知。", count) % count,
        )
