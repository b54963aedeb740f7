"""What a coupon is worth. Pure: no database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import CouponKind, CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Benefit, Coupon

CENT = Decimal("0.01")
_SEPARATORS = str.maketrans("，、；; \n\t", ",,,,,,,")


@dataclass(frozen=True)
class Terms:
    """A coupon's own copy of its benefit's terms; times are aware, money in yuan."""

    kind: str
    value: Decimal
    cap: Decimal | None
    threshold: Decimal
    scope: str
    valid_from: datetime
    valid_until: datetime | None


def terms_of(benefit: Benefit, *, now: datetime, is_bound: bool = True) -> Terms:
    """The terms of a coupon issued ``now``. Days count from when a member holds it (``is_bound``); if the benefit
    also names an end, the earlier one holds."""
    start = max(now, benefit.coupon_valid_from) if benefit.coupon_valid_from else now
    return Terms(
        kind=benefit.coupon_kind,
        value=benefit.coupon_value,
        cap=benefit.coupon_cap,
        threshold=benefit.coupon_threshold,
        scope=benefit.coupon_scope,
        valid_from=start,
        valid_until=end_of(benefit, start=start, until=benefit.coupon_valid_until)
        if is_bound
        else benefit.coupon_valid_until,
    )


def end_of(benefit: Benefit, *, start: datetime, until: datetime | None) -> datetime | None:
    """When a coupon that a member holds since ``start`` ends: after the benefit's days, and by ``until``, which a
    printed coupon has a copy of; ``None`` for never."""
    ends = [until] if until else []
    if benefit.coupon_valid_days:
        ends.append(start + timedelta(days=benefit.coupon_valid_days))
    return min(ends) if ends else None


def skus_of(scope: str) -> frozenset[str]:
    """The product codes that a scope names; empty means all products."""
    return frozenset(part for part in scope.translate(_SEPARATORS).split(",") if part)


def saving(*, kind: str, value: Decimal, cap: Decimal | None, amount: Decimal) -> Decimal:
    """What is saved on ``amount``, to the cent, between 0 and ``amount``.

    ``value`` of a percent coupon is what is still paid (85 for 八五折); an exchange coupon pays for the whole thing,
    or up to its value if it has one.
    """
    if kind == CouponKind.PERCENT:
        saved = (amount * (100 - value) / 100).quantize(CENT, ROUND_HALF_UP)
        if cap is not None:
            saved = min(saved, cap)
    elif kind == CouponKind.EXCHANGE and not value:
        saved = amount
    else:
        saved = value
    return max(min(saved, amount), Decimal(0)).quantize(CENT)


def quote(coupon: Coupon, *, amount: Decimal, sku: str, now: datetime) -> Decimal:
    """What ``coupon`` saves on an order of ``amount`` yuan for ``sku``, to the cent.

    Raises ``Refused``: ``coupon_used``, ``coupon_void``, ``coupon_early``, ``coupon_expired``, ``coupon_scope``,
    ``coupon_threshold``.
    """
    check_usable(coupon, now=now)
    skus = skus_of(coupon.scope)
    if skus and sku.strip() not in skus:
        raise Refused(
            _("这张券不能用于这件商品。"),
            hint=_("适用商品：%(scope)s。") % {"scope": coupon.scope},
            code="coupon_scope",
        )
    if amount < coupon.threshold:
        raise Refused(
            _("还差 %(left)s 元才能用这张券。") % {"left": (coupon.threshold - amount).quantize(CENT)},
            hint=_("满 %(threshold)s 元可用。") % {"threshold": coupon.threshold},
            code="coupon_threshold",
        )
    return saving(kind=coupon.kind, value=coupon.value, cap=coupon.cap, amount=amount)


def check_usable(coupon: Coupon, *, now: datetime) -> None:
    """Raise ``Refused`` if the coupon cannot be used ``now`` on anything."""
    if coupon.state == CouponState.USED:
        raise Refused(
            _("这张券已经核销过了。"), hint=_("请成员换一张券，或查看核销记录。"), code="coupon_used"
        )
    if coupon.state == CouponState.VOID:
        raise Refused(_("这张券已作废。"), hint=_("请成员联系活动负责人。"), code="coupon_void")
    if coupon.state == CouponState.EXPIRED or (coupon.valid_until and coupon.valid_until <= now):
        raise Refused(_("这张券已过期。"), hint=_("请成员换一张券。"), code="coupon_expired")
    if now < coupon.valid_from:
        raise Refused(_("这张券还没到生效时间。"), hint=_("到生效时间再来使用。"), code="coupon_early")
