"""人工发送: what a person copies into a group and ticks off. Made for a phone in one hand."""

import mimetypes
from pathlib import PurePath
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.channels.enums import DeliveryState
from apps.channels.models import Channel, Delivery
from apps.channels.selectors.inbox import inbox, just_missed
from apps.channels.services.by_person import cancel, mark_sent
from apps.core.clock import database_now
from apps.core.errors import DomainError, WrongState
from apps.core.numbers import whole

CARDS_SHOWN = 50
#: How many waiting ones the page hears of when it asks what is new.
_HEARD_OF = 200


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
        "waiting_ids": ",".join(map(str, waiting.values_list("pk", flat=True)[:_HEARD_OF])),
        "more": max(0, total - CARDS_SHOWN),
        "missed": just_missed(user=user, now=now)[:10],
        "has_manual_channel": Channel.objects.visible_to(user).filter(driver="manual").exists(),
    }
    return TemplateResponse(request, "channels/inbox.html", context)


def _decide(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    pk = request.POST.get("delivery", "")
    delivery = Delivery.objects.visible_to(user).filter(pk=whole(pk) or 0).first()
    if delivery is None:
        raise Http404
    is_cancel = request.POST.get("verb") == "cancel"

    def call() -> Delivery:
        if is_cancel:
            reason = request.POST.get("reason", "")
            return cancel(delivery=delivery, actor=user, now=database_now(), reason=reason)
        if delivery.state not in {DeliveryState.AWAITING_PERSON, DeliveryState.MISSED}:
            raise WrongState(
                _("这一条已经不等人发送了，现在是“%(state)s”。") % {"state": delivery.get_state_display()},
                hint=_("刷新页面看最新的。"),
            )
        # One that was missed needs a reason; the inbox itself is one.
        reason = "" if delivery.state == DeliveryState.AWAITING_PERSON else _("在收件箱确认已人工发送")
        return mark_sent(delivery=delivery, actor=user, now=database_now(), reason=reason)

    if "application/json" in request.headers.get("Accept", ""):
        try:
            call()
        except DomainError as error:
            return JsonResponse({"code": error.code, "message": str(error)}, status=409)
        return JsonResponse({"state": delivery.state})
    done = _("“%(group)s”这条不再发送。") if is_cancel else _("“%(group)s”已标记为送达。")
    run_service(request, call, success=done % {"group": delivery.recipient})
    return redirect("admin:channels_delivery_inbox")


def waiting_view(request: HttpRequest) -> HttpResponse:
    """What waits now, by id: the page tells what is new and what a colleague has done meanwhile."""
    if not request.user.has_perm("channels.operate_delivery"):
        raise PermissionDenied
    user: Any = request.user
    ids = list(inbox(user=user).values_list("pk", flat=True)[: _HEARD_OF + 1])
    return JsonResponse({"ids": ids[:_HEARD_OF], "is_complete": len(ids) <= _HEARD_OF})


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
