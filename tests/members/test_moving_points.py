"""M4 by campaigns: one change per key, never below zero, however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.members.models import Member, MembershipEntry, PointsEntry
from apps.members.services.membership_days import move_membership
from apps.members.services.points import PointsGift, give_points, move_points
from tests.orders.conftest import broken_promises


@pytest.fixture
def member(db):
    return Member.objects.create(phone="+8613800138000", nickname="春梅")


def move(member, delta, key):
    return move_points(member_id=member.pk, delta=delta, key=key, note="助力", now=database_now())


def test_a_move_is_a_ledger_entry_once_per_key(member):
    assert move(member, 30, "a")
    assert not move(member, 30, "a")
    assert move(member, -10, "b")
    member.refresh_from_db()
    assert member.points_balance == 20
    assert list(PointsEntry.objects.order_by("id").values_list("delta", "reason")) == [
        (30, "campaign"),
        (-10, "campaign"),
    ]
    assert not broken_promises()


def test_a_balance_never_goes_below_zero(member):
    move(member, 5, "a")
    with pytest.raises(Invalid) as refused, transaction.atomic():
        move(member, -6, "b")
    assert refused.value.code == "no_points"
    assert PointsEntry.objects.count() == 1
    assert not broken_promises()


def test_a_key_that_was_used_is_no_refusal_even_when_the_balance_is_gone(member):
    move(member, 5, "a")
    move(member, -5, "b")
    assert not move(member, -5, "b")


def test_many_members_in_one_go_each_gift_once(db):
    members = [Member.objects.create(phone=f"+86138001380{n:02}") for n in range(5)]
    gifts = [PointsGift(member.pk, 10, f"g{member.pk}") for member in members]
    gifts.append(PointsGift(members[0].pk, 7, "extra"))
    assert give_points(gifts=gifts, now=database_now()) == 6
    assert give_points(gifts=gifts, now=database_now()) == 0
    assert list(Member.objects.order_by("id").values_list("points_balance", flat=True)) == [
        17,
        10,
        10,
        10,
        10,
    ]
    assert not broken_promises()


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_one_change():
    member = Member.objects.create(phone="+8613800138000")

    def one(_number: int) -> bool:
        try:
            return move(member, 10, "same")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 1
    member.refresh_from_db()
    assert member.points_balance == 10
    assert not broken_promises()


def test_membership_days_add_to_what_is_left(member):
    now = database_now()
    assert move_membership(member_id=member.pk, days=30, key="a", note="", now=now)
    assert not move_membership(member_id=member.pk, days=30, key="a", note="", now=now)
    assert move_membership(member_id=member.pk, days=7, key="b", note="", now=now + timedelta(days=1))
    member.refresh_from_db()
    assert member.membership_until == now + timedelta(days=37)
    move_membership(member_id=member.pk, days=-7, key="c", note="", now=now)
    member.refresh_from_db()
    assert member.membership_until == now + timedelta(days=30)
    assert MembershipEntry.objects.count() == 3


def test_membership_that_has_run_out_starts_anew(member):
    now = database_now()
    move_membership(member_id=member.pk, days=1, key="a", note="", now=now - timedelta(days=10))
    move_membership(member_id=member.pk, days=1, key="b", note="", now=now)
    member.refresh_from_db()
    assert member.membership_until == now + timedelta(days=1)
