"""Races on real connections; each guard has a control that fails without it."""

import threading
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction

from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.core.errors import Invalid, WrongState
from apps.orders.models import Order, Payment, Refund
from apps.orders.services.orders import cancel_by_staff, lapse_due_orders
from apps.orders.services.refunds import request_refund
from tests.orders.conftest import at_once, broken_promises, pay

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25


def refund(order, number, amount="30"):
    return request_refund(
        order=order, amount=Decimal(amount), reason="x", key=f"{order.pk}:{number}", now=database_now()
    )


def test_the_same_notice_at_once_is_one_payment(make_order, diary, member):
    team = Team.objects.create(name="华东")
    for number in range(ROUNDS):
        order = make_order("10", purpose="seat", purpose_ref=f"{team.pk}:{number}")
        results = at_once(*[partial(pay, order, transaction=f"T{number}")] * 4)
        assert len({payment.pk for payment in results}) == 1
        assert diary.of(order) == ["paid"]
    assert Payment.objects.count() == ROUNDS
    member.refresh_from_db()
    assert member.total_spent == 10 * ROUNDS
    assert not broken_promises()


def test_refunds_at_once_never_pass_what_was_paid(make_order):
    for _round in range(8):
        order = make_order("100", paid=True)
        results = at_once(*[partial(refund, order, number) for number in range(6)])
        assert sum(isinstance(result, Refund) for result in results) == 3
        assert sum(isinstance(result, Invalid) for result in results) == 3
    assert not broken_promises()


def test_control_refunds_that_look_first_and_write_later_pass_it(make_order):
    """What the guard is for: the same race, checked by reading, promises more than was paid."""
    order = make_order("100", paid=True)
    payment = Payment.objects.get(order=order)
    have_looked = threading.Barrier(6)

    def naive(number):
        now = database_now()
        with transaction.atomic():
            row = Order.objects.get(pk=order.pk)
            have_looked.wait(timeout=20)
            if row.refundable_amount >= 30:
                Refund.objects.create(
                    order=row,
                    payment=payment,
                    key=f"naive:{number}",
                    number=f"N{number}",
                    amount=30,
                    reason="x",
                    requested_at=now,
                    available_at=now,
                )

    results = at_once(*[partial(naive, number) for number in range(6)])
    assert results == [None] * 6
    assert "no more goes back than came in" in {name for _promise, name, _count in broken_promises()}


def test_the_same_refund_at_once_is_one(make_order):
    for _round in range(8):
        order = make_order("100", paid=True)
        results = at_once(*[partial(refund, order, 1)] * 4)
        assert len({result.pk for result in results}) == 1
    assert not broken_promises()


def test_paying_against_lapsing_has_one_winner_and_loses_no_money(make_order, diary):
    team = Team.objects.create(name="华东")
    seen = set()
    for number in range(ROUNDS * 2):
        order = make_order("10", due=-1, purpose="seat", purpose_ref=f"{team.pk}:{number}")
        acts = [partial(pay, order), partial(lapse_due_orders, now=database_now())]
        results = at_once(*(acts if number % 2 else reversed(acts)))
        assert not [result for result in results if isinstance(result, Exception)]
        order.refresh_from_db()
        returned = list(Refund.objects.filter(order=order).values_list("amount", flat=True))
        seen.add(order.state)
        if order.state == "paid":
            assert diary.of(order) == ["paid"]
            assert returned == []
        else:
            assert order.state == "lapsed"
            assert diary.of(order) == ["lapsed", "late"]
            assert returned == [10]
    assert seen == {"paid", "lapsed"}, "both must have won at times, or the race was none"
    assert not broken_promises()


def test_two_scanners_lapse_each_order_once(make_order, diary):
    team = Team.objects.create(name="华东")
    for number in range(30):
        make_order("10", due=-1, purpose="seat", purpose_ref=f"{team.pk}:{number}")
    counts = at_once(*[partial(lapse_due_orders, now=database_now())] * 3)
    assert sum(counts) == 30
    assert len(diary.calls) == 30


def test_owner_and_staff_and_notices_take_locks_in_one_order(make_order, diary, architect):
    """Paying, lapsing, cancelling and an owner that works under its own lock, mixed: no deadlock."""
    team = Team.objects.create(name="华东")

    def by_owner(order):
        with transaction.atomic():
            Team.objects.select_for_update().get(pk=team.pk)
            row = Order.objects.get(pk=order.pk)
            if row.paid_amount > row.refund_amount:
                refund(order, "owner", "1")

    deadlocks = _deadlocks()
    for number in range(ROUNDS):
        orders = [
            make_order("10", due=-1, purpose="seat", purpose_ref=f"{team.pk}:{number}:{place}")
            for place in range(2)
        ]
        acts = [partial(pay, order) for order in orders]
        acts += [partial(by_owner, order) for order in orders]
        acts += [
            partial(cancel_by_staff, order=order, actor=architect, now=database_now(), reason="x")
            for order in reversed(orders)
        ]
        acts.append(partial(lapse_due_orders, now=database_now()))
        errors = [result for result in at_once(*acts) if isinstance(result, Exception)]
        assert all(isinstance(error, WrongState) for error in errors), errors
    assert _deadlocks() == deadlocks
    assert not broken_promises()


def _deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
