"""One line of the sidebar."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar. Left out if the URL ``name`` does not exist or ``permission`` is missing."""

    label: str
    icon: str
    name: str
    permission: str = ""
    query: str = ""
    badge: str = ""
    badge_variant: str = "warning"
    words: str = ""  # what else people type into the palette

    def link(self) -> str:
        """The address, or "" where that room has no such page."""
        try:
            return reverse(self.name) + self.query
        except NoReverseMatch:
            return ""
