"""What the house owes its members: points, coupons that may still be used, gifts that are promised.

What is owed now is read from the ledgers themselves, set-based; how it came to be, from the rollups where they say it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from apps.analytics.selectors.periods import business_zone
from apps.analytics.selectors.scope import Scope
from apps.campaigns.enums import BenefitKind, CouponState, GrantState
from apps.campaigns.models import Benefit, Code, Grant

#: Given, but not yet in the member's hands.
PROMISED = (
    GrantState.HELD,
    GrantState.UNFUNDED,
    GrantState.PENDING,
    GrantState.SENDING,
    GrantState.UNKNOWN,
    GrantState.FAILED,
    GrantState.AWAITING_ADDRESS,
    GrantState.AWAITING_SHIPMENT,
)
#: Upper ends of the stretches until a coupon ends, in days; then the later ones, then those without an end.
STRETCHES = (7, 30, 90)


@dataclass(frozen=True)
class PointsOwed:
    """Members with a balance, and the sum of all balances."""

    members: int
    points: int


@dataclass(frozen=True)
class CouponsOwed:
    """Coupons that may still be used. ``worth``: at most so many yuan off; those in ``open_ended`` have no such bound
    (a discount without a cap, an exchange). ``stretch``: index into ``STRETCHES``, then later, then without an end."""

    benefit_id: int
    benefit: str
    stretch: int
    coupons: int
    worth: Decimal
    open_ended: int


@dataclass(frozen=True)
class CouponMonth:
    """What became of coupons in one month, by the first of it. ``expired`` by the day that they ended on."""

    month: date
    issued: int
    used: int
    saved: Decimal
    expired: int


@dataclass(frozen=True)
class Promise:
    """Gifts of one benefit that are earned but not handed over. Yuan for all of them; ``left`` in stock, None without
    a limit."""

    benefit: Benefit
    quantity: int
    cost: Decimal
    face_value: Decimal
    left: int | None


def points_owed(scope: Scope) -> PointsOwed:
    """Balances of the members of the scope; who is in several of its teams counts once."""
    where = ""
    if scope.teams is not None:
        where = (
            "AND EXISTS (SELECT 1 FROM members_memberteam t WHERE t.member_id = m.id AND t.team_id = ANY(%s))"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(points_balance), 0) FROM members_member m"
            f" WHERE points_balance > 0 {where}",
            [] if scope.teams is None else [scope.teams],
        )
        members, points = cursor.fetchone()
    return PointsOwed(int(members), int(points))


def coupons_owed(scope: Scope, now: datetime) -> list[CouponsOwed]:
    """By benefit and by how soon they end, the most coupons first."""
    where, teams = _of_benefits(scope)
    cases = " ".join(
        f"WHEN c.valid_until <= %(now)s + interval '{days} days' THEN {index}"
        for index, days in enumerate(STRETCHES)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT b.id, b.name,
              CASE WHEN c.valid_until IS NULL THEN {len(STRETCHES) + 1} {cases} ELSE {len(STRETCHES)} END,
              count(*),
              coalesce(sum(CASE c.kind WHEN 'fixed' THEN c.value WHEN 'percent' THEN c.cap END), 0),
              count(*) FILTER (WHERE c.kind = 'exchange' OR c.kind = 'percent' AND c.cap IS NULL)
            FROM campaigns_coupon c JOIN campaigns_benefit b ON b.id = c.benefit_id
            WHERE c.state = '{CouponState.ACTIVE.value}' AND (c.valid_until IS NULL OR c.valid_until > %(now)s) {where}
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 3""",
            {"now": now, "teams": teams},
        )
        return [CouponsOwed(*row) for row in cursor.fetchall()]


def coupon_months(scope: Scope, months: Sequence[date], now: datetime) -> list[CouponMonth]:
    """Issued, used and run out in each of ``months`` (firsts of them, in order), from the coupons themselves."""
    if not months:
        return []
    where, teams = _of_benefits(scope)
    month = "date_trunc('month', {at} AT TIME ZONE %(zone)s)::date"
    parts = (
        ("issued", "c.issued_at", "0", "true"),
        ("used", "c.used_at", "coalesce(c.saved_amount, 0)", f"c.state = '{CouponState.USED.value}'"),
        (
            "expired",
            "c.valid_until",
            "0",
            f"c.state IN ('{CouponState.ACTIVE.value}', '{CouponState.EXPIRED.value}') AND c.valid_until <= %(now)s",
        ),
    )
    sql = " UNION ALL ".join(
        f"SELECT '{name}', {month.format(at=at)}, count(*), sum({value}) FROM campaigns_coupon c"
        f" JOIN campaigns_benefit b ON b.id = c.benefit_id WHERE {at} >= %(start)s AND {only} {where} GROUP BY 2"
        for name, at, value, only in parts
    )
    start = datetime(months[0].year, months[0].month, 1, tzinfo=business_zone())
    found: dict[tuple[str, date], tuple[int, Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"zone": business_zone().key, "start": start, "now": now, "teams": teams})
        for name, at, count, value in cursor.fetchall():
            found[name, at] = (int(count), value)
    nothing = (0, Decimal(0))
    return [
        CouponMonth(
            at,
            found.get(("issued", at), nothing)[0],
            *found.get(("used", at), nothing),
            found.get(("expired", at), nothing)[0],
        )
        for at in months
    ]


def promises(scope: Scope) -> list[Promise]:
    """By benefit, the costliest first; points and days of membership too, as long as they are not credited."""
    grants = Grant.objects.filter(state__in=PROMISED)
    if scope.team_ids is not None:
        grants = grants.filter(run__campaign__team__in=scope.team_ids)
    sums: dict[int, dict[str, Any]] = {
        row["benefit"]: {**row}
        for row in grants.order_by()
        .values("benefit")
        .annotate(quantities=Sum("quantity"), costs=Sum("cost"), faces=Sum("face_value"))
    }
    benefits = Benefit.objects.in_bulk(list(sums))
    pools = [pk for pk, benefit in benefits.items() if benefit.kind == BenefitKind.CODE]
    codes = _free_codes(pools)
    found = [
        Promise(
            benefit,
            sums[pk]["quantities"],
            sums[pk]["costs"],
            sums[pk]["faces"],
            codes.get(pk, 0)
            if pk in pools
            else None
            if benefit.stock is None
            else benefit.stock - benefit.issued,
        )
        for pk, benefit in benefits.items()
    ]
    return sorted(found, key=lambda one: (-one.cost, one.benefit.pk))


def _free_codes(pools: list[int]) -> dict[int, int]:
    if not pools:
        return {}
    counted = Code.objects.free().filter(benefit__in=pools).order_by().values("benefit")
    return {row["benefit"]: row["n"] for row in counted.annotate(n=Count("pk"))}


def _of_benefits(scope: Scope) -> tuple[str, list[int] | None]:
    """SQL over ``b`` and its parameter ``teams``."""
    return ("", None) if scope.teams is None else ("AND b.team_id = ANY(%(teams)s)", scope.teams)
