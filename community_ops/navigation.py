"""The sidebar by job, and the command palette's entries. Each entry shows only to those who may open it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from community_ops.badges import badges
from community_ops.sidebar_plan import Entry, plan


def environment(request: HttpRequest) -> list[str] | None:
    """A badge beside the brand while the development servers are in use."""
    return [_("演示环境"), "warning"] if settings.DATABASE_IS_EMBEDDED else None


def allowed(request: HttpRequest) -> list[tuple[str, list[tuple[Entry, str]]]]:
    """``plan`` narrowed to what this user may open and what exists; empty sections are left out."""
    sections = []
    for title, entries in plan():
        shown = [
            (entry, link)
            for entry in entries
            if (not entry.permission or request.user.has_perm(entry.permission)) and (link := entry.link())
        ]
        if shown:
            sections.append((title, shown))
    return sections


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return Unfold's navigation: a section per job; a section with nothing to open is left out."""
    counts = badges(request.user)
    sections = allowed(request)
    here = _current(request, [pair for _title, entries in sections for pair in entries])
    return [
        {
            "title": title,
            "separator": index > 0,
            "collapsible": False,
            "items": [_item(entry, link, counts, is_active=link == here) for entry, link in entries],
        }
        for index, (title, entries) in enumerate(sections)
    ]


def palette(request: HttpRequest, term: str) -> list[SearchResult]:
    """Entries of the sidebar whose name or other words contain ``term`` (Ctrl-K)."""
    term = term.strip().casefold()
    return [
        SearchResult(title=entry.label, description=title, link=link, icon=entry.icon)
        for title, entries in allowed(request)
        for entry, link in entries
        if term and term in f"{entry.label} {entry.words}".casefold()
    ]


def _item(entry: Entry, link: str, counts: dict[str, int], *, is_active: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"title": entry.label, "icon": entry.icon, "link": link, "active": is_active}
    if counts.get(entry.badge):
        item |= {"badge": counts[entry.badge], "badge_variant": entry.badge_variant, "badge_style": "solid"}
    return item


def _current(request: HttpRequest, pairs: list[tuple[Entry, str]]) -> str:
    """The one entry that the page belongs to: the longest address it starts with, a matching query first."""
    best, best_score = "", 0
    for entry, link in pairs:
        path, _sep, query = link.partition("?")
        if entry.name == "admin:index":
            score = len(path) if request.path == path else 0
        elif not request.path.startswith(path):
            score = 0
        elif query:
            given = request.META.get("QUERY_STRING", "")
            score = len(path) + 1 if request.path == path and query in given else 0
        else:
            score = len(path)
        if score > best_score:
            best, best_score = link, score
    return best
