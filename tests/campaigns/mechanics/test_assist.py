"""帮 assist as a pure state machine."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.assist import MECHANIC, AssistRules
from apps.campaigns.mechanics.base import Refused
from tests.campaigns.mechanics.world import World

STEPS = st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(lambda s: tuple(sorted(s)))


def world(**rules: object) -> World:
    return World(MECHANIC, AssistRules(**({"stages": (2, 3)} | rules)))


def test_stage_gives_its_benefit_to_the_owner_once() -> None:
    w = world()
    w.open(1)
    w.act("help", member=2)
    assert w.given(1) == []
    w.act("help", member=3)
    assert w.given(1) == ["stage_2"]
    w.act("help", member=4)
    assert w.given(1) == ["stage_2", "stage_3"]
    assert w.state(1).state == EntryState.WON


def test_second_help_of_the_same_member_is_refused() -> None:
    """C2."""
    w = world()
    w.open(1)
    w.act("help", member=2)
    with pytest.raises(Refused) as refusal:
        w.act("help", member=2)
    assert refusal.value.code == "already_helped"


def test_old_member_is_refused_and_new_one_is_not() -> None:
    """MoChat's new-friend test was inverted (FIELD)."""
    w = world(is_new_only=True)
    w.new_members = frozenset({3})
    w.open(1)
    with pytest.raises(Refused) as refusal:
        w.act("help", member=2)
    assert refusal.value.code == "new_members_only"
    w.act("help", member=3)
    assert w.state(1).count == 1


def test_help_limit_holds_for_a_helper_without_an_entry() -> None:
    """CRMEB's limit applied only to helpers who own one (FIELD)."""
    w = world(helps_per_member=1)
    first, second = w.open(1), w.open(2)
    w.act("help", member=3, entry=first)
    with pytest.raises(Refused) as refusal:
        w.act("help", member=3, entry=second)
    assert refusal.value.code == "help_limit"


def test_proof_counts_only_after_review() -> None:
    w = world(needs_proof=True, helps_per_member=1)
    w.open(1)
    with pytest.raises(Refused):
        w.act("help", member=2)
    w.act("help", member=2, photos=["a.jpg"])
    w.act("help", member=3, photos=["b.jpg"])
    assert (w.state(1).count, w.state(1).pending_count) == (0, 2)
    w.act("review", part=1, is_staff=True, accept=True)
    w.act("review", part=2, is_staff=True, accept=False)
    assert (w.state(1).count, w.state(1).pending_count) == (1, 0)
    assert w.quotas[3, "help"] == 0, "a rejected proof may be tried again"


@given(stages=STEPS, voided=st.lists(st.integers(0, 8), max_size=6), late=st.booleans())
def test_held_stages_are_always_those_that_the_count_reaches(
    stages: tuple[int, ...], voided: list[int], late: bool
) -> None:
    """C13: after any voids the owner holds exactly the stages that the remaining helpers reach."""
    w = World(MECHANIC, AssistRules(stages=stages))
    w.open(1)
    for helper in range(2, 2 + stages[-1]):
        w.act("help", member=helper)
    if late:
        w.now += timedelta(days=8)
    for index in voided:
        live = [part for part in w.live_parts() if part.state == PartState.COUNTED]
        if live:
            w.act("voided", part=live[index % len(live)].id)
    count = w.state(1).count
    assert w.given(1) == sorted(f"stage_{n}" for n in stages if n <= count)
    expected = EntryState.WON if count >= stages[-1] or (late and count >= stages[0]) else None
    expected = expected or (EntryState.FAILED if late else EntryState.OPEN)
    assert w.state(1).state == expected
