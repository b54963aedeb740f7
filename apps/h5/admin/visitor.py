"""访客: browsers that came, read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.campaigns.admin.entry import members_found
from apps.h5.models import Visitor


@admin.register(Visitor)
class VisitorAdmin(ReadOnlyModelAdmin):
    """A browser says nothing about a person until somebody logs in; only such rows belong to a team (S1)."""

    list_display = ["number", "member_name", "first_seen_at"]
    list_filter = [("first_seen_at", RangeDateTimeFilter)]
    list_select_related = ["member"]
    search_fields = ["member__nickname"]
    search_help_text = _("成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields = ["number", "member_name", "first_seen_at"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Visitor], search_term: str
    ) -> tuple[QuerySet[Visitor], bool]:
        term = search_term.strip()
        return (queryset.filter(member__in=members_found(request, term)) if term else queryset), False

    @display(description=_("访客"))
    def number(self, visitor: Visitor) -> str:
        return f"#{visitor.pk}"

    @display(description=_("成员"))
    def member_name(self, visitor: Visitor) -> str:
        return str(visitor.member) if visitor.member else str(_("还没登录"))
