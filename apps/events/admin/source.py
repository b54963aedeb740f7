"""事件来源: keys for systems that bring facts."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.accounts.admin.base import ScopedModelAdmin, run_service
from apps.core.clock import database_now
from apps.core.sentences import listed
from apps.events.enums import EventKind
from apps.events.models import EventSource
from apps.events.schemas.registry import outside_kinds
from apps.events.services.sources import create_source, revoke_source


class SourceForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label=_("可写的事件"),
        choices=lambda: [(kind, EventKind(kind).label) for kind in outside_kinds()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = EventSource
        fields = ["name", "team", "kinds", "per_minute"]


@admin.register(EventSource)
class EventSourceAdmin(ScopedModelAdmin):
    form = SourceForm
    list_display = ["name", "team", "kind_names", "is_on", "last_used_at", "created_at"]
    list_select_related = ["team"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    actions = ["revoke"]
    readonly_fields = ["kind_names", "name_in_key", "created_by", "created_at", "last_used_at", "revoked_at"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        user: Any = request.user
        if obj is None and not user.has_perm("accounts.view_all_teams"):
            form.base_fields["team"].required = True
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["name", "team", "kinds", "per_minute"]
        return ["name", "team", "kind_names", "per_minute", *self.readonly_fields[1:]]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever holds the key relies on what it may do: make a new one instead. The list may still revoke."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("可写的事件"))
    def kind_names(self, source: EventSource) -> str:
        return listed([str(EventKind(kind).label) for kind in source.kinds])

    @display(description=_("状态"), label={"on": "success", "off": "danger"})
    def is_on(self, source: EventSource) -> tuple[str, Any]:
        return ("off", _("已停用")) if source.revoked_at else ("on", _("启用"))

    def save_model(self, request: HttpRequest, obj: EventSource, form: Any, change: bool) -> None:
        actor: Any = request.user
        made, key = create_source(
            name=obj.name,
            team=obj.team,
            kinds=form.cleaned_data["kinds"],
            per_minute=obj.per_minute,
            actor=actor,
            now=database_now(),
        )
        obj.pk = made.pk
        request.event_source_key = key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: EventSource, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key, once; the answer is not to be stored by browsers or proxies."""
        answer = render(
            request,
            "events/source_key.html",
            {
                **admin.site.each_context(request),
                "title": _("事件来源的密钥"),
                "opts": self.opts,
                "source": obj,
                "key": request.event_source_key,  # type: ignore[attr-defined]
            },
        )
        answer["Cache-Control"] = "no-store"
        return answer

    @action(description=_("停用所选来源"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[EventSource]) -> None:
        actor: Any = request.user
        now = database_now()
        for source in queryset.filter(revoked_at__isnull=True):
            run_service(request, partial(revoke_source, source=source, actor=actor, now=now))
        messages.success(request, _("已停用：这些密钥不能再写事件，写过的事件还在。"))
