"""What a coupon is worth: to the cent, never more than the bill."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.enums import CouponKind, CouponState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Benefit, Coupon
from apps.campaigns.services.coupons.terms import end_of, quote, saving, skus_of, terms_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONEY = st.decimals(0, 99_999, places=2)


def coupon(**fields):
    values = {
        "kind": CouponKind.FIXED,
        "value": Decimal("20.00"),
        "threshold": Decimal("100.00"),
        "scope": "",
        "state": CouponState.ACTIVE,
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=1),
    }
    return Coupon(**(values | fields))


@pytest.mark.parametrize(
    ("fields", "amount", "saved"),
    [
        ({}, "100.00", "20.00"),
        ({"threshold": Decimal(0)}, "12.30", "12.30"),
        ({"kind": CouponKind.PERCENT, "value": Decimal(85)}, "199.99", "30.00"),
        ({"kind": CouponKind.PERCENT, "value": Decimal(85), "cap": Decimal("25.00")}, "199.99", "25.00"),
        ({"kind": CouponKind.EXCHANGE, "value": Decimal(0)}, "128.00", "128.00"),
        ({"kind": CouponKind.EXCHANGE, "value": Decimal("50.00")}, "128.00", "50.00"),
    ],
)
def test_each_kind(fields, amount, saved):
    assert quote(coupon(**fields), amount=Decimal(amount), sku="", now=NOW) == Decimal(saved)


@pytest.mark.parametrize(
    ("fields", "amount", "sku", "now", "code"),
    [
        ({}, "99.99", "", NOW, "coupon_threshold"),
        ({"scope": "A1，B2"}, "100", "C3", NOW, "coupon_scope"),
        ({}, "100", "", NOW - timedelta(seconds=1), "coupon_early"),
        ({}, "100", "", NOW + timedelta(days=1), "coupon_expired"),
        ({"state": CouponState.USED}, "100", "", NOW, "coupon_used"),
        ({"state": CouponState.VOID}, "100", "", NOW, "coupon_void"),
        ({"state": CouponState.EXPIRED}, "100", "", NOW, "coupon_expired"),
    ],
)
def test_refusals(fields, amount, sku, now, code):
    with pytest.raises(Refused) as refused:
        quote(coupon(**fields), amount=Decimal(amount), sku=sku, now=now)
    assert refused.value.code == code


def test_a_scope_is_written_in_any_way():
    assert skus_of("A1，B2、C3 D4;E5") == {"A1", "B2", "C3", "D4", "E5"}
    assert quote(coupon(scope="A1，B2"), amount=Decimal(100), sku="B2", now=NOW) == Decimal(20)


@given(
    kind=st.sampled_from(CouponKind.values),
    value=st.decimals("0.01", "99.99", places=2),
    cap=st.none() | MONEY,
    amount=MONEY,
)
def test_a_saving_is_never_negative_never_more_than_the_bill_and_has_two_places(kind, value, cap, amount):
    saved = saving(kind=kind, value=value, cap=cap, amount=amount)
    assert 0 <= saved <= amount
    assert saved == saved.quantize(Decimal("0.01"))
    if cap is not None and kind == CouponKind.PERCENT:
        assert saved <= cap


@pytest.mark.parametrize(
    ("days", "until", "end"),
    [
        (None, None, None),
        (7, None, NOW + timedelta(days=7)),
        (None, NOW + timedelta(days=3), NOW + timedelta(days=3)),
        (7, NOW + timedelta(days=3), NOW + timedelta(days=3)),
        (2, NOW + timedelta(days=3), NOW + timedelta(days=2)),
    ],
)
def test_the_earlier_end_holds(days, until, end):
    assert end_of(Benefit(coupon_valid_days=days), start=NOW, until=until) == end


def test_days_start_when_the_coupon_does():
    later = NOW + timedelta(days=10)
    terms = terms_of(Benefit(coupon_valid_from=later, coupon_valid_days=1), now=NOW)
    assert (terms.valid_from, terms.valid_until) == (later, later + timedelta(days=1))
