"""Opening, paying, lapsing and cancelling (C5)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice, Team
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.members.models import Member
from apps.members.models.member import MemberTeam
from apps.orders.models import Order, Payment, Refund
from apps.orders.services.orders import cancel_by_staff, cancel_order, create_order, lapse_due_orders
from apps.orders.services.owners import owner_of, register_owner
from apps.orders.services.payments import mark_paid
from tests.orders.conftest import broken_promises, pay

pytestmark = pytest.mark.django_db


def kinds_of(order):
    return sorted(Event.objects.filter(subject=f"order:{order.pk}").values_list("kind", flat=True))


def test_an_order_is_numbered_and_awaits_its_money(make_order, team):
    order = make_order("12.50", quantity=2, team=team, group_id=7, cost=Decimal(8))
    assert order.number[0] == "O"
    assert len(order.number) == 17
    assert (order.amount, order.cost, order.state) == (Decimal("25.00"), Decimal("8.00"), "awaiting")
    [event] = Event.objects.filter(subject=f"order:{order.pk}")
    assert (event.kind, event.value, event.group_id, event.team_id) == ("order.created", 25, 7, team.pk)
    assert not broken_promises()


def test_opening_an_order_costs_two_inserts(member, django_assert_num_queries):
    now = database_now()
    with django_assert_num_queries(2):  # inside a transaction, as campaigns call it
        create_order(member=member, title="团", unit_price=Decimal(9), now=now)


def test_an_order_over_nothing_is_born_paid_without_a_payment(make_order, diary, team, member):
    order = make_order(
        "0", purpose="seat", purpose_ref=str(team.pk), pay_before=database_now() + timedelta(1)
    )
    assert (order.state, order.pay_before) == ("paid", None)
    assert kinds_of(order) == ["order.created", "order.paid"]
    assert not diary.calls
    assert not Payment.objects.exists()
    assert not broken_promises()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"unit_price": Decimal("1.005")}, "unit_price"),
        ({"unit_price": Decimal(-1)}, "unit_price"),
        ({"unit_price": Decimal("NaN")}, "unit_price"),
        ({"amount": Decimal(99999999999)}, "amount"),
        ({"quantity": 0}, "quantity"),
        ({"pay_before": "now"}, "pay_before"),
    ],
)
def test_money_finer_than_a_cent_and_other_nonsense_are_refused(member, fields, field):
    now = database_now()
    values = {"member": member, "title": "团", "unit_price": Decimal(9), "now": now} | fields
    if values.get("pay_before"):
        values["pay_before"] = now
    with pytest.raises(Invalid) as refusal:
        create_order(**values)
    assert refusal.value.field == field
    assert not Order.objects.exists()


def test_one_purpose_has_one_order(make_order, diary, team):
    make_order(purpose="seat", purpose_ref=str(team.pk))
    with pytest.raises(IntegrityError):
        make_order(purpose="seat", purpose_ref=str(team.pk))


def test_a_payment_is_taken_once_and_everything_hears(make_order, diary, team, member):
    order = make_order("30", purpose="seat", purpose_ref=str(team.pk), team=team)
    first = pay(order, transaction="T-same")
    again = pay(order, transaction="T-same")
    assert again.pk == first.pk
    order.refresh_from_db()
    assert (order.state, order.paid_amount) == ("paid", 30)
    assert diary.of(order) == ["paid"]
    assert kinds_of(order) == ["order.created", "order.paid"]
    member.refresh_from_db()
    assert (member.total_spent, member.lifecycle) == (30, "new")
    pay(make_order("12.34"))
    member.refresh_from_db()
    assert (member.total_spent, member.lifecycle) == (Decimal("42.34"), "active")
    assert not broken_promises()


@pytest.mark.parametrize(
    "change", [{"amount": Decimal("29.99")}, {"number": "O000000NOSUCH"}], ids=["another amount", "no order"]
)
def test_what_does_not_fit_is_refused_and_staff_are_told_once(make_order, architect, change):
    order = make_order("30")
    for _again in range(2):
        with pytest.raises(Invalid):
            pay(order, transaction="T-odd", **change)
    assert not Payment.objects.exists()
    order.refresh_from_db()
    assert order.state == "awaiting"
    [notice] = Notice.objects.filter(user=architect)
    assert "T-odd" in notice.text


def test_a_transaction_belongs_to_one_order(make_order, architect):
    pay(make_order("30"), transaction="T-1")
    with pytest.raises(Invalid):
        pay(make_order("30"), transaction="T-1")
    assert Payment.objects.count() == 1


def test_the_team_is_told_before_the_architect(make_order, architect, make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    make_user("service", Role.MEMBER_SERVICE, team)
    with pytest.raises(Invalid):
        pay(make_order("30", team=team), amount=Decimal(1))
    assert [notice.user for notice in Notice.objects.all()] == [operator]


def test_only_what_is_due_lapses_and_its_owner_hears(make_order, diary, team):
    due = make_order(due=-1, purpose="seat", purpose_ref=f"{team.pk}:1")
    later = make_order(due=60, purpose="seat", purpose_ref=f"{team.pk}:2")
    paid = make_order(due=-1, paid=True)
    assert lapse_due_orders(now=database_now()) == 1
    assert lapse_due_orders(now=database_now()) == 0
    states = [Order.objects.get(pk=order.pk).state for order in (due, later, paid)]
    assert states == ["lapsed", "awaiting", "paid"]
    assert diary.calls == [("lapsed", due.pk)]
    assert kinds_of(due) == ["order.created", "order.lapsed"]


def test_an_order_that_cannot_be_closed_does_not_hold_up_the_others(make_order, diary, team, caplog):
    broken = make_order(due=-2, purpose="seat", purpose_ref="999999")
    fine = make_order(due=-1, purpose="seat", purpose_ref=str(team.pk))
    assert lapse_due_orders(now=database_now()) == 1
    assert Order.objects.get(pk=broken.pk).state == "awaiting"
    assert Order.objects.get(pk=fine.pk).state == "lapsed"
    assert "could not be closed" in caplog.text


@pytest.mark.parametrize("how", ["lapsed", "cancelled"])
def test_late_money_is_kept_on_record_and_goes_back_whole(make_order, diary, team, member, how):
    order = make_order("30", due=-1, purpose="seat", purpose_ref=str(team.pk))
    if how == "lapsed":
        lapse_due_orders(now=database_now())
    else:
        cancel_order(order=order, now=database_now())
    payment = pay(order, transaction="T-late")
    assert pay(order, transaction="T-late").pk == payment.pk
    [refund] = Refund.objects.all()
    assert (refund.amount, refund.payment, refund.state) == (30, payment, "requested")
    assert payment.is_surplus
    order.refresh_from_db()
    assert (order.state, order.paid_amount, order.refund_amount) == (how, 30, 30)
    assert diary.of(order) == [how, "late"]
    member.refresh_from_db()
    assert member.total_spent == 0
    assert not broken_promises()


def test_who_pays_twice_gets_the_second_payment_back(make_order, diary, team, member):
    order = make_order("30", purpose="seat", purpose_ref=str(team.pk))
    pay(order)
    second = pay(order)
    [refund] = Refund.objects.all()
    assert refund.payment == second
    order.refresh_from_db()
    assert (order.state, order.paid_amount, order.refund_amount) == ("paid", 60, 30)
    assert diary.of(order) == ["paid"]
    member.refresh_from_db()
    assert member.total_spent == 30
    assert not broken_promises()


def test_cancelling_tells_the_owner_unless_it_is_the_owner(make_order, diary, team):
    first, second = (make_order(purpose="seat", purpose_ref=f"{team.pk}:{number}") for number in (1, 2))
    cancel_order(order=first, now=database_now())
    cancel_order(order=second, now=database_now(), tells_owner=False)
    assert diary.calls == [("cancelled", first.pk)]
    with pytest.raises(WrongState):
        cancel_order(order=first, now=database_now())
    assert not AuditEntry.objects.exists()


def test_a_person_marks_paid_with_a_reference_used_once(make_order, make_user, team, diary):
    service = make_user("service", Role.MEMBER_SERVICE, team)
    order = make_order("30", team=team, provider="manual", purpose="seat", purpose_ref=str(team.pk))
    other = make_order("30", team=team, provider="manual")
    with pytest.raises(Invalid, match="凭证号"):
        mark_paid(order=order, actor=service, reference="  ", now=database_now())
    payment = mark_paid(order=order, actor=service, reference=" 转账 0301 ", now=database_now())
    assert payment.transaction_no == "转账 0301"
    assert diary.of(order) == ["paid"]
    with pytest.raises(Invalid, match="已经用过"):
        mark_paid(order=other, actor=service, reference="转账 0301", now=database_now())
    with pytest.raises(WrongState):
        mark_paid(order=order, actor=service, reference="转账 0302", now=database_now())
    [entry] = AuditEntry.objects.filter(action="order.mark_paid")
    assert entry.actor == service
    assert not broken_promises()


def test_marking_and_cancelling_need_permission_and_sight(make_order, make_user, team):
    other = Team.objects.create(name="华南组")
    order = make_order(team=team)
    for actor in (
        make_user("analyst", Role.ANALYST, team),
        make_user("stranger", Role.GROUP_OPERATOR, other),
    ):
        with pytest.raises(NotAllowed):
            mark_paid(order=order, actor=actor, reference="x", now=database_now())
        with pytest.raises(NotAllowed):
            cancel_by_staff(order=order, actor=actor, now=database_now(), reason="x")
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    with pytest.raises(Invalid):
        cancel_by_staff(order=order, actor=operator, now=database_now(), reason=" ")
    assert (
        cancel_by_staff(order=order, actor=operator, now=database_now(), reason="下错了").state == "cancelled"
    )


def test_orders_are_seen_by_their_team_and_by_who_sees_the_member(make_order, make_user, team, member):
    other = Team.objects.create(name="华南组")
    stranger = Member.objects.create(nickname="生客")
    of_team = make_order(team=team, member=stranger)
    of_member = make_order()
    hidden = make_order(member=stranger, team=other)
    MemberTeam.objects.create(member=member, team=team)
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    assert set(Order.objects.visible_to(operator)) == {of_team, of_member}
    assert hidden in Order.objects.visible_to(make_user("analyst", Role.ANALYST))


def test_an_owner_has_a_purpose_of_its_own(diary, make_order):
    with pytest.raises(ValueError, match="purpose"):
        register_owner("seat", type(diary)())
    with pytest.raises(ValueError, match="purpose"):
        register_owner("", diary)
    register_owner("seat", diary)
    assert owner_of(Order(purpose="")) is None
    with pytest.raises(LookupError):
        owner_of(Order(purpose="nobody"))


_PAID = {"state": "paid", "paid_amount": 10, "paid_at": "2026-03-01T00:00Z"}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": -1},
        {"quantity": 0},
        {"cost": -1},
        {"state": "paid", "paid_amount": 10},
        _PAID | {"paid_amount": 9},
        _PAID | {"refund_amount": 11},
        _PAID | {"refund_amount": -1},
        {"paid_amount": 1},
        {"paid_at": "2026-03-01T00:00Z"},
        {"state": "lapsed"},
        {"closed_at": "2026-03-01T00:00Z"},
    ],
)
def test_rows_cannot_lie(make_order, change):
    order = make_order("10")
    for name, value in change.items():
        setattr(order, name, value)
    with pytest.raises(IntegrityError):
        order.save()
