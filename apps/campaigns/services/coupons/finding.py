"""Finding a coupon by what somebody read out or scanned."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Coupon


def canonical_code(text: str) -> str:
    """``text`` as coupons are stored: capitals and digits, without blanks and hyphens."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isalnum())


def find_coupon(code: str, *, actor: User | None) -> Coupon:
    """The coupon, with its benefit, member and grant. Raises ``Refused`` with ``coupon_unknown`` if there is none
    that ``actor`` may see (S1)."""
    coupons = Coupon.objects.all() if actor is None else Coupon.objects.visible_to(actor)
    found = (
        coupons.select_related("benefit", "member", "grant__run")
        .filter(code=canonical_code(code)[:16])
        .first()
    )
    if found is None:
        raise Refused(_("没有这张券。"), hint=_("核对券码，注意别把字母和数字看错。"), code="coupon_unknown")
    return found
