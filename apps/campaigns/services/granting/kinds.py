"""How each kind of benefit reaches the member, and how it comes back. The only place that knows kinds apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction

from apps.campaigns.enums import BenefitKind, CouponState, GrantState
from apps.campaigns.models import Benefit, Coupon, Grant
from apps.campaigns.services.codes.taking import take_codes
from apps.campaigns.services.coupons.terms import terms_of
from apps.core.errors import Invalid
from apps.members.services.membership_days import move_membership
from apps.members.services.points import PointsGift, give_points, move_points


class Kind(Protocol):
    """``first``: the state of a grant that nothing holds back; ``issued`` means that ``issue`` is called for it in
    the transaction that makes it (C6)."""

    first: GrantState

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        """Bring the benefits to the members; returns ids of grants for which there was nothing left."""
        ...

    def take_back(self, grant: Grant, now: datetime) -> bool:
        """Take an issued grant's benefit back; False if the member has used, spent or seen it."""
        ...


class _Later:
    """What needs a parcel or a payment provider; once it is under way it does not come back."""

    def __init__(self, first: GrantState) -> None:
        self.first = first

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        return set()

    def take_back(self, grant: Grant, now: datetime) -> bool:
        return False


class _Codes:
    """A code given counts as seen: it is never given again, and does not come back."""

    first = GrantState.ISSUED

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        short: set[int] = set()
        for benefit_id in sorted({grant.benefit_id for grant in grants}):
            wanted = {grant.pk: grant.quantity for grant in grants if grant.benefit_id == benefit_id}
            short |= take_codes(benefit_id=benefit_id, wanted=wanted, now=now)
        return short

    def take_back(self, grant: Grant, now: datetime) -> bool:
        return False


class _Coupons:
    first = GrantState.ISSUED

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        """Nothing is left of coupons whose last day is over."""
        short: set[int] = set()
        rows: list[Coupon] = []
        for grant in grants:
            terms = terms_of(benefits[grant.benefit_id], now=now)
            if terms.valid_until is not None and terms.valid_until <= terms.valid_from:
                short.add(grant.pk)
                continue
            rows += [
                Coupon(
                    benefit_id=grant.benefit_id,
                    grant_id=grant.pk,
                    member_id=grant.member_id,
                    issued_at=now,
                    **vars(terms),
                )
                for _copy in range(grant.quantity)
            ]
        Coupon.objects.bulk_create(rows, batch_size=2_000)
        return short

    def take_back(self, grant: Grant, now: datetime) -> bool:
        """All of the grant's coupons, or none if one was used."""
        coupons = Coupon.objects.filter(grant=grant)
        states = Counter(coupons.select_for_update().order_by("pk").values_list("state", flat=True))
        if states[CouponState.USED]:
            return False
        coupons.filter(state__in=[CouponState.ACTIVE, CouponState.EXPIRED]).update(state=CouponState.VOID)
        return True


class _Points:
    first = GrantState.ISSUED

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        gifts = [
            PointsGift(
                member_id=grant.member_id,
                points=benefits[grant.benefit_id].amount * grant.quantity,
                key=f"grant:{grant.pk}",
                note=benefits[grant.benefit_id].name,
                team_id=benefits[grant.benefit_id].team_id,
                about={"run": grant.run_id},
            )
            for grant in grants
        ]
        give_points(gifts=gifts, now=now)
        return set()

    def take_back(self, grant: Grant, now: datetime) -> bool:
        points = _given("members_pointsentry", "delta", grant)
        try:
            with transaction.atomic():
                move_points(
                    member_id=grant.member_id,
                    delta=-points,
                    key=f"grant:{grant.pk}:void",
                    note=grant.benefit.name,
                    now=now,
                    team_id=grant.benefit.team_id,
                    about={"run": grant.run_id},
                )
        except Invalid:  # the member has spent them
            return False
        return True


class _Membership:
    first = GrantState.ISSUED

    def issue(self, grants: Sequence[Grant], benefits: Mapping[int, Benefit], now: datetime) -> set[int]:
        for grant in sorted(grants, key=lambda one: one.member_id):
            benefit = benefits[grant.benefit_id]
            move_membership(
                member_id=grant.member_id,
                days=benefit.amount * grant.quantity,
                key=f"grant:{grant.pk}",
                note=benefit.name,
                now=now,
            )
        return set()

    def take_back(self, grant: Grant, now: datetime) -> bool:
        days = _given("members_membershipentry", "days", grant)
        return move_membership(
            member_id=grant.member_id,
            days=-days,
            key=f"grant:{grant.pk}:void",
            note=grant.benefit.name,
            now=now,
        )


def _given(table: str, column: str, grant: Grant) -> int:
    """What the ledger says was given: the benefit may say another number by now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE key = %s", [f"grant:{grant.pk}"])
        return int(cursor.fetchone()[0])


#: In the house's order of locks: codes and coupons before members.
KINDS: dict[str, Kind] = {
    BenefitKind.PHYSICAL: _Later(GrantState.AWAITING_ADDRESS),
    BenefitKind.RED_PACKET: _Later(GrantState.PENDING),
    BenefitKind.CODE: _Codes(),
    BenefitKind.COUPON: _Coupons(),
    BenefitKind.POINTS: _Points(),
    BenefitKind.MEMBERSHIP: _Membership(),
}

#: Kinds that are written into a ledger of the member, whose row they lock.
LEDGERS = (BenefitKind.POINTS, BenefitKind.MEMBERSHIP)


def issue_now(grants: Sequence[Grant], benefits: Mapping[int, Benefit], *, now: datetime) -> set[int]:
    """Issue grants of instant kinds in the caller's transaction; returns ids for which nothing was left."""
    by_kind: dict[str, list[Grant]] = {}
    for grant in grants:
        by_kind.setdefault(grant.kind, []).append(grant)
    _lock_members(by_kind)
    short: set[int] = set()
    for key, kind in KINDS.items():
        if key in by_kind and kind.first == GrantState.ISSUED:
            short |= kind.issue(by_kind[key], benefits, now)
    return short


def _lock_members(by_kind: Mapping[str, Sequence[Grant]]) -> None:
    """Both kinds of ledger lock members by ascending id, but one after the other: together they need one order."""
    ledgers = [by_kind.get(kind, ()) for kind in LEDGERS]
    if not ledgers[1] or not (ledgers[0] or len(ledgers[1]) > 1):
        return
    ids = [grant.member_id for grants in ledgers for grant in grants]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT id FROM members_member WHERE id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE) locked",
            [ids],
        )
