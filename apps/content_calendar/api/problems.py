"""Refusals as JSON: one shape everywhere."""

from typing import Any, cast

from rest_framework import exceptions, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core.errors import DomainError, NotAllowed, WrongState


def actor_of(request: Request) -> User:
    """The signed-in user: ``MayViewPosts`` lets nobody else through."""
    return cast(User, request.user)


class MayViewPosts(BasePermission):
    """Staff who may see posts at all; which ones is a matter of ``visible_to`` (S1)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.has_perm("content_calendar.view_post"))


class PostsAPIView(APIView):
    """Turns a ``DomainError`` into ``{code, message, hint, field}`` with 403, 409 or 400."""

    permission_classes = [MayViewPosts]

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, DomainError):
            return Response(problem(exc), status=_status_of(exc))
        if isinstance(exc, RecursionError):  # JSON nested deeper than the parser can follow
            exc = exceptions.ParseError()
        response = super().handle_exception(exc)
        if isinstance(exc, exceptions.ValidationError):
            first = next(iter(exc.detail.values())) if isinstance(exc.detail, dict) else exc.detail
            text = first[0] if isinstance(first, list) else first
            response.data = {"code": "invalid", "message": str(text), "hint": "", "field": None}
        return response


def problem(error: DomainError) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": str(error.message),
        "hint": str(error.hint),
        "field": error.field,
    }


def _status_of(error: DomainError) -> int:
    if isinstance(error, NotAllowed):
        return status.HTTP_403_FORBIDDEN
    if isinstance(error, WrongState):
        return status.HTTP_409_CONFLICT
    return status.HTTP_400_BAD_REQUEST
