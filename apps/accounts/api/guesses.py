"""Wrong keys of machines, limited by address: who has tried too many is not told about the next one, right or wrong."""

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip


def refuse_after_guesses(request: Request, scope: str) -> None:
    """Before a key is looked up. Raises ``Throttled`` for an address with too many wrong ones of this ``scope``."""
    if wait := counters().spent(_limits(request, scope)):
        raise Throttled(wait)


def count_guess(request: Request, scope: str) -> None:
    """After a wrong key."""
    counters().wait_for(_limits(request, scope))


def _limits(request: Request, scope: str) -> list[Limit]:
    # Requests without an address share one count: there is no way around it.
    address = client_ip(request._request) or "unknown"
    return [
        Limit(f"{scope}:{address}", most, seconds)
        for most, seconds in settings.API_LIMITS.get("wrong_key_ip", ())
    ]
