"""What a coupon is worth, in words."""

from django.utils.translation import gettext as _

from apps.campaigns.enums import CouponKind
from apps.campaigns.models import Coupon


def terms_in_words(coupon: Coupon) -> str:
    """``满 50 减 5``, ``8.5 折，最多 20``, ``兑换``."""
    parts = []
    if coupon.threshold:
        parts.append(_("满 %(sum)s") % {"sum": _short(coupon.threshold)})
    if coupon.kind == CouponKind.PERCENT:
        parts.append(_("%(tenths)s 折") % {"tenths": _short(coupon.value / 10)})
        if coupon.cap is not None:
            parts.append(_("最多减 %(sum)s") % {"sum": _short(coupon.cap)})
    elif coupon.kind == CouponKind.EXCHANGE:
        parts.append(
            _("兑换") if not coupon.value else _("兑换，最多 %(sum)s") % {"sum": _short(coupon.value)}
        )
    else:
        parts.append(_("减 %(sum)s") % {"sum": _short(coupon.value)})
    return " ".join(parts)


def _short(number: object) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
