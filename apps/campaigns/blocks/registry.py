"""Finds block kinds: each module in this package that defines ``BLOCK`` is one."""

import pkgutil
from functools import cache
from importlib import import_module

from apps.campaigns.blocks.base import Block
from apps.campaigns.enums import Section


@cache
def all_blocks() -> dict[str, Block]:
    """Every kind by key: those of the top first, in the order of their files' names. Raises ``ValueError`` when
    two share a key."""
    package = __name__.rpartition(".")[0]
    found: dict[str, Block] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        block = getattr(import_module(f"{package}.{info.name}"), "BLOCK", None)
        if block is None:
            continue
        if block.key in found:
            raise ValueError(f"two blocks share the key {block.key!r}")
        found[block.key] = block
    order = list(Section)
    return dict(sorted(found.items(), key=lambda pair: (order.index(pair[1].sections[0]), pair[0])))


def get_block(key: str) -> Block:
    """The kind with ``key``; raises ``KeyError``."""
    return all_blocks()[key]
