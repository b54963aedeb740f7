"""转化: what visits led to, read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin.entry import members_found
from apps.h5.admin.source_words import source_in_words
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion

_COLOURS = {ConversionKind.LOGIN: "info", ConversionKind.ENTRY: "success", ConversionKind.PART: "success"}


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "kind_label", "member_name", "run", "first_source", "last_source", "is_new_member"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("run__campaign", ScopedRelatedFilter),
        ("run", ScopedRelatedFilter),
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = [
        "run__campaign",
        "member",
        "first_touch__link__group",
        "last_touch__link__group",
    ]
    search_fields = ["member__nickname"]
    search_help_text = _("成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields = [
        ("at", "kind_label"),
        ("member_name", "is_new_member"),
        ("run", "ref"),
        ("first_source", "last_source"),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversion], search_term: str
    ) -> tuple[QuerySet[Conversion], bool]:
        term = search_term.strip()
        return (queryset.filter(member__in=members_found(request, term)) if term else queryset), False

    @display(description=_("种类"), label=_COLOURS)
    def kind_label(self, row: Conversion) -> tuple[str, str]:
        return row.kind, row.get_kind_display()

    @display(description=_("成员"))
    def member_name(self, row: Conversion) -> str:
        return str(row.member)

    @display(description=_("首次触点"))
    def first_source(self, row: Conversion) -> str:
        return source_in_words(row.first_touch) if row.first_touch else "—"

    @display(description=_("末次触点"))
    def last_source(self, row: Conversion) -> str:
        return source_in_words(row.last_touch) if row.last_touch else "—"
