"""``Authorization: Bearer qr_…`` → a machine that reads figures, or a member of staff's own session."""

from dataclasses import dataclass
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
from apps.accounts.api.limits import limits_of
from apps.analytics.selectors.scope import Scope, scope_of
from apps.analytics.services.report_keys import key_of
from apps.core.clock import database_now

_PER_MINUTE, _PER_HOUR = 120, 3_000
#: What wrong keys are counted under.
_GUESSES = "figures:guess"


@dataclass(frozen=True)
class Machine:
    """A key as ``request.user``: no permission, no active user, so that whatever asks for staff finds none (S1)."""

    key_id: int
    team_id: int | None

    is_authenticated = True
    is_anonymous = False
    is_active = False
    is_staff = False
    is_superuser = False
    pk = None
    id = None

    def has_perm(self, _permission: str, _obj: Any = None) -> bool:
        return False

    def has_perms(self, _permissions: Any, _obj: Any = None) -> bool:
        return False

    @property
    def scope(self) -> Scope:
        return Scope(None if self.team_id is None else frozenset({self.team_id}))


class ReportKeyAuthentication(BaseAuthentication):
    """No header: somebody else may know the reader. A header that proves nothing: 401, and 429 for an address that keeps
    trying."""

    def authenticate(self, request: Request) -> tuple[Machine, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        refuse_after_guesses(request, _GUESSES)
        scheme, _space, token = header.partition(" ")
        key = key_of(token.strip(), now=database_now()) if scheme.lower() == "bearer" else None
        if key is None:
            count_guess(request, _GUESSES)
            raise AuthenticationFailed(_("取数密钥不对，或者已经停用。"), code="bad_key")
        return Machine(key.pk, key.team_id), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="figures"'


class MayReadFigures(BasePermission):
    """A machine with a key, or staff with the dashboards' permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return isinstance(user, Machine) or bool(user and user.has_perm("analytics.view_dashboard"))


class FigureLimits(BaseThrottle):
    """A key's own pace; people by the limits of reading."""

    def __init__(self) -> None:
        self._wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        user = request.user
        limits = (
            [
                Limit(f"report_key:{user.key_id}:minute", _PER_MINUTE, 60),
                Limit(f"report_key:{user.key_id}:hour", _PER_HOUR, 3_600),
            ]
            if isinstance(user, Machine)
            else limits_of(request, view)
        )
        self._wait = counters().wait_for(limits)
        return not self._wait

    def wait(self) -> float:
        return self._wait


def scope_for(request: Request) -> Scope:
    """Whose figures the reader may see."""
    user: Any = request.user
    return user.scope if isinstance(user, Machine) else scope_of(user)


class _ReportKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ReportKeyAuthentication
    name = "reportKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key for reading figures (取数密钥)."}
