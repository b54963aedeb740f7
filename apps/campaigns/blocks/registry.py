"""Finds block kinds: each module in this package that defines ``BLOCK`` is one."""

from functools import cache

from apps.campaigns.blocks.base import Block
from apps.campaigns.enums import Section
from apps.core.registries import strategies_in


@cache
def all_blocks() -> dict[str, Block]:
    """Every kind by key: those of the top first, in the order of their files' names. Raises ``ValueError`` when
    two share a key."""
    found: dict[str, Block] = strategies_in(__package__, "BLOCK")
    order = list(Section)
    return dict(sorted(found.items(), key=lambda pair: (order.index(pair[1].sections[0]), pair[0])))


def get_block(key: str) -> Block:
    """The kind with ``key``; raises ``KeyError``."""
    return all_blocks()[key]
