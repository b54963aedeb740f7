"""What the room's own pages share."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from apps.accounts.models import User
from apps.content_calendar.models import Post


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
    return TemplateResponse(request, f"content_calendar/{template}", everything)


def staff(request: HttpRequest) -> User:
    """The signed-in user: ``admin_view`` lets nobody else through."""
    return cast(User, request.user)


def need(request: HttpRequest, permission: str) -> None:
    """Raise 403 unless the user has the permission ``content_calendar.<permission>``."""
    if not request.user.has_perm(f"content_calendar.{permission}"):
        raise PermissionDenied


def visible_post(request: HttpRequest, pk: int) -> Post:
    """The post, if the user may see it (S1); otherwise 404, as if there were none."""
    need(request, "view_post")
    post = (
        Post.objects.visible_to(staff(request))
        .select_related("author", "submitted_by", "approved_by", "team", "image")
        .filter(pk=pk)
        .first()
    )
    if post is None:
        raise Http404
    return post
