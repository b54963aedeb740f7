"""Finds shipped pages: each module in this package that defines ``STARTER`` has one."""

from functools import cache

from apps.campaigns.blocks.starters.base import Starter
from apps.core.registries import strategies_in

GENERAL = "general"


@cache
def all_starters() -> dict[str, Starter]:
    """Every shipped page by key. Raises ``ValueError`` when two share one."""
    found: dict[str, Starter] = strategies_in(__package__, "STARTER")
    return found


def starter_for(mechanic: str) -> Starter:
    """The mechanic's own page, or the general one."""
    return all_starters().get(mechanic) or all_starters()[GENERAL]
