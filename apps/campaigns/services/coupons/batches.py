"""The file for the printer: the codes of a batch that nobody holds yet."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import CouponState
from apps.campaigns.models import Benefit, Coupon
from apps.core.errors import Invalid, NotAllowed

_CHUNK = 5_000


@transaction.atomic
def start_batch_export(*, benefit: Benefit, batch: str, actor: User) -> Iterator[list[Any]]:
    """Audit the export and return its rows (code, batch, end), read in pages: codes are worth money.

    Raises ``NotAllowed`` without permission to change gifts or sight of this one, ``Invalid`` for no such batch.
    """
    may = actor.has_perm("campaigns.change_benefit")
    if not may or not Benefit.objects.visible_to(actor).filter(pk=benefit.pk).exists():
        raise NotAllowed(_("你没有下载券码的权限。"), hint=_("请联系社群架构师。"))
    coupons = Coupon.objects.filter(
        benefit=benefit, batch=batch, grant__isnull=True, member__isnull=True, state=CouponState.ACTIVE
    )
    count = coupons.count()
    if not count:
        raise Invalid(_("这一批没有还能发的券码。"), hint=_("换一批，或再印一批。"), field="batch")
    audit(actor=actor, action="coupon.export", target=benefit, batch=batch, count=count)
    return _rows(coupons)


def _rows(coupons: Any) -> Iterator[list[Any]]:
    after, query = 0, coupons.order_by("pk").values_list("pk", "code", "batch", "valid_until")
    while page := list(query.filter(pk__gt=after)[:_CHUNK]):
        for pk, code, batch, until in page:
            after = pk
            yield [code, batch, until]
