"""What the room's own pages share."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import Text
from apps.core.numbers import whole


def show(
    model_admin: ModelAdmin, request: HttpRequest, template: str, *, title: Text, **context: Any
) -> HttpResponse:
    """Render one of the room's pages inside the admin."""
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "is_fullwidth": "1",
        **context,
    }
    return TemplateResponse(request, f"campaigns/{template}", everything)


def staff(request: HttpRequest) -> User:
    """The signed-in user: ``admin_view`` lets nobody else through."""
    return cast(User, request.user)


def need(request: HttpRequest, *permissions: str) -> None:
    """Raise 403 unless the user has one of the permissions ``campaigns.<permission>``."""
    if not any(request.user.has_perm(f"campaigns.{permission}") for permission in permissions):
        raise PermissionDenied


def is_id(text: int | str) -> bool:
    """Could it be a row's number? Longer than a bigint it is none, however long a text is sent."""
    return whole(text) is not None


def visible_campaign(request: HttpRequest, pk: int | str, permission: str = "view_campaign") -> Campaign:
    """The campaign, if the user may see it (S1); otherwise 404, as if there were none."""
    need(request, permission)
    campaign = None
    if is_id(pk):
        seen = Campaign.objects.visible_to(staff(request)).select_related("team", "owner")
        campaign = seen.filter(pk=pk).first()
    if campaign is None:
        raise Http404
    return campaign
