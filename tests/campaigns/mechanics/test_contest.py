"""比 contest as a pure state machine."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import AddPart, Decision, Part, Refused, ScoreSource
from apps.campaigns.mechanics.contest import MECHANIC
from apps.campaigns.mechanics.contest.rules import CHECK_IN, METRICS, ContestRules
from apps.core.errors import Invalid
from tests.campaigns.mechanics.world import START, World


def world(**rules: object) -> World:
    return World(MECHANIC, ContestRules(**rules), is_strict=True)


def score(w: World, entry: int, member: int, key: str, value: str = "1") -> None:
    """What the engine adds from an event."""
    part = AddPart(member, "score", value=Decimal(value), key=key, is_seat=False)
    w._apply(Decision((part,)), w.turn("look", entry=entry), entry)


def seats(w: World, entry: int) -> list[Part]:
    return [part for part in w.live_parts(entry) if part.kind == "seat"]


def refused(code: str, play: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refusal:
        play()
    assert refusal.value.code == code


# --- alone ---------------------------------------------------------------------------------------


def test_member_enrols_once_in_a_run() -> None:
    """C2."""
    w = world()
    w.open(1)
    refused("already_in", lambda: w.open(1))
    assert w.state(1).count == 1


def test_seat_adds_nothing_to_the_score() -> None:
    w = world()
    w.open(1)
    assert w.state(1).score == 0
    score(w, 1, 1, "invite:7")
    assert (w.state(1).score, w.state(1).count) == (1, 1)


def test_same_event_scores_once() -> None:
    """C7: a score is made of contributions, one per fact."""
    w = world()
    w.open(1)
    score(w, 1, 1, "invite:7")
    refused("already", lambda: score(w, 1, 1, "invite:7"))


def test_revoked_contribution_lowers_the_score() -> None:
    """C7, C13: MoChat's invites were gross; here a leaver's point goes."""
    w = world()
    w.open(1)
    score(w, 1, 1, "invite:7")
    score(w, 1, 1, "invite:8")
    w.act("voided", part=2)
    assert w.state(1).score == 1
    w.act("voided", part=2)
    assert w.state(1).score == 1, "voiding twice takes once"


def test_nobody_joins_a_person() -> None:
    w = world()
    w.open(1)
    refused("not_team", lambda: w.act("join", member=2))


def test_expelled_person_is_out_of_the_ranking() -> None:
    w = world()
    w.open(1)
    score(w, 1, 1, "invite:7")
    w.act("voided", part=1)
    assert (w.state(1).state, w.state(1).score) == (EntryState.CANCELLED, 0)
    refused("already_in", lambda: w.open(1))


def test_closing_leaves_the_ranking_to_the_engine() -> None:
    w = world()
    w.open(1)
    assert w.expire(is_closing=True).effects == ()
    assert w.state(1).state == EntryState.OPEN


def test_enrolment_may_end_before_the_run() -> None:
    w = world(enrol_hours=24, form="team")
    w.open(1, name="甲")
    w.now += timedelta(hours=24)
    refused("enrolment_over", lambda: w.open(2, name="乙"))
    refused("enrolment_over", lambda: w.act("join", member=2))


# --- check-in ------------------------------------------------------------------------------------


def test_check_in_counts_once_a_day_in_china() -> None:
    """The day turns at midnight in Shanghai, 16:00 UTC."""
    w = world(metric=CHECK_IN, check_in_points=5)
    w.open(1)
    w.act("check_in", member=1)
    w.now = START.replace(hour=15, minute=59)
    refused("checked_in", lambda: w.act("check_in", member=1))
    w.now = START.replace(hour=16)
    w.act("check_in", member=1)
    assert w.state(1).score == 10


def test_voided_check_in_is_not_made_up_for_on_the_same_day() -> None:
    w = world(metric=CHECK_IN)
    w.open(1)
    w.act("check_in", member=1)
    w.act("voided", part=2)
    assert w.state(1).score == 0
    refused("checked_in", lambda: w.act("check_in", member=1))


def test_stranger_cannot_check_in_for_an_entry() -> None:
    """S2: the actor scores where they have a seat, nowhere else."""
    w = world(metric=CHECK_IN)
    w.open(1)
    refused("not_in", lambda: w.act("check_in", member=2))


def test_check_in_is_for_its_own_metric() -> None:
    w = world()
    w.open(1)
    refused("not_check_in", lambda: w.act("check_in", member=1))


# --- teams ---------------------------------------------------------------------------------------


def test_team_needs_a_name_of_its_own() -> None:
    w = world(form="team")
    refused("name_needed", lambda: w.open(1))
    refused("name_needed", lambda: w.open(1, name="  "))
    w.open(1, name="Red Team")
    refused("taken", lambda: w.open(2, name="ｒｅｄ　ｔｅａｍ"))


def test_staff_rename_frees_the_old_name() -> None:
    w = world(form="team")
    w.open(1, name="不雅的名字")
    w.act("rename", is_staff=True, name="一队")
    w.open(2, name="不雅的名字")
    refused("taken", lambda: w.act("rename", entry=2, is_staff=True, name="一 队"))


def test_name_that_unfolds_fits_a_claim() -> None:
    w = world(form="team")
    assert all(len(claim) <= 80 for claim in (w.open(1, name="ﷺ" * 20), w.claims)[1])


def test_member_is_in_one_team_only() -> None:
    w = world(form="team")
    w.open(1, name="甲")
    w.open(2, name="乙")
    w.act("join", member=3, entry=1)
    refused("already_in", lambda: w.act("join", member=3, entry=1))
    refused("already_in", lambda: w.act("join", member=3, entry=2))
    refused("already_in", lambda: w.act("join", member=1, entry=2))


def test_team_is_never_over_its_size() -> None:
    w = world(form="team", team_size=2)
    w.open(1, name="甲")
    w.act("join", member=2)
    refused("full", lambda: w.act("join", member=3))


def test_one_may_leave_before_scoring_only() -> None:
    w = world(form="team")
    w.open(1, name="甲")
    w.act("join", member=2)
    w.act("leave", member=2)
    w.act("join", member=2)
    score(w, 1, 2, "invite:7")
    refused("has_score", lambda: w.act("leave", member=2))
    refused("has_score", lambda: w.act("remove", member=1, part=3))


def test_leader_who_leaves_hands_over_to_the_earliest() -> None:
    w = world(form="team")
    w.open(1, name="甲")
    w.act("join", member=2)
    w.act("join", member=3)
    w.act("leave", member=1)
    assert w.state(1).owner_id == 2
    w.act("leave", member=2)
    w.act("leave", member=3)
    assert w.state(1).state == EntryState.CANCELLED
    w.open(1, name="甲")


def test_leader_removes_a_member_without_score() -> None:
    w = world(form="team", team_size=2)
    w.open(1, name="甲")
    w.act("join", member=2)
    refused("not_allowed", lambda: w.act("remove", member=2, part=1))
    refused("own_seat", lambda: w.act("remove", member=1, part=1))
    w.act("remove", member=1, part=2)
    refused("not_in", lambda: w.act("remove", member=1, part=2))
    assert w.open(2, name="乙") == 2


def test_expelled_member_takes_the_scores_along() -> None:
    """C13."""
    w = world(form="team")
    w.open(1, name="甲")
    w.act("join", member=2)
    score(w, 1, 1, "invite:7")
    score(w, 1, 2, "invite:8")
    w.act("voided", part=1)
    state = w.state(1)
    assert (state.owner_id, state.score, state.count, state.state) == (2, 1, 1, EntryState.OPEN)


# --- rules, prizes, costs ------------------------------------------------------------------------


@pytest.mark.parametrize("ranks", [(), ((0, 1),), ((2, 1),), ((1, 3), (3, 4)), ((4, 9), (1, 3))])
def test_wrong_tiers_are_refused(ranks: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(Invalid) as error:
        ContestRules.load({"ranks": ranks})
    assert error.value.field == "ranks"


def test_every_metric_has_its_source() -> None:
    sources = {key: MECHANIC.score_source(ContestRules(metric=key)) for key in METRICS}
    assert sources.pop(CHECK_IN) is None
    assert set(sources.values()) == set(ScoreSource)


def test_prizes_name_slots_and_say_who_gets_them() -> None:
    person = ContestRules(ranks=((1, 1), (8, 8)), participation_places=100)
    assert [(p.first, p.last, p.slot) for p in MECHANIC.prizes(person)] == [
        (1, 1, "rank_1_1"),
        (8, 8, "rank_8_8"),
        (1, 100, "participation"),
    ]
    team = ContestRules(form="team", team_prize="leader")
    assert not any(p.each_seat for p in MECHANIC.prizes(team))
    assert all(p.each_seat for p in MECHANIC.prizes(ContestRules(form="team")))


def test_costs_of_the_worked_example() -> None:
    """The figures in docs/guide/mechanics/contest.md."""
    prices = {"rank_1_1": Decimal("199.00"), "rank_2_3": Decimal("99.00"), "rank_4_10": Decimal("29.90")}
    costs = MECHANIC.costs(ContestRules(), prices)
    assert (costs.best, costs.expected, costs.worst) == (0, Decimal("606.30"), Decimal("606.30"))
    costs = MECHANIC.costs(ContestRules(form="team", team_size=5), prices)
    assert (costs.expected, costs.worst) == (Decimal("1818.90"), Decimal("3031.50"))


# --- any order of anything -----------------------------------------------------------------------

STEP = st.tuples(
    st.sampled_from(
        [
            "enrol",
            "join",
            "join",
            "check_in",
            "check_in",
            "leave",
            "remove",
            "score",
            "voided",
            "wait",
            "close",
        ]
    ),
    st.integers(1, 6),
    st.integers(0, 20),
)


@settings(max_examples=60)
@given(
    form=st.sampled_from(["person", "team"]),
    metric=st.sampled_from(sorted(METRICS)),
    team_size=st.integers(2, 4),
    enrol_hours=st.sampled_from([0, 30]),
    steps=st.lists(STEP, max_size=40),
)
def test_any_play_keeps_seats_and_scores_true(
    form: str, metric: str, team_size: int, enrol_hours: int, steps: list[tuple[str, int, int]]
) -> None:
    """C2, C7: one seat per member and run, teams within size, scores made of live parts alone, one check-in a
    day, and ranks that depend on the contributions only."""
    w = world(form=form, metric=metric, team_size=team_size, enrol_hours=enrol_hours)
    for number, (verb, member, pick) in enumerate(steps):
        with suppress(Refused):
            _step(w, number, verb, member, pick)
        _check(w)
    order = _ranking(w)
    for entry in w.entries:
        w.expire(entry, is_closing=True)
    assert _ranking(w) == order


def _step(w: World, number: int, verb: str, member: int, pick: int) -> None:
    if verb == "enrol":
        w.open(member, name=f"队{pick % 4}")
    elif verb == "wait":
        w.now += timedelta(hours=pick)
    elif verb == "voided" and w.parts:
        part = 1 + pick % len(w.parts)
        w.act("voided", entry=w.parts[part][0], part=part)
    elif w.entries and verb != "voided":
        entry = 1 + pick % len(w.entries)
        if verb == "score":
            if any(part.member_id == member for part in seats(w, entry)):
                score(w, entry, member, f"invite:{number}", f"{1 + pick}.50")
        elif verb == "remove":
            live = w.live_parts(entry)
            if live:
                w.act("remove", member=w.entries[entry].owner_id, entry=entry, part=live[pick % len(live)].id)
        elif verb == "close":
            w.expire(entry)
        else:
            w.act(verb, member=member, entry=entry)


def _check(w: World) -> None:
    seated = Counter(part.member_id for entry in w.entries for part in seats(w, entry))
    assert all(count == 1 for count in seated.values()), "one seat per member and run"
    daily = Counter(p.key for _e, p in w.parts.values() if p.kind == "check_in")
    assert all(count == 1 for count in daily.values()), "one check-in a day, voided ones too"
    for number in w.entries:
        state = w.state(number)
        members = {part.member_id for part in seats(w, number)}
        assert state.count == len(members) <= w.rules.seats
        if state.state == EntryState.OPEN:
            assert state.owner_id in members, "a live entry's owner has a seat in it"
        else:
            assert not members
        assert {part.member_id for part in state.parts} <= members, "nobody without a seat has a score"
        for viewer in (None, state.owner_id, 5, 99):
            MECHANIC.page(w.turn("look", member=viewer, entry=number))


def _ranking(w: World) -> list[int]:
    """Entries by score made from the parts alone; who reached it first is before (C7)."""
    made: dict[int, tuple[Decimal, float]] = {}
    for entry in w.entries:
        counted = [p for p in w.live_parts(entry) if p.state == PartState.COUNTED]
        total = sum((p.value for p in counted), Decimal(0))
        made[entry] = (-total, max((p.at.timestamp() for p in counted), default=0.0))
        assert total == w.state(entry).score
    return sorted(made, key=lambda entry: (*made[entry], entry))


@pytest.mark.parametrize("state", list(EntryState))
@pytest.mark.parametrize("form", ["person", "team"])
def test_page_has_words_for_every_state_and_viewer(state: EntryState, form: str) -> None:
    w = world(form=form, metric=CHECK_IN)
    assert MECHANIC.page(w.turn("look", entry=None)).buttons[0].verb == "enrol"
    w.open(1, name="甲")
    w.entries[1] = replace(w.entries[1], state=state, data={})
    for viewer in (None, 1, 2):
        page = MECHANIC.page(w.turn("look", member=viewer))
        assert str(page.headline)
        assert {button.verb for button in page.buttons} <= {verb.key for verb in MECHANIC.verbs}
