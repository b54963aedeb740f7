"""Printed coupons: many codes at once, for flyers, parcels and shops, each bound when a member scans it."""

import os
from collections.abc import Iterator
from datetime import datetime
from itertools import batched, islice

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import BenefitKind, CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Benefit
from apps.campaigns.models.grant import COUPON_ALPHABET
from apps.campaigns.services.coupons.terms import Terms, terms_of
from apps.campaigns.services.granting import stock
from apps.core.errors import Invalid

MOST = 1_000_000
CODE_LENGTH = 12
_COLUMNS = (
    "code, benefit_id, batch, state, kind, value, cap, threshold, scope, valid_from, valid_until, issued_at,"
    " used_reference"
)
_ROWS_AT_ONCE = 5_000


@transaction.atomic
def issue_coupons(*, benefit: Benefit, quantity: int, batch: str, actor: User | None, now: datetime) -> int:
    """Print ``quantity`` coupons of ``benefit`` under the name ``batch``, written by COPY; audited. Returns how many.

    They count as issued against the benefit's stock. Raises ``Invalid``, or ``Refused`` with ``sold_out``.
    """
    if benefit.kind != BenefitKind.COUPON:
        raise Invalid(_("只有优惠券能印券码。"), hint=_("请选种类是优惠券的礼品。"), field="benefit")
    if not 1 <= quantity <= MOST:
        raise Invalid(
            _("一次可印 1 到 %(most)d 张。") % {"most": MOST}, hint=_("分几批来印。"), field="quantity"
        )
    name = batch.strip()
    if not name or len(name) > 40:
        raise Invalid(_("请填批次名称，40 个字以内。"), hint=_("例如：双十一传单。"), field="batch")
    locked = stock.take(benefit_id=benefit.pk, quantity=quantity)
    if locked is None:
        raise Refused(_("礼品库存不够。"), hint=_("先给礼品补库存，或少印一些。"), code="sold_out")
    terms = terms_of(locked, now=now, is_bound=False)
    if terms.valid_until is not None and terms.valid_until <= terms.valid_from:
        raise Invalid(_("这种券的失效时间已经过了。"), hint=_("先改礼品的失效时间。"), field="benefit")
    tail = _tail(locked.pk, name, terms, now)
    with connection.cursor() as cursor, cursor.copy(f"COPY campaigns_coupon ({_COLUMNS}) FROM STDIN") as copy:
        for codes in batched(islice(new_codes(), quantity), _ROWS_AT_ONCE, strict=False):
            copy.write("".join([code + tail for code in codes]))
    audit(actor=actor, action="coupon.print", target=locked, quantity=quantity, batch=name)
    return quantity


def new_codes() -> Iterator[str]:
    """Endless random codes, no two alike: the system's random bytes at the speed of ``bytes.translate``.

    Bytes from 252 up are left out, so that every letter of the 28 is as likely as another.
    """
    letters = len(COUPON_ALPHABET)
    whole = 256 - 256 % letters
    table = bytes(ord(COUPON_ALPHABET[byte % letters]) for byte in range(256))
    unfair = bytes(range(whole, 256))
    seen: set[str] = set()
    while True:
        text = os.urandom(CODE_LENGTH * 4_096).translate(table, unfair).decode()
        for start in range(0, len(text) - CODE_LENGTH + 1, CODE_LENGTH):
            code = text[start : start + CODE_LENGTH]
            if code not in seen:
                seen.add(code)
                yield code


def _tail(benefit_id: int, batch: str, terms: Terms, now: datetime) -> str:
    """All columns after the code, the same for every row, in COPY's text format."""
    values = [
        str(benefit_id),
        batch,
        CouponState.ACTIVE.value,
        terms.kind,
        str(terms.value),
        None if terms.cap is None else str(terms.cap),
        str(terms.threshold),
        terms.scope,
        terms.valid_from.isoformat(),
        None if terms.valid_until is None else terms.valid_until.isoformat(),
        now.isoformat(),
        "",
    ]
    return "".join(f"\t{_escaped(value)}" for value in values) + "\n"


def _escaped(value: str | None) -> str:
    if value is None:
        return r"\N"
    return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
