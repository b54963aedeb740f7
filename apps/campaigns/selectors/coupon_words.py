"""What a coupon is worth, in words."""

from django.utils.translation import gettext as _

from apps.campaigns.enums import CouponKind
from apps.campaigns.models import Coupon


def terms_in_words(coupon: Coupon) -> str:
    """``满 50 减 5``, ``8.5 折 最多减 20``, ``兑换``."""
    words = (_threshold_in_words(coupon), value_in_words(coupon), limit_in_words(coupon))
    return " ".join(filter(None, words))


def value_in_words(coupon: Coupon) -> str:
    """``减 5``, ``8.5 折``, ``兑换``: without threshold and limit."""
    if coupon.kind == CouponKind.PERCENT:
        return _("%(tenths)s 折") % {"tenths": _short(coupon.value / 10)}
    if coupon.kind == CouponKind.EXCHANGE:
        return _("兑换") if not coupon.value else _("兑换，最多 %(sum)s") % {"sum": _short(coupon.value)}
    return _("减 %(sum)s") % {"sum": _short(coupon.value)}


def limit_in_words(coupon: Coupon) -> str:
    """``最多减 20`` of a percentage; empty where nothing bounds it."""
    if coupon.kind != CouponKind.PERCENT or coupon.cap is None:
        return ""
    return _("最多减 %(sum)s") % {"sum": _short(coupon.cap)}


def _threshold_in_words(coupon: Coupon) -> str:
    """``满 50``; empty where there is none."""
    return _("满 %(sum)s") % {"sum": _short(coupon.threshold)} if coupon.threshold else ""


def _short(number: object) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
