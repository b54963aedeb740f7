"""``Authorization: Bearer TOKEN`` → a member, never a staff user (S2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.members.services.sessions import session_of


@dataclass(frozen=True)
class MemberActor:
    """The acting member as ``request.user``. ``at`` is the database's clock when the token was judged.

    It has no permission and is no active user, so that whatever asks for staff finds none (S1).
    """

    member_id: int
    session_id: int
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

    def has_perms(self, _permissions: Any, _obj: Any = None) -> bool:
        return False


class MemberTokenAuthentication(BaseAuthentication):
    """No header: anonymous. A header that proves nothing: 401, even where anonymous ones may look."""

    def authenticate(self, request: Request) -> tuple[MemberActor, str] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _space, token = header.partition(" ")
        seen = session_of(token.strip()) if scheme.lower() == "bearer" else None
        if seen is None:
            raise AuthenticationFailed(_("登录已失效，请重新登录。"), code="bad_token")
        return MemberActor(seen.member_id, seen.session_id, seen.at), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="members"'


class IsMember(BasePermission):
    """Only a member's own token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, MemberActor)


class _MemberTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = MemberTokenAuthentication
    name = "memberToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A member's session token."}


def member_of(request: Request) -> MemberActor:
    """The acting member; only behind ``IsMember``."""
    assert isinstance(request.user, MemberActor)
    return request.user


def member_id_of(request: Request) -> int | None:
    """The viewing member, ``None`` for somebody unknown."""
    return request.user.member_id if isinstance(request.user, MemberActor) else None
