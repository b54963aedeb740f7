"""What the room's own pages share."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from apps.accounts.models import User


def staff(request: HttpRequest) -> User:
    """The signed-in user: ``admin_view`` lets nobody else through."""
    return cast(User, request.user)


def need(request: HttpRequest, permission: str) -> None:
    """Raise 403 unless the user has the permission ``channels.<permission>``."""
    if not request.user.has_perm(f"channels.{permission}"):
        raise PermissionDenied


def show(
    model_admin: ModelAdmin, request: HttpRequest, template: str, *, title: str, **context: Any
) -> HttpResponse:
    """Render one of the room's pages inside the admin."""
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "is_fullwidth": "1",
        **context,
    }
    return TemplateResponse(request, f"channels/{template}", everything)
