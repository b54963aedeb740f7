"""Limits at the edge: per verb, per member and per address, in bursts and over an hour.

They keep floods from the database; what must hold exactly (once per member, stock, budget) holds there. So while
Valkey is away, nobody is locked out and nothing is let through unlimited: each process counts by itself.
"""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip


class EdgeLimits(BaseThrottle):
    """Limits of ``settings.API_LIMITS`` under the scopes of the request.

    Reading (GET) asks ``read``; all else ``act``. ``…_member`` counts for the person, ``…_ip`` for the address
    (generous: a whole mobile network may share one), ``act_verb`` for one person doing one thing.
    """

    def __init__(self) -> None:
        self._wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = counters().wait_for(limits_of(request, view))
        return not self._wait

    def wait(self) -> float:
        return self._wait


def limits_of(request: Request, view: Any) -> list[Limit]:
    """Everything that this request counts under."""
    doing = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "act"
    who = _person(request)
    named = []
    if who:
        named.append((f"{doing}_member", who))
        if doing == "act":
            verb = view.kwargs.get("verb") or type(view).__name__
            named.append(("act_verb", f"{who}:{verb[:40]}"))
    if ip := client_ip(request._request):
        named.append((f"{doing}_ip", ip))
    return [
        Limit(f"{scope}:{key}", most, seconds)
        for scope, key in named
        for most, seconds in settings.API_LIMITS.get(scope, ())
    ]


def _person(request: Request) -> str:
    """Names a member (who has no primary key) or a staff user; "" for somebody unknown."""
    user: Any = request.user
    if not user or not user.is_authenticated:
        return ""
    return f"u{user.pk}" if user.pk is not None else f"m{user.member_id}"
