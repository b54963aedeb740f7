"""Addresses of every page, within the admin's name space."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.analytics.admin.board.page import Page, Route, page_view
from apps.core.registries import strategies_in

_PACKAGE = "apps.analytics.admin.pages"


def all_pages() -> dict[str, Page]:
    """Pages by key, in the order of their files' names."""
    return strategies_in(_PACKAGE, "PAGE")


def urls(site: AdminSite) -> list[URLPattern]:
    """``/admin/analytics/<key>/`` for each page, and the other routes of the room."""
    routes: dict[str, Route] = strategies_in(_PACKAGE, "ROUTE")
    return [
        *(
            path(f"analytics/{page.key}/", site.admin_view(_view(page)), name=f"analytics_{page.key}")
            for page in all_pages().values()
        ),
        *(
            path(f"analytics/{route.path}", site.admin_view(route.view), name=f"analytics_{route.key}")
            for route in routes.values()
        ),
    ]


def _view(page: Page) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        return page_view(page, request)

    return view
