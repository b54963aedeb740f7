"""Two beats at once, and the end while members join, with real connections (C10)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from apps.campaigns.enums import Repeat, RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Campaign, Entry, Run
from apps.campaigns.services.engine import open_entry
from apps.campaigns.services.expiring import expire_due_entries
from apps.campaigns.services.runs import (
    close_due_runs,
    extend_run,
    open_due_runs,
    open_now,
    plan_runs,
    planning,
)
from apps.campaigns.services.runs.closing import close_due_run
from apps.core.errors import DomainError
from apps.events.models import Event
from apps.members.models import Member
from tests.campaigns.runs.conftest import FRIDAY, MINUTE, NOW
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _roles(transactional_db):
    """A flushed database has lost the shipped roles."""
    from community_ops.roles import sync_roles

    sync_roles()


def members(count: int) -> list[int]:
    rows = [Member(nickname=f"成员{n}", phone=f"+86138{n:08d}") for n in range(count)]
    return [member.pk for member in Member.objects.bulk_create(rows)]


def test_eight_beats_plan_open_and_close_once(launched):
    campaign = launched()
    Run.objects.all().delete()
    together([lambda: plan_runs(now=NOW)] * 8, threads=8)
    assert campaign.runs.count() == 1
    together([lambda: open_due_runs(now=FRIDAY)] * 8, threads=8)
    run = campaign.runs.get()
    assert (run.state, Event.objects.filter(kind="campaign.run_opened").count()) == (RunState.OPEN, 1)
    closed = together([lambda: close_due_runs(now=run.closes_at)] * 8, threads=8)
    assert sum(closed) == 1
    together([lambda: plan_runs(now=run.closes_at)] * 8, threads=8)
    assert list(campaign.runs.order_by("number").values_list("number", "state")) == [
        (1, "closed"),
        (2, "scheduled"),
    ]


def _plan_without_the_lock(campaign_id: int, barrier: threading.Barrier) -> None:
    """What planning does, on an unlocked row: everybody looks before anybody writes."""
    with transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        missing = not campaign.runs.filter(state=RunState.SCHEDULED).exists()
        barrier.wait(timeout=10)
        if missing:
            planning.make_run(
                campaign=campaign,
                period=planning.period_of(FRIDAY),
                opens_at=FRIDAY,
                closes_at=FRIDAY + timedelta(days=3),
            )


def test_control_without_lock_and_unique_rows_two_beats_plan_twice(launched):
    campaign = launched()
    Run.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_run DROP CONSTRAINT run_period_once")
        cursor.execute("ALTER TABLE campaigns_run DROP CONSTRAINT run_number_once")
    try:
        barrier = threading.Barrier(2)
        together([lambda: _plan_without_the_lock(campaign.pk, barrier)] * 2, threads=2)
        assert campaign.runs.count() == 2
    finally:
        Run.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE campaigns_run ADD CONSTRAINT run_period_once UNIQUE (campaign_id, period)"
            )
            cursor.execute(
                "ALTER TABLE campaigns_run ADD CONSTRAINT run_number_once UNIQUE (campaign_id, number)"
            )


def test_the_unique_period_alone_keeps_two_beats_from_planning_twice(launched):
    campaign = launched()
    Run.objects.all().delete()
    barrier = threading.Barrier(2)
    results = together([lambda: _plan_without_the_lock(campaign.pk, barrier)] * 2, threads=2)
    assert [type(result).__name__ for result in results if result is not None] == ["IntegrityError"]
    assert campaign.runs.count() == 1


def test_a_double_click_opens_one_run_by_hand(launched, chief):
    campaign = launched(repeat=Repeat.ON_DEMAND)
    results = together([lambda: open_now(campaign=campaign, actor=chief, now=NOW)] * 4, threads=4)
    assert sum(isinstance(result, Run) for result in results) == 1
    assert all(isinstance(result, Run | DomainError) for result in results), results
    assert campaign.runs.count() == 1


def test_the_end_waits_for_a_verb_under_way_and_lets_nobody_in_after(open_run):
    """A joins inside the window and is slow to commit. The beat comes meanwhile, and B is a moment behind it."""
    first, second = members(2)
    late = open_run.closes_at
    joined, may_commit = threading.Event(), threading.Event()

    def join_slowly() -> None:
        try:
            with transaction.atomic():
                open_entry(
                    run_id=open_run.pk, member_id=first, params={}, key="a", now=late - timedelta(seconds=1)
                )
                joined.set()
                assert may_commit.wait(timeout=10)
        finally:
            connections.close_all()

    closing: list[object] = []

    def close() -> None:
        try:
            closing.append(close_due_run(run_id=open_run.pk, now=late))
        finally:
            connections.close_all()

    joiner = threading.Thread(target=join_slowly)
    joiner.start()
    assert joined.wait(timeout=10)
    closer = threading.Thread(target=close)
    closer.start()
    closer.join(timeout=0.3)
    assert closer.is_alive(), "the end did not wait for the verb under way"
    open_run.refresh_from_db()
    assert open_run.state == RunState.OPEN
    may_commit.set()
    joiner.join(timeout=10)
    closer.join(timeout=10)
    assert closing == [True]
    # B's clock still says "inside": the state it waited for decides, not the clock.
    with pytest.raises(Refused) as refusal:
        open_entry(run_id=open_run.pk, member_id=second, params={}, key="b", now=late - timedelta(seconds=1))
    assert refusal.value.code == "ended"
    assert list(Entry.objects.values_list("owner_id", flat=True)) == [first]


def test_many_joiners_around_the_end_are_in_before_it_or_refused(open_run):
    """Every entry that got in was committed before the run was closed, and counts match what members were told."""
    ids = members(60)
    inside = open_run.closes_at - timedelta(seconds=1)

    def join(member_id: int):
        return lambda: open_entry(
            run_id=open_run.pk, member_id=member_id, params={}, key=f"k{member_id}", now=inside
        )

    work: list = [join(pk) for pk in ids]
    work.insert(20, lambda: close_due_runs(now=open_run.closes_at))
    results = together(work, threads=6)
    assert results[20] == 1
    got_in = [result for result in results if not isinstance(result, int | Exception)]
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(got_in) + len(refused) == 60
    assert {refusal.code for refusal in refused} <= {"ended"}
    assert Entry.objects.count() == len(got_in)
    open_run.refresh_from_db()
    assert open_run.state == RunState.CLOSED


def test_two_beats_expire_each_entry_once(open_run):
    for pk in members(12):
        open_entry(run_id=open_run.pk, member_id=pk, params={}, key=f"k{pk}", now=FRIDAY)
    done = together([lambda: expire_due_entries(now=open_run.closes_at + MINUTE, batch=5)] * 4, threads=4)
    assert sum(done) <= 12
    expire_due_entries(now=open_run.closes_at + MINUTE)
    assert set(Entry.objects.values_list("state", flat=True)) == {"failed"}
    assert Event.objects.filter(kind="campaign.failed").count() == 12


def test_extending_while_members_act_never_deadlocks(open_run, chief):
    ids = members(30)
    work: list = [
        lambda pk=pk: open_entry(run_id=open_run.pk, member_id=pk, params={}, key=f"k{pk}", now=FRIDAY)
        for pk in ids
    ]
    later = open_run.closes_at + timedelta(days=1)
    work.insert(10, lambda: extend_run(run=open_run, closes_at=later, actor=chief, now=FRIDAY))
    results = together(work, threads=6)
    assert not [result for result in results if isinstance(result, Exception)]
    assert set(Entry.objects.values_list("expires_at", flat=True)) <= {later, FRIDAY + timedelta(hours=72)}
