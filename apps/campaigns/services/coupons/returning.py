"""Giving a used coupon back, and letting unused ones run out."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import COUPON_MOVES, CouponState
from apps.campaigns.models import Coupon
from apps.campaigns.services.coupons.facts import record_coupon
from apps.campaigns.services.coupons.writing_off import WRITE_OFF
from apps.core.errors import Invalid, NotAllowed
from apps.core.models import move
from apps.events.enums import EventKind
from apps.orders.enums import OrderState
from apps.orders.models import Order


@transaction.atomic
def return_for_refund(order: Order, now: datetime) -> int:
    """Give back the coupons used on an order that was refunded in full, where their benefit says so; a partial
    refund keeps them used. Returns how many."""
    if order.state != OrderState.REFUNDED:
        return 0
    coupons = (
        Coupon.objects.select_for_update(of=("self",))
        .select_related("benefit", "grant__run")
        .filter(used_order=order, state=CouponState.USED, benefit__returns_on_refund=True)
        .order_by("pk")
    )
    return sum(1 for coupon in list(coupons) if _return(coupon, actor=None, now=now))


@transaction.atomic
def return_coupon(*, coupon: Coupon, reason: str, actor: User, now: datetime) -> Coupon:
    """A person undoes a write-off; audited. Raises ``NotAllowed`` without permission or sight of the coupon (S1),
    ``Invalid`` without a reason, ``WrongState``."""
    if not actor.has_perm(WRITE_OFF) or not Coupon.objects.visible_to(actor).filter(pk=coupon.pk).exists():
        raise NotAllowed(_("你没有核销优惠券的权限。"), hint=_("请联系社群架构师。"))
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("它会记入审计。"), field="reason")
    locked = (
        Coupon.objects.select_for_update(of=("self",))
        .select_related("benefit", "grant__run")
        .get(pk=coupon.pk)
    )
    _return(locked, actor=actor, now=now)
    audit(actor=actor, action="coupon.return", target=locked, reason=reason[:500])
    return locked


def expire_coupons(*, now: datetime, limit: int = 2_000) -> int:
    """Mark coupons whose last day is over, some at a time; returns how many. Any number may run at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE campaigns_coupon SET state = 'expired' WHERE id IN (
              SELECT id FROM campaigns_coupon WHERE state = 'active' AND valid_until <= %s
              ORDER BY valid_until LIMIT %s FOR UPDATE SKIP LOCKED)
            """,
            [now, limit],
        )
        return cursor.rowcount


def _return(coupon: Coupon, *, actor: User | None, now: datetime) -> bool:
    saved = coupon.saved_amount or Decimal(0)
    record_coupon(coupon, EventKind.COUPON_RETURNED, value=-saved, actor=actor, now=now)
    move(
        coupon,
        CouponState.ACTIVE,
        table={CouponState.USED: COUPON_MOVES[CouponState.USED]},
        used_at=None,
        used_by=None,
        used_order=None,
        used_reference="",
        order_amount=None,
        saved_amount=None,
    )
    return True
