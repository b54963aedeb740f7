"""Binding a printed coupon to the member who scanned it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Coupon
from apps.campaigns.services.coupons.finding import find_coupon
from apps.campaigns.services.coupons.terms import check_usable, end_of


@transaction.atomic
def bind_coupon(*, code: str, member_id: int, now: datetime) -> Coupon:
    """Put a printed coupon into a member's wallet, for good; its days count from now. The same member again changes
    nothing. Raises ``Refused``: ``coupon_unknown``, ``coupon_taken`` and those of ``check_usable``."""
    coupon = find_coupon(code, actor=None)
    if coupon.member_id == member_id:
        return coupon
    if coupon.member_id is None:
        if coupon.valid_until is not None and coupon.valid_until <= now:
            check_usable(coupon, now=now)
        end = end_of(coupon.benefit, start=max(now, coupon.valid_from), until=coupon.valid_until)
        bound = Coupon.objects.filter(pk=coupon.pk, member__isnull=True, state=CouponState.ACTIVE).update(
            member_id=member_id, valid_until=end
        )
        coupon.refresh_from_db()
        if bound or coupon.member_id == member_id:
            return coupon
    if coupon.member_id is None:
        check_usable(coupon, now=now)
    raise Refused(_("这张券已被别人领走。"), hint=_("换一张券试试。"), code="coupon_taken")
