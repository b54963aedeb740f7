"""The sidebar by job: every section with every entry, one file per section."""

from community_ops.sidebar_plan import (
    analysis,
    campaigns,
    content,
    groups,
    members,
    settings,
    system,
    today,
    trade,
)
from community_ops.sidebar_plan.entry import Entry

__all__ = ["Entry", "plan"]

_SECTIONS = (today, members, groups, campaigns, content, trade, analysis, settings, system)


def plan() -> list[tuple[str, list[Entry]]]:
    """Every section with every entry, whoever is looking."""
    return [found.section() for found in _SECTIONS]
