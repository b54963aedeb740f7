"""积分流水: looked at, never changed by hand."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.members.models import PointsEntry


@admin.register(PointsEntry)
class PointsEntryAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "member_name", "delta", "reason", "note"]
    list_filter = [("reason", ChoicesDropdownFilter), ("at", RangeDateTimeFilter)]
    list_select_related = ["member"]
    fields = ["member_name", "delta", "reason", "note", "at"]
    sortable_by: tuple[str, ...] = ()

    @display(description=_("成员"))
    def member_name(self, entry: PointsEntry) -> str:
        return str(entry.member)
