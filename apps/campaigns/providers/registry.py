"""Finds providers: each module in this package that defines ``PROVIDER`` is one."""

from functools import cache

from apps.campaigns.providers.base import PacketProvider, Text
from apps.core.registries import strategies_in

#: What a benefit without a provider uses.
BY_PERSON = "manual"


@cache
def all_providers() -> dict[str, PacketProvider]:
    """Every provider by key. Raises ``ValueError`` when two share a key."""
    found: dict[str, PacketProvider] = strategies_in(__package__, "PROVIDER")
    return found


def get_provider(key: str) -> PacketProvider:
    """The provider with ``key`` ("": by a person); raises ``KeyError``."""
    return all_providers()[key or BY_PERSON]


def provider_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new provider file appears in forms with no migration."""
    return [(provider.key, provider.label) for provider in all_providers().values()]
