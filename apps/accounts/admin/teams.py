"""团队: the unit of row scoping (S1)."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.widgets import CharWidget
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin
from apps.accounts.admin.import_export import PlainResource, SpreadsheetAdminMixin
from apps.accounts.models import Team


class TeamResource(PlainResource):
    name = Field("name", "团队名称", CharWidget())
    note = Field("note", "备注", CharWidget())

    class Meta(PlainResource.Meta):
        model = Team
        import_id_fields = ["name"]
        fields = ["name", "note"]
        export_order = fields


@admin.register(Team)
class TeamAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [TeamResource]
    list_display = ["name", "note", "user_count"]
    search_fields = ["name", "note"]
    fields = ["name", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(user_total=Count("users"))

    @display(description=_("人数"), ordering="user_total")
    def user_count(self, team: Any) -> int:
        return team.user_total
