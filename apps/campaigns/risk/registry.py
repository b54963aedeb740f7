"""Finds rules: each module in this package that defines ``RULE`` is one."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from apps.campaigns.risk.base import RiskRule


@cache
def all_rules() -> dict[str, RiskRule[Any]]:
    """Every rule by key, in order of key. Raises ``ValueError`` when two share one."""
    package = __name__.rpartition(".")[0]
    found: dict[str, RiskRule[Any]] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        rule = getattr(import_module(f"{package}.{info.name}"), "RULE", None)
        if rule is None:
            continue
        if rule.key in found:
            raise ValueError(f"two risk rules share the key {rule.key!r}")
        found[rule.key] = rule
    return dict(sorted(found.items()))
