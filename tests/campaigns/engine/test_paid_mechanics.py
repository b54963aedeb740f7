"""Group buys and gifts with real orders: whose money comes back, and what a full refund means."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind, EntryState, PartState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Contribution, Entry, Grant, Run
from apps.campaigns.services.engine import act_as_system
from apps.members.models import Member
from apps.orders.enums import OrderState
from apps.orders.models import Refund
from apps.orders.services.orders import cancel_order
from apps.orders.services.payments import mark_paid, record_payment
from apps.orders.services.refunds import confirm_refund, refund_by_staff, settle_by_notice
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db


def seat(entry: Entry, member: Member) -> Contribution:
    return Contribution.objects.exclude(state=PartState.VOID).get(entry=entry, member=member)


def pay(part: Contribution, actor: User) -> None:
    mark_paid(order=part.order, actor=actor, reference=f"收款 {part.pk}", now=timezone.now())


def stock_of(run: Run) -> tuple[int, int]:
    run.stock.refresh_from_db()
    return run.stock.reserved, run.stock.sold


def test_failed_team_refunds_each_members_own_order(architect: User) -> None:
    """C5; CRMEB used the leader's order for all (FIELD)."""
    run = make_run("group_buy", {"size": 4, "leader_discount": "9.00"}, stock=10)
    members = [make_member() for _ in range(3)]
    entry = start(run, members[0])
    for member in members[1:]:
        play(entry, "join", member)
    for member in members[:2]:
        pay(seat(entry, member), architect)
    assert stock_of(run) == (1, 2)
    unpaid = seat(entry, members[2]).order
    act_as_system(entry_id=entry.pk, verb="expire", now=timezone.now() + timedelta(days=2))
    entry.refresh_from_db()
    unpaid.refresh_from_db()
    assert entry.state == EntryState.FAILED
    assert unpaid.state == OrderState.CANCELLED
    back = {refund.order.member_id: refund.amount for refund in Refund.objects.select_related("order")}
    assert back == {members[0].pk: Decimal("50.00"), members[1].pk: Decimal("59.00")}
    assert stock_of(run) == (0, 0)


def test_leader_whose_order_is_cancelled_hands_over_and_may_join_again(architect: User) -> None:
    run = make_run("group_buy", {"size": 2, "seats_per_member": 1})
    first, second = make_member(), make_member()
    entry = start(run, first)
    play(entry, "join", second)
    cancel_order(order=seat(entry, first).order, now=timezone.now())
    entry.refresh_from_db()
    assert (entry.owner_id, entry.pending_count) == (second.pk, 1)
    play(entry, "join", first)
    for member in (first, second):
        pay(seat(entry, member), architect)
    entry.refresh_from_db()
    assert (entry.state, entry.count) == (EntryState.WON, 2)


def test_ladder_refund_is_done_and_the_team_stands_even_where_nothing_was_left_to_pay(
    architect: User,
) -> None:
    gift = make_benefit(BenefitKind.POINTS)
    rules = {"size": 2, "price": "20.00", "tiers": [[2, "0.00"]]}
    run = make_run("group_buy", rules, slots={"member": gift})
    members = [make_member(), make_member()]
    entry = start(run, members[0])
    play(entry, "join", members[1])
    for member in members:
        pay(seat(entry, member), architect)
    for refund in Refund.objects.all():
        confirm_refund(refund=refund, actor=architect, reference=f"退款 {refund.pk}", now=timezone.now())
        refund.order.refresh_from_db()
        assert refund.order.state == OrderState.REFUNDED
    entry.refresh_from_db()
    assert (entry.state, entry.count, Grant.objects.exclude(state="void").count()) == (EntryState.WON, 2, 2)


def test_gifts_of_one_order_come_back_one_by_one(architect: User) -> None:
    """C9: the second gift's money is a share of the first one's order."""
    gift = make_benefit(BenefitKind.POINTS, amount=10)
    rules = {"price": "100.00", "own_count": 1, "gift_count": 2}
    run = make_run("gift", rules, slots={"gift": gift}, stock=3)
    sender, friend = make_member(), make_member()
    first = start(run, sender, blessing="生日快乐")
    order = seat(first, sender).order
    pay(seat(first, sender), architect)
    second = Entry.objects.exclude(pk=first.pk).get()
    assert (second.state, second.owner_id, second.data["blessing"]) == ("open", sender.pk, "生日快乐")
    play(first, "claim", friend)
    friend.refresh_from_db()
    assert friend.points_balance == 10
    act_as_system(entry_id=second.pk, verb="expire", now=timezone.now() + timedelta(days=5))
    second.refresh_from_db()
    refund = Refund.objects.get()
    assert (refund.order_id, refund.amount, second.state) == (order.pk, Decimal("33.34"), EntryState.FAILED)
    assert stock_of(run) == (0, 2)


def test_gifts_whose_order_went_back_by_hand_end_together(architect: User) -> None:
    """C5, C9: what nobody paid for in the end cannot be claimed any more, nor kept; what was claimed stays."""
    gift, own = make_benefit(BenefitKind.POINTS, amount=10), make_benefit(BenefitKind.POINTS, amount=7)
    rules = {"price": "100.00", "own_count": 1, "gift_count": 3}
    run = make_run("gift", rules, slots={"gift": gift, "own": own}, stock=9)
    sender, friend = make_member(), make_member()
    first = start(run, sender)
    part = seat(first, sender)
    pay(part, architect)
    second, third = Entry.objects.exclude(pk=first.pk).order_by("pk")
    play(second, "claim", friend)
    assert stock_of(run) == (0, 4)
    part.order.refresh_from_db()
    refund = refund_by_staff(
        order=part.order,
        amount=Decimal("100.00"),
        reason="送错了",
        key="hand",
        actor=architect,
        now=timezone.now(),
    )
    confirm_refund(refund=refund, actor=architect, reference="退款 1", now=timezone.now())
    states = dict(Entry.objects.values_list("pk", "state"))
    assert states == {first.pk: "cancelled", second.pk: "won", third.pk: "cancelled"}
    assert stock_of(run) == (0, 1)
    with pytest.raises(Refused):
        play(third, "claim", make_member())
    sender.refresh_from_db()
    friend.refresh_from_db()
    assert (sender.points_balance, friend.points_balance) == (0, 10)
    assert Refund.objects.count() == 1


def test_a_gift_that_was_claimed_and_paid_back_does_not_open_again(architect: User) -> None:
    """C9: its claim is voided after the sender has all of the money back; and what was kept is asked for."""
    kept = make_benefit(BenefitKind.POINTS, amount=5)
    rules = {"price": "90.00", "own_count": 0, "gift_count": 3, "on_expiry": "keep"}
    run = make_run("gift", rules, slots={"gift": make_benefit(), "returned": kept}, stock=9)
    sender = make_member()
    first = start(run, sender)
    part = seat(first, sender)
    pay(part, architect)
    second, third = Entry.objects.exclude(pk=first.pk).order_by("pk")
    play(first, "claim", make_member())
    play(second, "claim", friend := make_member())
    play(third, "recall", sender)
    sender.refresh_from_db()
    assert (sender.points_balance, stock_of(run)) == (5, (0, 3))
    part.order.refresh_from_db()
    refund = refund_by_staff(
        order=part.order,
        amount=Decimal("90.00"),
        reason="错",
        key="hand",
        actor=architect,
        now=timezone.now(),
    )
    confirm_refund(refund=refund, actor=architect, reference="退款 1", now=timezone.now())
    sender.refresh_from_db()
    assert (sender.points_balance, stock_of(run)) == (0, (0, 2))
    for entry in (first, second):
        claim = Contribution.objects.get(entry=entry, kind="claim")
        act_as_system(entry_id=entry.pk, verb="voided", part_id=claim.pk, reason="risk", now=timezone.now())
        entry.refresh_from_db()
        assert entry.state == EntryState.CANCELLED
    assert stock_of(run) == (0, 0)
    friend.refresh_from_db()
    assert friend.points_balance == 0


def test_one_gift_voided_leaves_its_siblings_and_the_own_pieces(architect: User) -> None:
    run = make_run("gift", {"price": "100.00", "own_count": 1, "gift_count": 2}, stock=9)
    first = start(run, make_member())
    part = seat(first, first.owner)
    pay(part, architect)
    act_as_system(entry_id=first.pk, verb="voided", part_id=part.pk, reason="risk", now=timezone.now())
    second = Entry.objects.exclude(pk=first.pk).get()
    assert (second.state, stock_of(run)) == (EntryState.OPEN, (0, 2))


def test_money_paid_twice_whose_return_failed_does_not_hold_up_a_failed_team(architect: User) -> None:
    """C5: the team gives back the order's price; the surplus stays with the people who were told of it."""
    run = make_run("group_buy", {"size": 2}, stock=5)
    entry = start(run, make_member())
    order = seat(entry, entry.owner).order
    for transaction_no in ("first", "twice"):
        record_payment(
            provider="webhook",
            transaction_no=transaction_no,
            number=order.number,
            amount=order.amount,
            paid_at=timezone.now(),
            now=timezone.now(),
        )
    surplus = Refund.objects.get()
    settle_by_notice(
        number=surplus.number,
        amount=surplus.amount,
        is_done=False,
        is_closed=False,
        code="NOTENOUGH",
        provider_no="x",
        now=timezone.now(),
    )
    act_as_system(entry_id=entry.pk, verb="expire", now=timezone.now() + timedelta(days=2))
    entry.refresh_from_db()
    assert entry.state == EntryState.FAILED
    own = Refund.objects.exclude(pk=surplus.pk).get()
    assert (own.amount, own.payment.is_surplus) == (order.amount, False)
