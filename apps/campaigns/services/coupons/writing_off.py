"""核销: using a coupon, once."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Coupon
from apps.campaigns.services.coupons.facts import record_coupon
from apps.campaigns.services.coupons.finding import find_coupon
from apps.campaigns.services.coupons.terms import quote
from apps.core.errors import Invalid, NotAllowed
from apps.events.enums import EventKind
from apps.orders.models import Order

WRITE_OFF = "campaigns.write_off_coupon"
_MOST = Decimal("9999999999.99")


@dataclass(frozen=True)
class WriteOff:
    """``saved`` in yuan. ``is_repeat``: the same request had used it already, and this is the same answer."""

    coupon: Coupon
    saved: Decimal
    is_repeat: bool = False


@transaction.atomic
def write_off(
    *,
    code: str,
    amount: Decimal,
    sku: str = "",
    reference: str = "",
    order: Order | None = None,
    actor: User | None,
    now: datetime,
) -> WriteOff:
    """Use a coupon on a purchase of ``amount`` yuan of ``sku``; ``reference`` is the shop's receipt number.

    One conditional UPDATE decides: of any number at once, one succeeds. A repeat with the same receipt and amount
    gets the first answer. Raises ``NotAllowed``, ``Invalid``, or ``Refused`` as ``quote`` does, besides
    ``coupon_unknown`` and ``coupon_others``.
    """
    if actor is not None and not actor.has_perm(WRITE_OFF):
        raise NotAllowed(_("你没有核销优惠券的权限。"), hint=_("请联系社群架构师。"))
    amount = _checked(amount)
    coupon = find_coupon(code, actor=actor)
    # A receipt's number comes from scanners and hidden boxes, too: NUL is in none, and in no table.
    reference = reference.replace("\0", "").strip()[:60]
    if order is not None and coupon.member_id not in (None, order.member_id):
        raise Refused(_("这张券是别人的。"), hint=_("请用自己的券。"), code="coupon_others")
    if _is_repeat(coupon, amount, reference, order):
        return WriteOff(coupon, coupon.saved_amount or Decimal(0), is_repeat=True)
    saved = quote(coupon, amount=amount, sku=sku, now=now)
    if not _use(coupon, amount, saved, reference, order, actor, now):
        # Somebody was faster: say what it is now.
        coupon.refresh_from_db()
        if _is_repeat(coupon, amount, reference, order):
            return WriteOff(coupon, coupon.saved_amount or Decimal(0), is_repeat=True)
        quote(coupon, amount=amount, sku=sku, now=now)
        raise Refused(_("这张券刚被改动。"), hint=_("请再试一次。"), code="coupon_changed")
    coupon.refresh_from_db()
    record_coupon(coupon, EventKind.COUPON_REDEEMED, value=saved, actor=actor, now=now)
    return WriteOff(coupon, saved)


def _use(
    coupon: Coupon,
    amount: Decimal,
    saved: Decimal,
    reference: str,
    order: Order | None,
    actor: User | None,
    now: datetime,
) -> bool:
    """FIELD: the same coupon twice. The condition is in the statement."""
    usable = Coupon.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now),
        pk=coupon.pk,
        state=CouponState.ACTIVE,
        valid_from__lte=now,
        member_id=coupon.member_id,  # type: ignore[misc]  # None is "bound to nobody"
    )
    return bool(
        usable.update(
            state=CouponState.USED,
            used_at=now,
            used_by=actor,
            used_order=order,
            used_reference=reference,
            order_amount=amount,
            saved_amount=saved,
        )
    )


def _is_repeat(coupon: Coupon, amount: Decimal, reference: str, order: Order | None) -> bool:
    """Only a receipt or an order tells a repeat from a second use."""
    return (
        coupon.state == CouponState.USED
        and coupon.order_amount == amount
        and bool(reference or order)
        and coupon.used_reference == reference
        and coupon.used_order_id == (order.pk if order else None)
    )


def _checked(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not 0 <= amount <= _MOST or amount != amount.quantize(Decimal("0.01")):
        raise Invalid(_("金额不正确。"), hint=_("填订单金额，元，最多两位小数。"), field="amount")
    return amount
