"""Scores that come from invites, orders and points (C7): derived, net, each source once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.campaigns.enums import RunState
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.scoring import collect_run, collect_scores, void_leavers
from apps.campaigns.services.settling import settle_due_runs
from apps.core.clock import database_now
from apps.events.models import Event
from apps.groups.models import Group, Membership
from apps.groups.services.joining import leave
from apps.groups.services.memberships import refresh_member_counts, refresh_member_teams
from apps.members.enums import PointsReason
from apps.members.models import Member
from apps.members.services.points import PointsGift, give_points, move_points
from apps.orders.models import Order, Payment
from apps.orders.services.orders import create_order
from apps.orders.services.refunds import request_refund
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.channels.conftest import broken_promises

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_promise_broken(db: None):
    yield
    assert not broken_promises()


@pytest.fixture
def group(team) -> Group:
    return Group.objects.create(name="宝妈一群", team=team, platform="wecom")


def make_contest(metric: str, group: Group | None = None, **rules: Any) -> Run:
    run = make_run(
        "contest", {"metric": metric, "floor_score": 0, "review_hours": 0, "voids_leavers": False} | rules
    )
    if group is not None:
        run.campaign.groups.add(group)
    return run


def invite(inviter: Member, group: Group, *, at: datetime | None = None) -> Member:
    """A newcomer whom ``inviter`` brought into the group."""
    at = at or database_now()
    newcomer = make_member(inviter=inviter, joined_at=at)
    Membership.objects.create(group=group, member=newcomer, joined_at=at)
    _count(group)
    return newcomer


def _count(group: Group) -> None:
    refresh_member_counts([group.pk])
    refresh_member_teams()


def score(entry: Entry) -> Decimal:
    entry.refresh_from_db()
    return entry.score


def settled_sum(entry: Entry) -> Decimal:
    """What events say of the entry's score."""
    kinds = ["campaign.contributed", "campaign.voided"]
    values = Event.objects.filter(kind__in=kinds, data__entry=entry.pk).values_list("value", flat=True)
    return sum(values, Decimal(0))


def test_invites_count_net_of_leavers_and_not_twice(group) -> None:
    run = make_contest("invites", group)
    member = make_member()
    entry = start(run, member)
    first, second = invite(member, group), invite(member, group)
    make_member(inviter=member)  # in no group
    old = invite(member, group)
    Member.objects.filter(pk=old.pk).update(joined_at=run.opens_at - timedelta(days=1))
    now = database_now()
    assert collect_scores(now=now) == 2
    assert score(entry) == 2
    assert entry.score_at == Membership.objects.get(member=second).joined_at
    assert collect_scores(now=now) == 0
    leave(membership=Membership.objects.get(member=second), actor=None, now=database_now())
    assert collect_scores(now=database_now()) == 1
    assert score(entry) == 1 == settled_sum(entry)
    assert entry.score_at == Membership.objects.get(member=first).joined_at
    Membership.objects.create(group=group, member=second, joined_at=database_now())
    _count(group)
    assert collect_run(run_id=run.pk, now=database_now(), is_whole=True) == 0, "coming back does not restore"


def test_invites_of_another_group_do_not_count_and_without_groups_any_does(group, team) -> None:
    other = Group.objects.create(name="宝妈二群", team=team, platform="wecom")
    member = make_member()
    bound, free = start(make_contest("invites", group), member), start(make_contest("invites"), member)
    invite(member, other)
    collect_scores(now=database_now())
    assert (score(bound), score(free)) == (0, 1)


def test_a_team_scores_by_each_of_its_members(group) -> None:
    run = make_contest("invites", group, form="team", team_size=3)
    captain, mate = make_member(), make_member()
    entry = start(run, captain, name="冲冲队")
    play(entry, "join", mate)
    invite(captain, group)
    invite(mate, group)
    collect_scores(now=database_now())
    assert score(entry) == 2
    seat = Contribution.objects.get(entry=entry, member=mate, kind="seat")
    act_as_system(entry_id=entry.pk, verb="voided", part_id=seat.pk, reason="staff", now=database_now())
    assert score(entry) == 1 == settled_sum(entry)
    assert collect_run(run_id=run.pk, now=database_now(), is_whole=True) == 0, "expelled: nothing comes back"


def paid(member: Member, amount: str, *, at: datetime | None = None) -> Order:
    order = create_order(
        member=member,
        title="洗衣凝珠",
        unit_price=Decimal(amount),
        quantity=1,
        amount=Decimal(amount),
        purpose="",
        purpose_ref="",
        pay_before=None,
        team=None,
        now=at or database_now(),
    )
    at = at or database_now()
    Payment.objects.create(
        order=order, provider="manual", transaction_no=f"t{order.pk}", amount=Decimal(amount), paid_at=at
    )
    Order.objects.filter(pk=order.pk).update(
        state="paid", paid_amount=Decimal(amount), paid_at=at, updated_at=database_now()
    )
    return order


def give_back(order: Order, amount: str) -> None:
    order.refresh_from_db()
    request_refund(
        order=order, amount=Decimal(amount), reason="不要了", key=f"r{amount}", now=database_now(), actor=None
    )


def test_orders_count_in_yuan_net_of_refunds() -> None:
    run = make_contest("orders")
    member = make_member()
    early = paid(member, "5.00", at=run.opens_at - timedelta(minutes=1))
    before_enrolling = paid(member, "10.00")
    entry = start(run, member)
    order = paid(member, "99.99")
    assert collect_scores(now=database_now()) == 2
    assert score(entry) == Decimal("109.99")
    give_back(order, "50.00")
    give_back(early, "5.00")
    assert collect_scores(now=database_now()) == 1
    assert score(entry) == Decimal("59.99") == settled_sum(entry)
    give_back(before_enrolling, "10.00")
    collect_scores(now=database_now())
    assert score(entry) == Decimal("49.99")


def test_an_order_counts_until_all_of_it_goes_back() -> None:
    run = make_contest("order_count")
    member = make_member()
    entry = start(run, member)
    order = paid(member, "9.90")
    collect_scores(now=database_now())
    give_back(order, "5.00")
    collect_scores(now=database_now())
    assert score(entry) == 1
    give_back(order, "4.90")
    collect_scores(now=database_now())
    assert score(entry) == 0 == settled_sum(entry)


def test_a_late_row_is_found_within_the_hour() -> None:
    """An import brings orders that were paid before the last look: neither their time nor their row is new to it."""
    run = make_contest("order_count")
    member = make_member()
    entry = start(run, member)
    now = database_now()
    collect_scores(now=now + timedelta(minutes=59))
    order = paid(member, "9.90")
    Order.objects.filter(pk=order.pk).update(updated_at=now)
    Run.objects.filter(pk=run.pk).update(scored_until=(now + timedelta(hours=2)).replace(minute=10))
    collect_scores(now=(now + timedelta(hours=2)).replace(minute=20))
    assert score(entry) == 0
    collect_scores(now=(now + timedelta(hours=3)).replace(minute=0, second=1))
    assert score(entry) == 1


def test_points_earned_count_but_not_those_of_this_run_nor_opening_balances() -> None:
    benefit = make_benefit(amount=50, issued=2)
    run = make_contest("points")
    run.plan["slots"] = {"participation": []}
    run.save()
    member = make_member()
    entry = start(run, member)
    now = database_now()
    give_points(gifts=[PointsGift(member.pk, 7, "other")], now=now, reason=PointsReason.ADJUST)
    give_points(gifts=[PointsGift(member.pk, 100, "open")], now=now, reason=PointsReason.IMPORT)
    move_points(member_id=member.pk, delta=-3, key="spent", note="", now=now)
    move_points(member_id=member.pk, delta=20, key=f"run:{run.pk}:swap", note="", now=now)
    for given_by, points in ((run, 30), (make_contest("points"), 4)):
        other = entry if given_by is run else start(given_by, make_member())
        grant = other.grants.create(
            run=given_by,
            member=member,
            benefit=benefit,
            kind="points",
            slot="x",
            give_key="x",
            key=f"{other.pk}:x",
            cost=0,
            face_value=0,
            state="issued",
            issued_at=now,
        )
        give_points(gifts=[PointsGift(member.pk, points, f"grant:{grant.pk}")], now=now)
    collect_scores(now=database_now())
    assert score(entry) == 11


def test_what_was_voided_by_a_person_does_not_come_back() -> None:
    run = make_contest("order_count")
    member = make_member()
    entry = start(run, member)
    paid(member, "9.90")
    collect_scores(now=database_now())
    part = Contribution.objects.get(kind="score")
    act_as_system(entry_id=entry.pk, verb="voided", part_id=part.pk, reason="risk", now=database_now())
    assert collect_run(run_id=run.pk, now=database_now(), is_whole=True) == 0
    assert score(entry) == 0


def test_scores_are_collected_once_more_before_they_are_ranked_and_never_after() -> None:
    run = make_contest("order_count")
    member = make_member()
    entry = start(run, member)
    paid(member, "9.90")
    now = database_now()
    Run.objects.filter(pk=run.pk).update(state=RunState.CLOSED, closed_at=now)
    assert settle_due_runs(now=now) == 1
    assert (score(entry), entry.rank) == (1, 1)
    paid(member, "9.90", at=now - timedelta(seconds=1))
    assert collect_run(run_id=run.pk, now=database_now(), is_whole=True) == 0
    assert score(entry) == 1


def test_a_leaver_s_contribution_is_void_if_the_rules_say_so(group) -> None:
    run = make_contest("order_count", group, voids_leavers=True)
    lenient = make_contest("order_count", group)
    goes, stays, outsider = make_member(), make_member(), make_member()
    stay = Membership.objects.create(group=group, member=goes, joined_at=database_now())
    Membership.objects.create(group=group, member=stays, joined_at=database_now())
    _count(group)
    entries = [start(run, member) for member in (goes, stays, outsider)]
    kept = start(lenient, goes)
    for member in (goes, stays):
        paid(member, "9.90")
    collect_scores(now=database_now())
    leave(membership=stay, actor=None, now=database_now())
    assert void_leavers(now=database_now()) == 1
    assert void_leavers(now=database_now()) == 0
    for entry in entries:
        entry.refresh_from_db()
    assert [(one.state, one.score) for one in entries] == [("cancelled", 0), ("open", 1), ("open", 0)]
    assert score(kept) == 1
    reasons = Contribution.objects.filter(state="void").values_list("void_reason", flat=True)
    assert set(reasons) == {"left"}
