"""A run is closed and settled while members join it: whoever got in before counts, nobody gets in after (C10).

What guards it is the share of the run's row that every verb takes, and the look at the run's state under it; each
is taken away by a control, which then sees members accepted after the end, or entries that end twice.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.enums import EntryState, PartState, RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Contribution, Entry, MemberAction, Run, RunStock
from apps.campaigns.services.engine import acting
from apps.campaigns.services.runs import close_due_runs, end_run_early
from apps.campaigns.services.settling import settle_due_runs
from apps.events.models import Event
from apps.members.models import Member
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_member, make_members, make_run
from tests.campaigns.guards import without_row_locks, without_shared_run
from tests.campaigns.play import play, start
from tests.campaigns.settling.conftest import RULES
from tests.campaigns.together import together
from tests.channels.conftest import broken_promises

pytestmark = pytest.mark.django_db(transaction=True)

#: Members who get in before the end is asked for, threads in which they come, and most who come in one of them.
BEFORE, DOORS, QUEUE = 40, 8, 200
NO_LIVE_ENTRY = ("C10", "a settled run has no entry that is still going on")


def accepted(run: Run) -> set[tuple[str, int]]:
    """Everything that members have done in the run, as committed now."""
    entries, parts = Entry.objects.filter(run=run), Contribution.objects.filter(run=run)
    return {("entry", pk) for pk in entries.values_list("pk", flat=True)} | {
        ("part", pk) for pk in parts.values_list("pk", flat=True)
    }


def endings(run: Run) -> dict[int, int]:
    """How many times each entry of the run came to an end, by the facts."""
    ends = Event.objects.filter(kind__in=["campaign.succeeded", "campaign.failed"], data__run=run.pk)
    times = Counter(ends.values_list("subject", flat=True))
    return {pk: times[f"entry:{pk}"] for pk in Entry.objects.filter(run=run).values_list("pk", flat=True)}


def by_the_clock(run: Run) -> None:
    """The beat comes at the end; the clocks of members who are under way say that it is not over yet."""
    assert close_due_runs(now=run.closes_at) == 1


def by_hand(run: Run) -> None:
    boss = User.objects.create_superuser("boss", password="pass-word-1")
    end_run_early(run=run, actor=boss, now=timezone.now())


# --- a crowd ----------------------------------------------------------------------------------------


def assist() -> Run:
    gifts = {"stage_2": make_benefit(), "helper": make_benefit()}
    return make_run("assist", {"stages": [2, 5], "is_new_only": False, "voids_leavers": False}, slots=gifts)


def group_buy(price: str) -> Run:
    return make_run(
        "group_buy", {"size": 3, "price": price}, stock=DOORS * QUEUE, slots={"member": make_benefit()}
    )


def contest() -> Run:
    return make_run("contest", RULES, slots={"rank_1_1": make_benefit()})


def visit(run: Run, verb: str, member: Member) -> None:
    """Every third opens an entry, the others join one of the newest; all open where there is nothing to join."""
    newest = Entry.objects.filter(run=run).order_by("-pk")[:3] if verb and member.pk % 3 else []
    if newest:
        play(newest[member.pk % len(newest)], verb, member)
    else:
        start(run, member)


def crowd(run: Run, verb: str, close: Callable[[Run], None]) -> tuple[Counter, set[tuple[str, int]], int]:
    """Members come without end at every door until they are told that it is over, and some more after that.

    → (what they were told, what stood at the moment of the close, runs settled by the worker that comes at once).
    """
    inside = threading.Semaphore(0)

    def come(members: list[Member]) -> Counter:
        told: Counter = Counter()
        for member in members:
            try:
                visit(run, verb, member)
            except Refused as refusal:
                told[refusal.code] += 1
            else:
                told["ok"] += 1
                assert not told["ended"], "let in at a door where others were told that it was over"
                inside.release()
            if told["ended"] == 5:
                return told
        raise AssertionError(f"the run was never closed: {told}")

    def end() -> tuple[set[tuple[str, int]], int]:
        for _number in range(BEFORE):
            assert inside.acquire(timeout=30)
        close(run)
        return accepted(run), settle_due_runs(now=run.closes_at)

    members = make_members(DOORS * QUEUE)
    queues = [members[door::DOORS] for door in range(DOORS)]
    (ended, *told) = together([end, *(partial(come, queue) for queue in queues)], threads=DOORS + 1)
    faults = [one for one in (ended, *told) if isinstance(one, BaseException)]
    assert not faults, faults
    return sum(told, Counter()), *ended


@pytest.mark.parametrize(
    ("make", "verb", "close"),
    [
        pytest.param(assist, "help", by_the_clock, id="assist"),
        pytest.param(partial(group_buy, "0.00"), "join", by_the_clock, id="free seats"),
        pytest.param(partial(group_buy, "9.90"), "join", by_hand, id="seats to be paid"),
        pytest.param(contest, "", by_hand, id="contest"),
    ],
)
def test_a_run_is_closed_and_settled_while_members_join(make, verb, close) -> None:
    """C10, C1: in before the end or refused; each entry ends once; counters, stock and orders agree."""
    run = make()
    told, at_close, settled = crowd(run, verb, close)
    # An entry that a late visitor held in that moment was left to the next tick.
    settled += settle_due_runs(now=run.closes_at)
    assert settled == 1
    run.refresh_from_db()
    assert run.state == RunState.SETTLED
    assert accepted(run) == at_close, "something was accepted after the run was closed"
    assert set(told) <= {"ok", "ended", "full", "wrong_state"}, told
    assert told["ok"] == MemberAction.objects.filter(run_id=run.pk).count() >= BEFORE
    assert told["ended"] == DOORS * 5
    assert set(endings(run).values()) == {1}
    assert Event.objects.filter(key=f"run:{run.pk}:settled").count() == 1
    stock = RunStock.objects.get(run=run)
    seats = Contribution.objects.filter(entry__state=EntryState.WON, state=PartState.COUNTED, is_seat=True)
    assert (stock.reserved, stock.sold) == (0, seats.count() if stock.stock else 0)
    assert not Order.objects.filter(state="awaiting").exists()
    assert not broken_promises()


# --- one who is let in, and slow --------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """What stood when the run was closed, and what stands after all."""

    at_close: set[tuple[str, int]]
    after: set[tuple[str, int]]
    endings: set[int]
    broken: list[tuple[str, str]]


def slip(monkeypatch, run: Run, act: Callable[[Member], Any]) -> Slip:
    """A member is past the gate and has written nothing yet when another connection closes and settles the run.

    The member goes on as soon as the close is over, or is seen to wait for the member: nothing here is by time.
    """
    slow = make_member()
    is_ready, is_past_gate, is_over = threading.Event(), threading.Event(), threading.Event()
    closer: list[int] = []
    write = acting.carry_out

    def write_slowly(decision, scene):
        if scene.action.actor.member_id == slow.pk:
            is_past_gate.set()
            patience = monotonic() + 30
            while not is_over.is_set() and not waits_for_me(closer[0]):
                assert monotonic() < patience
                sleep(0.01)
        return write(decision, scene)

    def close() -> set[tuple[str, int]]:
        try:
            closer.append(connection.connection.info.backend_pid)
            is_ready.set()
            assert is_past_gate.wait(timeout=30)
            by_the_clock(run)
            at_close = accepted(run)
            settle_due_runs(now=run.closes_at)
            return at_close
        finally:
            is_over.set()

    def come() -> Any:
        assert is_ready.wait(timeout=30)
        return act(slow)

    with monkeypatch.context() as patch:
        patch.setattr(acting, "carry_out", write_slowly)
        at_close, came = together([close, come], threads=2)
    assert isinstance(at_close, set), repr(at_close)
    assert not isinstance(came, Exception), repr(came)
    settle_due_runs(now=run.closes_at)
    broken = [(promise, name) for promise, name, _count in broken_promises()]
    return Slip(at_close, accepted(run), set(endings(run).values()), broken)


def waits_for_me(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() = ANY(pg_blocking_pids(%s))", [pid])
        return cursor.fetchone()[0]


def opens(run: Run) -> Callable[[Member], Any]:
    return partial(start, run)


def helps(run: Run) -> Callable[[Member], Any]:
    """One help is all that the entry lacks."""
    return partial(play, start(run, make_member()), "help")


def short_assist() -> Run:
    return make_run("assist", {"stages": [1], "is_new_only": False, "voids_leavers": False})


@pytest.mark.parametrize("what", [opens, helps])
def test_the_end_waits_for_whoever_is_past_the_gate(monkeypatch, what) -> None:
    """C10: they were in time, and are settled with the others."""
    run = short_assist()
    found = slip(monkeypatch, run, what(run))
    assert found.after == found.at_close
    assert len(found.after) == (1 if what is opens else 2)
    assert found.endings == {1}
    assert not found.broken
    assert Run.objects.get(pk=run.pk).state == RunState.SETTLED


@pytest.mark.parametrize("what", [opens, helps])
def test_control_verbs_that_do_not_share_the_run_get_in_after_the_end(monkeypatch, what) -> None:
    """Their entry is locked as ever; only the share of the run's row is gone."""
    run = short_assist()
    with without_shared_run(monkeypatch):
        found = slip(monkeypatch, run, what(run))
    assert len(found.after - found.at_close) == 1, "accepted after the run was closed"
    if what is opens:
        assert found.endings == {0}, "a settled run has an entry that nobody will ever end"
        assert found.broken == [NO_LIVE_ENTRY]


def test_control_without_any_lock_an_entry_ends_twice(monkeypatch) -> None:
    """It has failed with the run, and is won by a help that came before."""
    run = short_assist()
    with without_row_locks(monkeypatch):
        found = slip(monkeypatch, run, helps(run))
    assert len(found.after - found.at_close) == 1
    assert found.endings == {2}


def test_control_a_gate_that_asks_only_the_clock_opens_after_the_end(monkeypatch) -> None:
    """yudao: the time on the page, not the state, decided whether one could still help (FIELD)."""

    def ask_the_clock(run, verb, now) -> None:
        if not run.opens_at <= now < run.closes_at:
            raise Refused("", code="ended")

    run = short_assist()
    by_the_clock(run)
    assert settle_due_runs(now=run.closes_at) == 1
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "ended"):
        start(run, make_member())
    monkeypatch.setattr(acting, "check_window", ask_the_clock)
    start(run, make_member())
    assert [(promise, name) for promise, name, _count in broken_promises()] == [NO_LIVE_ENTRY]
