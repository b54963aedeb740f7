"""投递健康: is anything due and not going out, and where (D8)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.channels.models import Channel
from apps.channels.selectors.progress import delivery_health, troubled_channels
from apps.core.clock import database_now

CHANNELS_SHOWN = 50


def health_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Figures of the whole outbox for those who may see all teams; the channels one may see below them."""
    if not request.user.has_perm("channels.view_delivery"):
        raise PermissionDenied
    user: Any = request.user
    now = database_now()
    channels = troubled_channels(user=user, now=now, limit=CHANNELS_SHOWN)
    rows = [
        {
            "health": health,
            "is_limited": bool(health.circuit_open_until and health.circuit_open_until > now),
            "done_at": health.clears_at(now),
        }
        for health in channels
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("投递健康"),
        "is_fullwidth": "1",
        "now": now,
        "health": delivery_health(now) if user.has_perm("accounts.view_all_teams") else None,
        "rows": rows,
        "hidden_count": max(0, Channel.objects.visible_to(user).count() - CHANNELS_SHOWN),
    }
    return TemplateResponse(request, "channels/health.html", context)
