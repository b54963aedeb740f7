"""A dashboard page, and how every one of them is served."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.analytics.admin.board.bar import bar_of
from apps.analytics.admin.board.export import exported
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.freshness import freshness
from apps.analytics.admin.board.presets import DEFAULT
from apps.analytics.admin.board.tools import tools_of


@dataclass(frozen=True)
class Page:
    """One dashboard. ``build`` returns the template's context; ``tiles`` and ``charts`` (by key) in it are known to the
    shell. ``filters`` names the choices of the bar: period, team, group, campaign, run; ``named`` those that only a
    link makes.
    """

    key: str
    label: Any
    icon: str
    template: str
    build: Callable[[Filters], dict[str, Any]]
    permission: str = "analytics.view_dashboard"
    filters: tuple[str, ...] = ("period", "team")
    named: tuple[str, ...] = ()
    help: Any = ""
    preset: str = DEFAULT
    refresh_seconds: int = 0
    can_share: bool = True
    #: Place in the sidebar: 10 overview, 20 funnel, 30 acquisition … 100 where nobody says.
    order: int = 100
    in_sidebar: bool = True
    #: "analytics/bare.html" for a page without the admin around it.
    base: str = "admin/base_site.html"
    is_dark: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What the page can be narrowed to."""
        return (*self.filters, *self.named)


@dataclass(frozen=True)
class Route:
    """An address of this room that is no dashboard: ``/admin/analytics/<path>``, named ``analytics_<key>``."""

    key: str
    path: str
    view: Callable[..., HttpResponse]


def page_view(page: Page, request: HttpRequest) -> HttpResponse:
    """Show a page, or with ``?export=<chart>&format=csv|xlsx`` hand out a chart's table. 403 without the permission."""
    if not request.user.has_perm(page.permission):
        raise PermissionDenied
    filters = Filters.from_request(request, default=page.preset, choices=page.choices)
    built = page.build(filters)
    if "export" in request.GET:
        return exported(
            request,
            built.get("charts", {}),
            page=page.key,
            title=page.label,
            period=filters.period,
            query=filters.query(),
        )
    context = {**site.each_context(request), "is_fullwidth": "1", "board_base": page.base}
    tools = tools_of(page, filters)
    return TemplateResponse(
        request, page.template, context | page_context(page, filters, built) | {"tools": tools}
    )


def page_context(page: Page, filters: Filters, built: dict[str, Any]) -> dict[str, Any]:
    """What every template of a page is given, signed in or not."""
    return {
        "title": page.label,
        "page": page,
        "filters": filters,
        "bar": bar_of(page, filters),
        "fresh": freshness(filters.now),
        **built,
    }
