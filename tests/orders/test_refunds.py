"""Money that goes back: within what was paid, each once, to the cent (C5)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.orders.enums import ORDER_MOVES, REFUND_MOVES, OrderState, RefundState
from apps.orders.models import Order, Refund
from apps.orders.services.refunding import process_refunds
from apps.orders.services.refunds import (
    confirm_refund,
    refund_by_staff,
    request_refund,
    retry_refund,
    settle_by_notice,
)
from tests.orders.conftest import broken_promises, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


def ask_back(order, amount, key="k1", **fields):
    return request_refund(
        order=order, amount=Decimal(amount), reason="没成团", key=key, now=database_now(), **fields
    )


def done(refund):
    return settle_by_notice(
        number=refund.number,
        amount=refund.amount,
        is_done=True,
        is_closed=False,
        code="",
        provider_no="P1",
        now=database_now(),
    )


def failed(refund, *, is_closed=False):
    return settle_by_notice(
        number=refund.number,
        amount=refund.amount,
        is_done=False,
        is_closed=is_closed,
        code="NOT_ENOUGH",
        provider_no="",
        now=database_now(),
    )


def test_a_key_asks_once(make_order):
    order = make_order("30", paid=True)
    first = ask_back(order, "10")
    assert ask_back(order, "10").pk == first.pk
    with pytest.raises(Invalid):
        ask_back(order, "11")
    with pytest.raises(Invalid):
        ask_back(make_order("30", paid=True), "10")
    order.refresh_from_db()
    assert order.refund_amount == 10
    assert not broken_promises()


@pytest.mark.parametrize("amount", ["30.01", "0", "-1", "0.001"])
def test_no_more_than_was_paid(make_order, amount):
    order = make_order("30", paid=True)
    with pytest.raises(Invalid):
        ask_back(order, amount)
    with pytest.raises(Invalid):
        ask_back(make_order("30"), "0.01")
    assert not Refund.objects.exists()


def test_partial_and_full_refunds_change_order_member_and_events(make_order, diary, team, member):
    order = make_order("30", paid=False, purpose="seat", purpose_ref=str(team.pk))
    pay(order)
    part = ask_back(order, "10", key="part")
    order.refresh_from_db()
    assert order.state == "paid", "a promise is not yet a refund"
    done(part)
    done(part)
    order.refresh_from_db()
    assert order.state == "partly_refunded"
    done(ask_back(order, "20", key="rest"))
    order.refresh_from_db()
    assert (order.state, order.refund_amount) == ("refunded", 30)
    assert diary.of(order) == ["paid", "refunded partly_refunded", "refunded refunded"]
    member.refresh_from_db()
    assert member.total_spent == 0
    facts = Event.objects.filter(kind="order.refunded").order_by("id").values_list("value", flat=True)
    assert list(facts) == [10, 20]
    assert not broken_promises()


def test_returned_surplus_takes_nothing_from_the_order(make_order, diary, team, member):
    order = make_order("30", purpose="seat", purpose_ref=str(team.pk))
    pay(order)
    pay(order)
    [refund] = Refund.objects.all()
    done(refund)
    order.refresh_from_db()
    assert (order.state, order.refund_amount) == ("paid", 30)
    assert diary.of(order) == ["paid"]
    member.refresh_from_db()
    assert member.total_spent == 30
    assert not Event.objects.filter(kind="order.refunded").exists()
    done(ask_back(order, "30", key="own"))
    order.refresh_from_db()
    assert order.state == "refunded"
    assert diary.of(order) == ["paid", "refunded refunded"]
    assert not broken_promises()


def test_a_failed_refund_frees_its_amount_tells_staff_and_can_be_tried_again(
    make_order, operator, team, architect
):
    order = make_order("30", paid=True, team=team)
    refund = failed(ask_back(order, "30"))
    order.refresh_from_db()
    assert (refund.state, order.refund_amount, order.state) == ("failed", 0, "paid")
    [notice] = Notice.objects.all()
    assert notice.user == operator
    assert order.number in notice.text
    old_number = refund.number
    again = retry_refund(refund=refund, actor=operator, now=database_now())
    assert (again.state, again.number) == ("requested", old_number)
    with pytest.raises(WrongState):
        retry_refund(refund=refund, actor=operator, now=database_now())
    closed = failed(again, is_closed=True)
    again = retry_refund(refund=closed, actor=operator, now=database_now())
    assert again.number != old_number, "the provider takes no closed number"
    assert AuditEntry.objects.filter(action="refund.retry").count() == 2
    assert not broken_promises()


def test_what_was_promised_elsewhere_cannot_be_tried_again(make_order, operator, team):
    order = make_order("30", paid=True, team=team)
    refund = failed(ask_back(order, "30"))
    ask_back(order, "1", key="other")
    with pytest.raises(Invalid), transaction.atomic():
        retry_refund(refund=refund, actor=operator, now=database_now())
    refund.refresh_from_db()
    assert refund.state == "failed"
    assert not broken_promises()


def test_the_provider_has_the_last_word(make_order):
    order = make_order("30", paid=True)
    refund = done(failed(ask_back(order, "30")))
    order.refresh_from_db()
    assert (refund.state, order.state, order.refund_amount) == ("done", "refunded", 30)
    assert failed(refund).state == "done"
    assert not broken_promises()


def test_by_hand_the_machine_waits_for_a_person(make_order, operator, team):
    order = make_order("30", paid=True, team=team)
    refund = ask_back(order, "30")
    assert process_refunds(now=database_now() + timedelta(days=1)) == 0
    with pytest.raises(Invalid, match="凭证号"):
        confirm_refund(refund=refund, actor=operator, reference="", now=database_now())
    confirmed = confirm_refund(refund=refund, actor=operator, reference="转账 88", now=database_now())
    assert (confirmed.state, confirmed.provider_no) == ("done", "转账 88")
    with pytest.raises(WrongState):
        confirm_refund(refund=refund, actor=operator, reference="转账 88", now=database_now())
    assert AuditEntry.objects.filter(action="refund.confirm", actor=operator).count() == 1


def test_refunding_needs_permission_sight_and_a_reason(make_order, make_user, operator, team):
    order = make_order("30", paid=True, team=team)
    service = make_user("service", Role.MEMBER_SERVICE, team)
    values = {"order": order, "amount": Decimal(1), "key": "k", "now": database_now()}
    with pytest.raises(NotAllowed):
        refund_by_staff(actor=service, reason="x", **values)
    with pytest.raises(Invalid):
        refund_by_staff(actor=operator, reason=" ", **values)
    refund = refund_by_staff(actor=operator, reason="成员改主意", **values)
    with pytest.raises(NotAllowed):
        confirm_refund(refund=refund, actor=service, reference="x", now=database_now())
    with pytest.raises(NotAllowed):
        retry_refund(refund=refund, actor=service, now=database_now())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.integers(1, 1_000_000),
    steps=st.lists(
        st.tuples(st.integers(1, 1_000_000), st.sampled_from(["done", "failed", "wait"])), max_size=8
    ),
)
def test_partial_refunds_sum_to_the_cent(make_order, member, price, steps):
    """Over any partial refunds, done, failed or waiting: nothing beyond what was paid, and every sum exact."""
    order = make_order(str(Decimal(price).scaleb(-2)), paid=True)
    spent_elsewhere = type(member).objects.get(pk=member.pk).total_spent - order.amount
    promised = paid_back = 0
    for number, (fen, fate) in enumerate(steps):
        amount = Decimal(fen).scaleb(-2)
        key = f"{order.pk}:{number}"
        if promised + fen > price:
            with pytest.raises(Invalid):
                ask_back(order, amount, key=key)
            continue
        refund = ask_back(order, amount, key=key)
        if fate == "done":
            done(refund)
            paid_back += fen
        elif fate == "failed":
            failed(refund)
        promised += fen if fate != "failed" else 0
    order.refresh_from_db()
    member.refresh_from_db()
    assert order.refund_amount == Decimal(promised).scaleb(-2)
    assert member.total_spent - spent_elsewhere == Decimal(price - paid_back).scaleb(-2)
    expected = "paid" if not paid_back else "refunded" if paid_back == price else "partly_refunded"
    assert order.state == expected
    assert not broken_promises()


@pytest.mark.parametrize(
    "change", [{"amount": 0}, {"state": "done"}, {"done_at": "2026-03-01T00:00Z"}], ids=str
)
def test_rows_cannot_lie(make_order, change):
    refund = ask_back(make_order("10", paid=True), "5")
    for name, value in change.items():
        setattr(refund, name, value)
    with pytest.raises(IntegrityError):
        refund.save()


def test_every_move_leads_from_a_state_to_a_state():
    for states, moves in ((OrderState, ORDER_MOVES), (RefundState, REFUND_MOVES)):
        assert set(moves) <= set(states)
        assert {target for targets in moves.values() for target in targets} <= set(states)
    final = set(OrderState) - set(ORDER_MOVES)
    assert final == {"refunded", "lapsed", "cancelled"}


def test_the_invariants_see_what_is_wrong(make_order):
    """The queries of C5 are not blind: rows bent by hand are found."""
    assert not broken_promises()
    order = make_order("30", paid=True)
    ask_back(order, "10")
    Order.objects.filter(pk=order.pk).update(refund_amount=5)
    assert [name for _promise, name, _count in broken_promises()] == [
        "what an order refunds is the sum of its refunds that did not fail"
    ]
    Order.objects.filter(pk=order.pk).update(refund_amount=10, paid_amount=31)
    assert "what an order was paid is the sum of its payments" in {name for _p, name, _c in broken_promises()}
