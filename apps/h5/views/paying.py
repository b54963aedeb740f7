"""Paying an order: how, until when, and back to what it was for."""

import json
import logging
import secrets
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.campaigns.mechanics.base import Button
from apps.campaigns.models import Contribution
from apps.campaigns.selectors.pages import ways_out
from apps.core.errors import DomainError
from apps.h5.selectors.mine import openid_of, part_of_order
from apps.h5.views.base import member_page, now_of
from apps.h5.views.login import offers_wechat
from apps.h5.views.me import own_id
from apps.orders.enums import PAID_STATES, OrderState
from apps.orders.models import Order
from apps.orders.providers.base import Instructions
from apps.orders.services.beginning import begin_payment, known_instructions

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """The order's amount and deadline. GET makes no request to the provider; POST begins the payment and shows what
    its client needs. Another's order is not found (S2)."""
    member_id, now = own_id(request), now_of(request)
    order = get_object_or_404(Order, number=number, member_id=member_id)
    part = part_of_order(order)
    is_open = order.state == OrderState.AWAITING and (order.pay_before is None or order.pay_before > now)
    begun: Instructions | None = None
    problem: DomainError | None = None
    if is_open:
        begin = begin_payment if request.method == "POST" else known_instructions
        try:
            begun = begin(order=order, payer=openid_of(member_id), now=now)
        except DomainError as error:
            problem = _told(error)
    context = {
        "order": order,
        "back": _back(part),
        "is_open": is_open,
        "is_late": order.state == OrderState.AWAITING and not is_open,
        "is_paid": order.state in PAID_STATES,
        "begun": begun,
        "how": _templates(begun) if begun else [],
        "params": json.dumps(dict(begun.params)) if begun else "",
        "problem": problem,
        "offers_wechat": offers_wechat(request),
        "ways_out": _ways_out(part, order, member_id, now) if is_open else [],
        "part": part,
        "key": secrets.token_urlsafe(16),
        "now": now,
    }
    return render(request, "h5/pay/pay.html", context)


@require_safe
@member_page
def pay_state(request: HttpRequest, number: str) -> HttpResponse:
    """The order's state, asked again and again by the page until it changes."""
    order = get_object_or_404(Order, number=number, member_id=own_id(request))
    go = (
        _back(part_of_order(order))
        if order.state == OrderState.PAID
        else reverse("h5:pay", args=[order.number])
    )
    return JsonResponse({"state": order.state, "go": go})


def _told(error: DomainError) -> DomainError:
    """What a member is told. Which settings are missing is for our log, not for them."""
    if error.code != "not_configured":
        return error
    logger.error("a member cannot pay: %s", error)
    return DomainError(_("现在付不了款。"), hint=_("请联系客服，我们会尽快弄好。"))


def _back(part: Contribution | None) -> str:
    """Where the member was: the entry, or all of their entries if the order serves none."""
    if part is None:
        return reverse("h5:my_entries")
    return reverse("h5:entry", args=[part.entry.code])


def _templates(begun: Instructions) -> list[str]:
    """A provider's own way of paying has a page of its own; any other is said in words."""
    return [f"h5/pay/{begun.kind}.html", "h5/pay/words.html"]


def _ways_out(part: Contribution | None, order: Order, member_id: int, now: datetime) -> list[Button]:
    if part is None:
        return []
    return ways_out(part.entry, order_id=order.pk, member_id=member_id, now=now)
