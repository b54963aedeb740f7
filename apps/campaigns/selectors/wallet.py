"""What one member has: entries, gifts, coupons. Each by the member's id, so nobody reaches another's (S2)."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from apps.campaigns.enums import CouponState, GrantState
from apps.campaigns.models import Code, Coupon, Entry, Grant

#: Grants that the member is told of; a voided one is gone.
SHOWN = frozenset(set(GrantState) - {GrantState.VOID})


def entries_of(member_id: int) -> QuerySet[Entry]:
    """Newest first, with run and campaign."""
    return Entry.objects.filter(owner_id=member_id).select_related("run__campaign").order_by("-id")


def grants_of(member_id: int) -> QuerySet[Grant]:
    """Newest first, with benefit; without what was taken back."""
    return (
        Grant.objects.filter(member_id=member_id, state__in=SHOWN)
        .select_related("benefit")
        .defer("address")
        .order_by("-id")
    )


def codes_of(grants: Iterable[Grant]) -> dict[int, list[str]]:
    """Pool codes and coupon codes of issued grants, by grant."""
    issued = [grant.pk for grant in grants if grant.state == GrantState.ISSUED]
    found: dict[int, list[str]] = defaultdict(list)
    if issued:
        for grant_id, value in Code.objects.filter(grant_id__in=issued).values_list("grant_id", "value"):
            found[grant_id or 0].append(value)
        coupons = Coupon.objects.filter(grant_id__in=issued).exclude(state=CouponState.VOID)
        for grant_id, value in coupons.values_list("grant_id", "code"):
            found[grant_id or 0].append(value)
    return dict(found)


def coupons_of(member_id: int) -> QuerySet[Coupon]:
    """Newest first, with benefit; voided ones are gone."""
    return (
        Coupon.objects.filter(member_id=member_id)
        .exclude(state=CouponState.VOID)
        .select_related("benefit")
        .order_by("-id")
    )
