"""Finding strategies: one file each, known by being there."""

import pkgutil
from importlib import import_module
from typing import Any


def strategies_in(package: str, name: str) -> dict[str, Any]:
    """What the modules right below ``package`` export as ``name``, by its ``key``, in the order of their files' names.

    Modules without one are passed over. Raises ``ValueError`` when two share a key.
    """
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        strategy = getattr(import_module(f"{package}.{info.name}"), name, None)
        if strategy is None:
            continue
        if strategy.key in found:
            raise ValueError(f"two of {package} share the key {strategy.key!r}")
        found[strategy.key] = strategy
    return found
