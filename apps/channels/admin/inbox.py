"""人工发送: what a person copies into a group and ticks off. Made for a phone in one hand."""

import mimetypes
from pathlib import PurePath
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.channels.models import Channel, Delivery
from apps.channels.selectors.inbox import inbox, just_missed
from apps.channels.services.by_person import cancel, mark_sent
from apps.core.clock import database_now

CARDS_SHOWN = 50


def inbox_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Cards, the oldest first; POST ``delivery`` and ``verb`` (``mark_sent`` or ``cancel``) decides one."""
    if not request.user.has_perm("channels.operate_delivery"):
        raise PermissionDenied
    if request.method == "POST":
        return _decide(request)
    user: Any = request.user
    now = database_now()
    waiting = inbox(user=user)
    total = waiting.count()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("人工发送"),
        "now": now,
        "cards": waiting[:CARDS_SHOWN],
        "total": total,
        "more": max(0, total - CARDS_SHOWN),
        "missed": just_missed(user=user, now=now)[:10],
        "has_manual_channel": Channel.objects.visible_to(user).filter(driver="manual").exists(),
    }
    return TemplateResponse(request, "channels/inbox.html", context)


def _decide(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    pk = request.POST.get("delivery", "")
    delivery = Delivery.objects.visible_to(user).filter(pk=int(pk) if pk.isdigit() else 0).first()
    if delivery is None:
        raise Http404
    now = database_now()
    if request.POST.get("verb") == "cancel":
        reason = request.POST.get("reason", "")
        run_service(
            request,
            lambda: cancel(delivery=delivery, actor=user, now=now, reason=reason),
            success=_("“%(group)s”这条不再发送。") % {"group": delivery.recipient},
        )
    else:
        # One that was missed needs a reason; the inbox itself is one.
        reason = "" if delivery.state == "awaiting_person" else _("在收件箱确认已人工发送")
        run_service(
            request,
            lambda: mark_sent(delivery=delivery, actor=user, now=now, reason=reason),
            success=_("“%(group)s”已标记为送达。") % {"group": delivery.recipient},
        )
    return redirect("admin:channels_delivery_inbox")


def image_view(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The picture of a delivery that one may see; ``?inline`` shows it, else it is a download."""
    user: Any = request.user
    if not user.has_perm("channels.view_delivery"):
        raise PermissionDenied
    delivery = Delivery.objects.visible_to(user).filter(pk=pk, kind="image").first()
    name = delivery.content.get("path", "") if delivery else ""
    if not name or not default_storage.exists(name):
        raise Http404
    kind = mimetypes.guess_type(name)[0] or ""
    if kind not in {"image/png", "image/jpeg"}:
        kind = "application/octet-stream"
    return FileResponse(
        default_storage.open(name),
        as_attachment="inline" not in request.GET,
        filename=PurePath(name).name,
        content_type=kind,
    )
