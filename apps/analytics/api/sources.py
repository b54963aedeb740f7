"""``Authorization: Bearer KEY`` → an event source: no user, no member, and may do nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.guesses import count_guess, refuse_after_guesses
from apps.core.clock import database_now
from apps.events.models import EventSource
from apps.events.services.sources import source_of

#: What wrong keys are counted under.
_GUESSES = "events:guess"


@dataclass(frozen=True)
class SourceActor:
    """``request.user`` of a source. ``at``: the database's clock when its key was judged."""

    source: EventSource
    at: datetime

    is_authenticated = True
    is_anonymous = False
    is_active = False
    is_staff = False
    is_superuser = False
    pk = None
    id = None

    def has_perm(self, _permission: str, _obj: Any = None) -> bool:
        return False


class SourceAuthentication(BaseAuthentication):
    """No header: anonymous, which may do nothing here. A wrong key: 401, and 429 for an address that keeps trying."""

    def authenticate(self, request: Request) -> tuple[SourceActor, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        refuse_after_guesses(request, _GUESSES)
        scheme, _space, key = header.partition(" ")
        now = database_now()
        source = source_of(key.strip(), now=now) if scheme.lower() == "bearer" else None
        if source is None:
            count_guess(request, _GUESSES)
            raise AuthenticationFailed(_("密钥不对，或已停用。"), code="bad_key")
        return SourceActor(source, now), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="events"'


class IsSource(BasePermission):
    """Only a source's own key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, SourceActor)


class SourceLimit(BaseThrottle):
    """Batches per minute, as the source's row says."""

    def __init__(self) -> None:
        self._wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if isinstance(request.user, SourceActor):
            source = request.user.source
            self._wait = counters().wait_for([Limit(f"events:{source.pk}", source.per_minute, 60)])
        return not self._wait

    def wait(self) -> float:
        return self._wait


class _SourceKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = SourceAuthentication
    name = "eventSourceKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The key of an event source."}
