"""帮 assist: screenshots at the end of time, what a void reopens, and every order of verbs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.assist import MECHANIC, AssistRules
from apps.campaigns.mechanics.base import Refused
from tests.campaigns.mechanics.world import START, World

OWNER = 1
LIVE = {EntryState.OPEN, EntryState.MATCHED}


def world(*, hours: int = 24 * 7, **rules: Any) -> World:
    return World(MECHANIC, AssistRules.load({"stages": (2, 3)} | rules), hours=hours)


def shoot(w: World, *members: int) -> None:
    for member in members:
        w.act("help", member=member, photos=["a.jpg"])


def test_screenshot_sent_in_time_is_still_reviewed_after_the_end() -> None:
    """The review queue may be longer than the campaign: nobody loses a help because staff slept."""
    w = world(needs_proof=True, hours=1)
    w.open(OWNER)
    shoot(w, 2, 3)
    w.now = START + timedelta(hours=1)
    w.expire(is_closing=True)
    assert w.state(1).state == EntryState.MATCHED
    w.expire(is_closing=True)
    w.act("review", part=1, is_staff=True, accept=True)
    assert w.state(1).state == EntryState.MATCHED
    w.act("review", part=2, is_staff=True, accept=True)
    assert (w.state(1).state, w.given(OWNER)) == (EntryState.WON, ["stage_2"])


def test_last_screenshot_rejected_after_the_end_ends_the_entry() -> None:
    w = world(needs_proof=True)
    w.open(OWNER)
    shoot(w, 2, 3)
    w.act("review", part=1, is_staff=True, accept=True)
    w.now += timedelta(hours=72)
    w.expire()
    w.act("review", part=2, is_staff=True, accept=False)
    assert (w.state(1).state, w.given(OWNER)) == (EntryState.FAILED, [])


def test_screenshot_that_nobody_reviewed_gives_the_help_back() -> None:
    w = world(needs_proof=True, helps_per_member=1, review_hours=5)
    w.open(OWNER)
    shoot(w, 2)
    w.now += timedelta(hours=72)
    w.expire()
    w.now += timedelta(hours=5)
    w.expire()
    assert (w.state(1).state, w.quotas[2, "help"]) == (EntryState.FAILED, 0)


def test_last_waiting_screenshot_voided_after_the_end_ends_the_entry() -> None:
    w = world(needs_proof=True)
    w.open(OWNER)
    shoot(w, 2)
    w.now += timedelta(hours=72)
    w.expire()
    w.act("voided", part=1)
    assert w.state(1).state == EntryState.FAILED


@pytest.mark.parametrize("ended_early", [False, True])
def test_void_reopens_a_full_entry_only_while_the_run_goes_on(ended_early: bool) -> None:
    w = world()
    w.open(OWNER)
    for member in (2, 3, 4):
        w.act("help", member=member)
    if ended_early:
        w.now += timedelta(hours=1)
        w.run = replace(w.run, closes_at=w.now)
    w.act("voided", part=1)
    assert w.state(1).state == (EntryState.WON if ended_early else EntryState.OPEN)
    assert w.given(OWNER) == ["stage_2"]


def test_void_does_not_reopen_what_ended_with_its_reviews() -> None:
    w = world(needs_proof=True)
    w.open(OWNER)
    shoot(w, 2, 3, 4)
    w.now += timedelta(hours=72)
    w.expire()
    for part in (1, 2, 3):
        w.act("review", part=part, is_staff=True, accept=True)
    w.act("voided", part=1)
    assert (w.state(1).state, w.given(OWNER)) == (EntryState.WON, ["stage_2"])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["help", "help", "help", "accept", "accept", "reject", "void", "wait"]),
        st.integers(2, 12),
        st.integers(0, 30),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=200)
@given(
    stages=st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True).map(sorted),
    needs_proof=st.booleans(),
    old=st.frozensets(st.integers(2, 12)),
    is_new_only=st.booleans(),
    steps=STEPS,
)
def test_grants_follow_the_count_after_any_steps(
    stages: list[int],
    needs_proof: bool,
    old: frozenset[int],
    is_new_only: bool,
    steps: list[tuple[str, int, int]],
) -> None:
    """C2, C13 over orders of helps, reviews, voids and clocks, with and without screenshots."""
    w = world(stages=stages, needs_proof=needs_proof, is_new_only=is_new_only, hours=96)
    w.new_members -= old
    w.open(OWNER)
    for step, member, number in steps:
        play(w, step, member, number)
        check(w)
    for _ in range(3):
        w.now += timedelta(days=30)
        if w.state(1).state in LIVE:
            w.expire(is_closing=True)
        check(w)
    assert w.state(1).state == (EntryState.WON if w.state(1).count >= stages[0] else EntryState.FAILED)
    assert w.state(1).pending_count == 0


def play(w: World, step: str, member: int, number: int) -> None:
    entry, live = w.state(1), w.live_parts()
    waiting = [part.id for part in live if part.state == PartState.PENDING]
    if step == "help" and entry.state == EntryState.OPEN:
        try:
            w.act("help", member=member, photos=["a.jpg"])
        except Refused as refusal:
            if refusal.code not in {"already_helped", "new_members_only", "full", "help_limit"}:
                raise
    elif step in ("accept", "reject") and waiting and entry.state in LIVE:
        part = waiting[number % len(waiting)]
        w.act("review", part=part, is_staff=True, accept=step == "accept")
    elif step == "void" and live:
        w.act("voided", part=live[number % len(live)].id)
    elif step == "wait":
        w.now += timedelta(hours=number)
        ends = w.state(1).expires_at
        if w.state(1).state in LIVE and ends is not None and w.now >= ends:
            w.expire()


def check(w: World) -> None:
    assert isinstance(w.rules, AssistRules)
    entry, stages = w.state(1), w.rules.stages
    assert w.given(OWNER) == sorted(f"stage_{n}" for n in stages if n <= entry.count)
    counted = [part for part in entry.parts if part.state == PartState.COUNTED]
    assert len({part.member_id for part in entry.parts}) == len(entry.parts), "C2"
    helpers = sorted(give.member_id for give in w.gives.values() if give.slot == "helper")
    assert helpers == sorted(part.member_id for part in counted)
    assert all(not w.rules.is_new_only or helper in w.new_members for helper in helpers)
    if entry.state == EntryState.MATCHED:
        assert entry.pending_count, "it waits for reviews and for nothing else"
    if entry.count >= stages[-1]:
        assert entry.state == EntryState.WON
