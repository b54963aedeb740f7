"""One request to a provider while a member waits: short limits, never inside a transaction."""

import os
from functools import cache

from apps.core.outbound import Answer, Client
from apps.h5.providers.requests import Request

_CONNECT, _READ, _TOTAL = 3.0, 5.0, 8.0  # seconds


def ask(request: Request) -> Answer:
    """Raises ``NotSent`` or ``NoAnswer``. Addresses come from settings, so there is no guard to pass (S4)."""
    return _client(os.getpid()).send(request.method, request.url, headers=request.headers, body=request.body)


@cache
def _client(_process: int) -> Client:
    return Client(is_guarded=False, connect=_CONNECT, read=_READ, total=_TOTAL)
