"""M4: balance = sum of the ledger, never below zero."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.members.models import Member, PointsEntry
from apps.members.services.points import adjust_points


@pytest.fixture
def member(db):
    return Member.objects.create(phone="+8613800138000", nickname="春梅")


def adjust(member, delta, key="k", reason="活动奖励"):
    return adjust_points(member=member, delta=delta, actor=None, now=database_now(), reason=reason, key=key)


def test_an_adjustment_is_a_ledger_entry(member):
    adjust(member, 100, "a")
    adjust(member, -30, "b")
    assert member.points_balance == 70
    assert list(PointsEntry.objects.order_by("id").values_list("delta", "note")) == [
        (100, "活动奖励"),
        (-30, "活动奖励"),
    ]


def test_a_repeated_submission_is_one_change(member):
    first = adjust(member, 100)
    assert adjust(member, 100).pk == first.pk
    member.refresh_from_db()
    assert member.points_balance == 100
    assert PointsEntry.objects.count() == 1


@pytest.mark.parametrize(("delta", "reason"), [(0, "x"), (-1, "x"), (5, " "), (2_000_000_000, "x")])
def test_refusals(member, delta, reason):
    with pytest.raises(Invalid):
        adjust(member, delta, reason=reason)
    assert not PointsEntry.objects.exists()


def test_the_database_refuses_a_negative_balance(member):
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(points_balance=-1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_go_below_zero():
    member = Member.objects.create(phone="+8613800138000")
    adjust(member, 50, "start")

    def take(number: int) -> bool:
        try:
            adjust(member, -10, f"take-{number}")
        except Invalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, range(12)))
    assert taken == 5
    assert Member.objects.get().points_balance == 0
    assert sum(PointsEntry.objects.values_list("delta", flat=True)) == 0
