"""Finds providers: each module in this package that defines ``PROVIDER`` is one."""

import pkgutil
from functools import cache
from importlib import import_module

from apps.campaigns.providers.base import PacketProvider, Text

#: What a benefit without a provider uses.
BY_PERSON = "manual"


@cache
def all_providers() -> dict[str, PacketProvider]:
    """Every provider by key. Raises ``ValueError`` when two share a key."""
    package = __name__.rpartition(".")[0]
    found: dict[str, PacketProvider] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        provider = getattr(import_module(f"{package}.{info.name}"), "PROVIDER", None)
        if provider is None:
            continue
        if provider.key in found:
            raise ValueError(f"two providers share the key {provider.key!r}")
        found[provider.key] = provider
    return found


def get_provider(key: str) -> PacketProvider:
    """The provider with ``key`` ("": by a person); raises ``KeyError``."""
    return all_providers()[key or BY_PERSON]


def provider_choices() -> list[tuple[str, Text]]:
    """For ``choices=``: a new provider file appears in forms with no migration."""
    return [(provider.key, provider.label) for provider in all_providers().values()]
