"""券包: coupons as tickets, each with its code and a QR to show at the till."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.campaigns.selectors.wallet import coupons_of
from apps.h5.selectors.mine import spent_coupons, usable_coupons
from apps.h5.selectors.tickets import ticket_of
from apps.h5.views.base import member_page, now_of
from apps.h5.views.me import own_id
from apps.h5.views.paging import page_by_key
from apps.h5.views.qr import qr_svg


@require_safe
@member_page
def my_coupons(request: HttpRequest) -> HttpResponse:
    """Usable ones, or (``?of=spent``) those that are used or over."""
    now, is_spent = now_of(request), request.GET.get("of") == "spent"
    coupons = (spent_coupons if is_spent else usable_coupons)(own_id(request), now=now)
    rows, before = page_by_key(request, coupons)
    tickets = [ticket_of(coupon, now=now) for coupon in rows]
    return render(
        request,
        "h5/me/coupons.html",
        {"tickets": tickets, "is_spent": is_spent, "before": before, "now": now},
    )


@require_safe
@member_page
def coupon(request: HttpRequest, code: str) -> HttpResponse:
    """One coupon; another's is not found (S2)."""
    now = now_of(request)
    found = get_object_or_404(coupons_of(own_id(request)), code=code)
    ticket = ticket_of(found, now=now)
    qr = qr_svg(found.code) if ticket.is_usable else ""
    return render(request, "h5/me/coupon.html", {"ticket": ticket, "qr": qr, "now": now})
