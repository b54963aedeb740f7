"""取数密钥: keys for machines that read figures."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.analytics.models import ReportKey
from apps.analytics.services.report_keys import create_key, revoke_key
from apps.core.clock import database_now


@admin.register(ReportKey)
class ReportKeyAdmin(ScopedModelAdmin):
    list_display = ["name", "team", "is_on", "last_used_at", "created_at"]
    list_select_related = ["team"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    actions = ["revoke"]
    readonly_fields = ["name_in_key", "created_by", "created_at", "last_used_at", "revoked_at"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        user: Any = request.user
        if obj is None and not user.has_perm("accounts.view_all_teams"):
            form.base_fields["team"].required = True
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "team"] if obj is None else ["name", "team", *self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made anew instead of changed. The list may still revoke."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("状态"), label={"on": "success", "off": "danger"})
    def is_on(self, key: ReportKey) -> tuple[str, Any]:
        return ("off", _("已停用")) if key.revoked_at else ("on", _("启用"))

    def save_model(self, request: HttpRequest, obj: ReportKey, form: Any, change: bool) -> None:
        actor: Any = request.user
        made, text = create_key(name=obj.name, team=obj.team, actor=actor, now=database_now())
        obj.pk = made.pk
        request.report_key = text  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ReportKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key, once; the answer is not to be stored by browsers or proxies."""
        answer = render(
            request,
            "analytics/report_key.html",
            {
                **admin.site.each_context(request),
                "title": _("取数密钥"),
                "opts": self.opts,
                "row": obj,
                "key": request.report_key,  # type: ignore[attr-defined]
            },
        )
        answer["Cache-Control"] = "no-store"
        return answer

    @action(description=_("停用所选密钥"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ReportKey]) -> None:
        actor: Any = request.user
        now = database_now()
        done = [
            run_service(request, partial(revoke_key, key=row, actor=actor, now=now))
            for row in queryset.filter(revoked_at__isnull=True)
        ]
        if any(done):
            messages.success(request, _("已停用：用这些密钥读不到数据了。"))
