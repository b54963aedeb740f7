"""审计: who did what, when and why."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter
from unfold.decorators import display

from apps.accounts.admin.audit_words import WORDS, word_for
from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import DayRangeFilter, ScopedRelatedFilter
from apps.accounts.models import AuditEntry


class ActionFilter(DropdownFilter):
    title = _("动作")
    parameter_name = "did"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """One action, or several with commas between, as links from other rooms name them."""
        wanted = (self.value() or "").split(",")
        return queryset.filter(action__in=wanted) if any(wanted) else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "actor_name", "action_word", "target_label", "reason"]
    list_display_links = ["at"]
    list_filter = [
        ("actor", ScopedRelatedFilter),
        ActionFilter,
        ("target", FieldTextFilter),
        ("at", DayRangeFilter),
    ]
    search_fields = ["target_label", "reason"]
    fields = ["at", "actor_name", "action_word", "action", "target", "target_label", "reason", "detail_text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).select_related("actor")

    @display(description=_("操作人"), ordering="actor")
    def actor_name(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor else str(_("系统"))

    @display(description=_("动作"), ordering="action")
    def action_word(self, entry: AuditEntry) -> str:
        return word_for(entry.action)

    @display(description=_("明细"))
    def detail_text(self, entry: AuditEntry) -> SafeString:
        text = json.dumps(entry.detail, ensure_ascii=False, indent=2)
        return format_html('<pre class="portal-pre">{}</pre>', text)
