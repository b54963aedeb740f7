"""Finds senders: each module in this package that defines ``PROVIDER`` is one."""

import pkgutil
from functools import cache
from importlib import import_module

from apps.h5.providers.sms.base import SmsProvider


@cache
def all_senders() -> dict[str, SmsProvider]:
    """Every sender by key. Raises ``ValueError`` when two share a key."""
    package = __name__.rpartition(".")[0]
    found: dict[str, SmsProvider] = {}
    for info in pkgutil.iter_modules(import_module(package).__path__):
        provider = getattr(import_module(f"{package}.{info.name}"), "PROVIDER", None)
        if provider is None:
            continue
        if provider.key in found:
            raise ValueError(f"two senders share the key {provider.key!r}")
        found[provider.key] = provider
    return found
