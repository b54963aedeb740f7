"""Finds senders: each module in this package that defines ``PROVIDER`` is one."""

from functools import cache

from apps.core.registries import strategies_in
from apps.h5.providers.sms.base import SmsProvider


@cache
def all_senders() -> dict[str, SmsProvider]:
    """Every sender by key. Raises ``ValueError`` when two share a key."""
    found: dict[str, SmsProvider] = strategies_in(__package__, "PROVIDER")
    return found
