"""事件: the append-only fact log, to look at."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.events.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyModelAdmin):
    list_display = ["occurred_at", "kind", "team", "group_id", "member_id", "subject", "value", "actor"]
    list_filter = [
        ("kind", MultipleChoicesDropdownFilter),
        ("team", ScopedRelatedFilter),
        ("occurred_at", RangeDateTimeFilter),
    ]
    list_select_related = ["team", "actor"]
    # By number, not by time: the one order that every monthly partition has an index for.
    ordering = ["-id"]
    sortable_by: list[str] = []
    fields = [
        ("occurred_at", "recorded_at"),
        ("kind", "team", "actor"),
        ("group_id", "member_id"),
        ("subject", "value"),
        "data_text",
    ]

    @display(description=_("明细"))
    def data_text(self, event: Event) -> SafeString:
        text = json.dumps(event.data, ensure_ascii=False, indent=2)
        return format_html('<pre class="portal-pre">{}</pre>', text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("key")
