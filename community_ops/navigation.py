"""The sidebar by job, and the command palette's entries. Each entry shows only to those who may open it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


def environment(request: HttpRequest) -> list[str] | None:
    """A badge beside the brand while the development servers are in use."""
    return [_("演示环境"), "warning"] if settings.DATABASE_IS_EMBEDDED else None


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return Unfold's navigation: a section per job; a section with nothing to open is left out."""
    plan: list[tuple[str, list[tuple[str, str, str, str]]]] = [
        (
            _("今日"),
            [
                (_("工作台"), "home", "admin:index", ""),
            ],
        ),
    ]
    sections = []
    for title, entries in plan:
        items = []
        for label, icon, name, permission in entries:
            if permission and not request.user.has_perm(permission):
                continue
            try:
                link = reverse(name)
            except NoReverseMatch:
                continue
            items.append({"title": label, "icon": icon, "link": link})
        if items:
            sections.append({"title": title, "separator": True, "collapsible": False, "items": items})
    return sections
