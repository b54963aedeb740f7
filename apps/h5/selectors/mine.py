"""What a member finds on their own pages, and what needs doing first. Always by the member's id (S2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from apps.campaigns.enums import LIVE_ENTRY_STATES, CouponState, GrantState, PartState
from apps.campaigns.models import Contribution, Coupon, Entry, Grant
from apps.campaigns.selectors.wallet import coupons_of, entries_of, grants_of
from apps.members.enums import IdentityKind
from apps.members.models import Consent, Identity
from apps.orders.enums import OrderState
from apps.orders.models import Order

#: A coupon that ends sooner than this is named first.
ENDS_SOON = timedelta(days=3)


@dataclass(frozen=True)
class Needs:
    """What waits for the member, most urgent first within each list."""

    orders: list[Order]
    addresses: list[Grant]
    coupons: list[Coupon]
    parcels: list[Grant]

    def __bool__(self) -> bool:
        return bool(self.orders or self.addresses or self.coupons or self.parcels)


@dataclass(frozen=True)
class Figures:
    """How many of each the member has: entries that go on, usable coupons, gifts."""

    entries: int
    coupons: int
    gifts: int


def needs_of(member_id: int, *, now: datetime, most: int = 5) -> Needs:
    """Unpaid orders, gifts without an address, coupons that end within days, parcels on their way: ``most`` of each."""
    waiting = grants_of(member_id).filter(state__in=[GrantState.AWAITING_ADDRESS, GrantState.SHIPPED])
    gifts = list(waiting.order_by("state", "-id")[: 2 * most])  # addresses before parcels
    return Needs(
        orders=list(orders_to_pay(member_id, now=now)[:most]),
        addresses=[gift for gift in gifts if gift.state == GrantState.AWAITING_ADDRESS][:most],
        coupons=list(
            usable_coupons(member_id, now=now)
            .filter(valid_from__lte=now, valid_until__lte=now + ENDS_SOON)
            .order_by("valid_until", "id")[:most]
        ),
        parcels=[gift for gift in gifts if gift.state == GrantState.SHIPPED][:most],
    )


def figures_of(member_id: int, *, now: datetime) -> Figures:
    """Three counts, each by the index of its owner."""
    return Figures(
        entries=entries_of(member_id).filter(state__in=LIVE_ENTRY_STATES).count(),
        coupons=usable_coupons(member_id, now=now).count(),
        gifts=grants_of(member_id).count(),
    )


def orders_to_pay(member_id: int, *, now: datetime) -> QuerySet[Order]:
    """Orders that may still be paid, soonest to lapse first."""
    in_time = Q(pay_before__isnull=True) | Q(pay_before__gt=now)
    return Order.objects.filter(in_time, member_id=member_id, state=OrderState.AWAITING).order_by(
        "pay_before", "id"
    )


def joined_entries(member_id: int) -> QuerySet[Entry]:
    """Others' entries in which the member has a live part, newest first, with run and campaign."""
    parts = Contribution.objects.filter(member_id=member_id).exclude(state=PartState.VOID)
    return (
        Entry.objects.filter(pk__in=parts.values("entry_id"))
        .exclude(owner_id=member_id)
        .select_related("run__campaign")
        .order_by("-id")
    )


def usable_coupons(member_id: int, *, now: datetime) -> QuerySet[Coupon]:
    """Not used and not over, newest first; they may begin later."""
    in_time = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    return coupons_of(member_id).filter(in_time, state=CouponState.ACTIVE)


def spent_coupons(member_id: int, *, now: datetime) -> QuerySet[Coupon]:
    """Used or over, newest first."""
    return coupons_of(member_id).exclude(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), state=CouponState.ACTIVE
    )


def part_of_order(order: Order) -> Contribution | None:
    """What the order pays for, with its entry and campaign; ``None`` if it serves no campaign."""
    return (
        Contribution.objects.filter(order=order)
        .select_related("entry__run__campaign")
        .order_by("-id")
        .first()
    )


def openid_of(member_id: int) -> str:
    """The member's name at WeChat, which its payments ask for; empty if it is not known."""
    found = Identity.objects.filter(member_id=member_id, kind=IdentityKind.WECHAT_OPENID).order_by("-id")
    return found.values_list("value", flat=True).first() or ""


def consents_of(member_id: int) -> QuerySet[Consent]:
    return Consent.objects.filter(member_id=member_id).order_by("-at", "-id")
