"""触点: every visit and where it came from, read-only; the pages about visits hang here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.h5.admin import compare, heat, phone, traffic
from apps.h5.admin.source_words import source_in_words
from apps.h5.models import Touch


@admin.register(Touch)
class TouchAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "run", "source", "inviter", "variant", "member_name"]
    list_filter = [
        ("run__campaign", ScopedRelatedFilter),
        ("run", ScopedRelatedFilter),
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = ["run__campaign", "inviter", "visitor__member", "link__group"]
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()
    fields = [
        ("at", "run"),
        ("source", "link"),
        ("inviter", "member_name"),
        ("group_id", "post_id"),
        ("utm", "referrer"),
        ("version_id", "variant"),
    ]
    readonly_fields = ["source", "member_name"]

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("campaign/<int:pk>/traffic/", traffic.traffic_view, "traffic"),
            ("campaign/<int:pk>/compare/", compare.compare_view, "compare"),
            ("campaign/<int:pk>/heat/", heat.heat_view, "heat"),
            ("campaign/<int:pk>/phone/", phone.phone_view, "phone"),
        ]
        wrap = self.admin_site.admin_view
        own = [path(route, wrap(self._bound(view)), name=f"h5_touch_{name}") for route, view, name in pages]
        return [*own, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def call(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(self, request, **kwargs)

        return call

    @display(description=_("来源"))
    def source(self, touch: Touch) -> str:
        return source_in_words(touch)

    @display(description=_("成员"))
    def member_name(self, touch: Touch) -> str:
        return str(touch.visitor.member) if touch.visitor.member else str(_("还没登录"))
