"""审计: who did what, when and why."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "actor_name", "action", "target_label", "reason"]
    list_display_links = ["at"]
    list_filter = [
        ("actor", ScopedRelatedFilter),
        ("action", FieldTextFilter),
        ("target", FieldTextFilter),
        ("at", RangeDateTimeFilter),
    ]
    search_fields = ["target_label", "reason"]
    fields = ["at", "actor_name", "action", "target", "target_label", "reason", "detail_text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).select_related("actor")

    @display(description=_("操作人"), ordering="actor")
    def actor_name(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else str(_("系统"))

    @display(description=_("明细"))
    def detail_text(self, entry: AuditEntry) -> SafeString:
        text = json.dumps(entry.detail, ensure_ascii=False, indent=2)
        return format_html('<pre class="portal-pre">{}</pre>', text)
