"""礼品: unwrapping them, their codes, where parcels go and where they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.models import Coupon, Grant
from apps.campaigns.selectors.wallet import codes_of, grants_of
from apps.campaigns.services.granting.addresses import address_of, fill_address
from apps.campaigns.services.granting.shipping import mark_received
from apps.core.errors import Invalid, Text, WrongState
from apps.h5.views.base import member_page, now_of
from apps.h5.views.me import own_id
from apps.h5.views.paging import page_by_key

#: A gift looks wrapped for so long after it was given; what asks for something is open at once.
_WRAPPED = timedelta(days=3)
_ASKS = frozenset({GrantState.AWAITING_ADDRESS, GrantState.SHIPPED})
_FIELDS = ("name", "phone", "address")
#: What is said after a form, by the word in the address: never a visitor's own text.
_DONE: dict[str, Text] = {
    "address": _("地址收到了，我们会尽快发货。"),
    "received": _("收到就好，谢谢你参加。"),
}
_WORDS: dict[str, Text] = {
    GrantState.HELD: _("正在核对，核对完就发给你"),
    GrantState.UNFUNDED: _("排队中，准备好就发给你"),
    GrantState.PENDING: _("正在准备"),
    GrantState.SENDING: _("正在发放"),
    GrantState.UNKNOWN: _("正在和发放渠道核对"),
    GrantState.FAILED: _("这次没发成，我们正在处理"),
    GrantState.AWAITING_ADDRESS: _("填了地址就能寄出"),
    GrantState.AWAITING_SHIPMENT: _("地址收到了，正在打包"),
    GrantState.SHIPPED: _("已经寄出"),
    GrantState.ISSUED: _("已经给你了"),
}


@dataclass(frozen=True)
class Gift:
    """A grant as its owner sees it. ``coupons`` are codes that have a page of their own, ``codes`` the others;
    ``address`` is masked."""

    grant: Grant
    words: Text
    codes: list[str]
    coupons: list[str]
    address: str
    is_wrapped: bool

    @property
    def is_addressed(self) -> bool:
        """May the member say where it goes?"""
        return self.grant.state in (GrantState.AWAITING_ADDRESS, GrantState.AWAITING_SHIPMENT)

    @property
    def is_on_its_way(self) -> bool:
        return self.grant.state == GrantState.SHIPPED

    @property
    def wants_again(self) -> str:
        """Why staff ask for another address; other reasons are not for members."""
        return self.grant.reason if self.grant.state == GrantState.AWAITING_ADDRESS else ""


@require_safe
@member_page
def my_gifts(request: HttpRequest) -> HttpResponse:
    """Newest first; what was taken back is gone."""
    grants = grants_of(own_id(request)).defer(None).select_related("run__campaign")
    rows, before = page_by_key(request, grants)
    codes, now = codes_of(rows), now_of(request)
    tickets = _coupon_codes(rows)
    gifts = [_gift(grant, codes.get(grant.pk, []), tickets, now) for grant in rows]
    context = {
        "gifts": gifts,
        "before": before,
        "now": now,
        "done": _DONE.get(request.GET.get("did", ""), ""),
    }
    return render(request, "h5/me/gifts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a parcel goes; may be corrected until it is shipped. What was typed stays on the page after an error,
    what was stored is never sent back in full. Another's gift is not found (S2)."""
    member_id = own_id(request)
    grant = get_object_or_404(grants_of(member_id).defer(None), pk=pk, kind=BenefitKind.PHYSICAL)
    typed = {field: request.POST.get(field, "") for field in _FIELDS}
    problem: Invalid | None = None
    if request.method == "POST":
        try:
            fill_address(grant=grant, member_id=member_id, **typed, now=now_of(request))
        except Invalid as error:
            problem = error
        else:
            return HttpResponseRedirect(f"{reverse('h5:my_gifts')}?did=address", status=303)
    elif not _gift(grant, [], frozenset(), now_of(request)).is_addressed:
        raise WrongState(_("这份礼品的地址不能改了。"), hint=_("要改的话，请联系客服。"))
    known = address_of(grant)
    context = {"grant": grant, "typed": typed, "problem": problem, "known": known.masked if known else ""}
    return render(request, "h5/me/address.html", context, status=400 if problem else 200)


@member_page
@require_POST
def received(request: HttpRequest, pk: int) -> HttpResponse:
    """The parcel has arrived. Twice is once."""
    member_id = own_id(request)
    grant = get_object_or_404(grants_of(member_id), pk=pk, kind=BenefitKind.PHYSICAL)
    if grant.state == GrantState.SHIPPED:
        mark_received(grant=grant, actor=None, member_id=member_id, now=now_of(request))
    elif grant.state != GrantState.ISSUED:
        raise Http404
    return HttpResponseRedirect(f"{reverse('h5:my_gifts')}?did=received", status=303)


def _coupon_codes(grants: list[Grant]) -> frozenset[str]:
    ids = [grant.pk for grant in grants if grant.kind == BenefitKind.COUPON]
    return (
        frozenset(Coupon.objects.filter(grant_id__in=ids).values_list("code", flat=True))
        if ids
        else frozenset()
    )


def _gift(grant: Grant, codes: list[str], tickets: frozenset[str], now: datetime) -> Gift:
    known = address_of(grant)
    return Gift(
        grant=grant,
        words=_WORDS.get(grant.state, grant.get_state_display()),
        codes=[code for code in codes if code not in tickets],
        coupons=[code for code in codes if code in tickets],
        address=known.masked if known else "",
        is_wrapped=grant.state not in _ASKS and now - grant.created_at < _WRAPPED,
    )
