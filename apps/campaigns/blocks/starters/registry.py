"""Finds shipped pages: each module in this package that defines ``STARTER`` has one."""

import pkgutil
from functools import cache
from importlib import import_module

from apps.campaigns.blocks.starters.base import Starter

GENERAL = "general"


@cache
def all_starters() -> dict[str, Starter]:
    """Every shipped page by key. Raises ``ValueError`` when two share one."""
    package = __name__.rpartition(".")[0]
    found: dict[str, Starter] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        starter = getattr(import_module(f"{package}.{info.name}"), "STARTER", None)
        if starter is None:
            continue
        if starter.key in found:
            raise ValueError(f"two shipped pages share the key {starter.key!r}")
        found[starter.key] = starter
    return found


def starter_for(mechanic: str) -> Starter:
    """The mechanic's own page, or the general one."""
    return all_starters().get(mechanic) or all_starters()[GENERAL]
