"""Finds rules: each module in this package that defines ``RULE`` is one."""

from functools import cache
from typing import Any

from apps.campaigns.risk.base import RiskRule
from apps.core.registries import strategies_in


@cache
def all_rules() -> dict[str, RiskRule[Any]]:
    """Every rule by key, in order of key. Raises ``ValueError`` when two share one."""
    found: dict[str, RiskRule[Any]] = strategies_in(__package__, "RULE")
    return dict(sorted(found.items()))
