"""Finds providers: each module in this package that defines ``PROVIDER`` is one."""

from functools import cache

from apps.core.registries import strategies_in
from apps.orders.providers.base import Provider, Text


@cache
def all_providers() -> dict[str, Provider]:
    """Every provider by key. Raises ``ValueError`` when two share a key."""
    found: dict[str, Provider] = strategies_in(__package__, "PROVIDER")
    return found


def get_provider(key: str) -> Provider:
    """The provider with ``key``; raises ``KeyError``."""
    return all_providers()[key]


def provider_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new provider file appears in forms with no migration."""
    return [(provider.key, provider.label) for provider in all_providers().values()]
