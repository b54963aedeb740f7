"""A coupon as its owner sees it: a ticket."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.campaigns.api.shapes import plain
from apps.campaigns.enums import CouponState
from apps.campaigns.models import Coupon
from apps.campaigns.selectors.coupon_words import limit_in_words, value_in_words
from apps.core.errors import Text
from apps.h5.selectors.mine import ENDS_SOON


@dataclass(frozen=True)
class Ticket:
    """``terms`` are what bounds its ``value``. ``stamp`` is empty while the coupon can be used now; ``ends_at`` is set while it can and will end soon."""

    coupon: Coupon
    value: str
    terms: list[str]
    stamp: Text
    is_usable: bool
    ends_at: datetime | None


def ticket_of(coupon: Coupon, *, now: datetime) -> Ticket:
    """Judged by the clock, so that a coupon looks over as soon as it is, not when the next tick marks it."""
    until = coupon.valid_until
    is_over = coupon.state == CouponState.EXPIRED or (until is not None and until <= now)
    stamp: Text = ""
    if coupon.state == CouponState.USED:
        stamp = _("已使用")
    elif is_over:
        stamp = _("已过期")
    elif coupon.valid_from > now:
        stamp = _("还没到时间")
    ends_soon = not stamp and until is not None and until - now <= ENDS_SOON
    return Ticket(
        coupon=coupon,
        value=value_in_words(coupon),
        terms=[words for words in (_threshold(coupon), limit_in_words(coupon)) if words],
        stamp=stamp,
        is_usable=not stamp,
        ends_at=until if ends_soon else None,
    )


def _threshold(coupon: Coupon) -> str:
    """As words that stand alone, unlike those that lead up to the value."""
    return str(_("满 %(sum)s 可用") % {"sum": plain(coupon.threshold)}) if coupon.threshold else ""
