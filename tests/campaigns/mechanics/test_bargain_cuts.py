"""砍 bargain: cuts are exact (C4)."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.bargain import MECHANIC, BargainRules
from apps.campaigns.mechanics.bargain.cuts import draw_cut
from apps.core.errors import Invalid
from tests.campaigns.mechanics.bargains import CENT, OWNER, price, refused, workable_rules, world
from tests.campaigns.mechanics.world import World


@settings(deadline=None)
@given(rules=workable_rules(), seed=st.integers(), old=st.frozensets(st.integers(2, 20)))
def test_cuts_sum_exactly_to_start_minus_floor_at_the_last_helper(
    rules: BargainRules, seed: int, old: frozenset[int]
) -> None:
    """C4, for any (start, floor, helpers, seed), bounds and mix of new and old members."""
    w = World(MECHANIC, rules, seed=seed)
    w.new_members -= old
    w.open(OWNER)
    for helper in range(2, 2 + rules.helpers):
        assert w.state(1).state == EntryState.OPEN
        assert price(w) > rules.floor
        w.act("cut", member=helper)
    cuts = [part.value for part in w.live_parts()]
    assert len(cuts) == rules.cut_count
    assert sum(cuts) == rules.start - rules.floor
    assert all(cut >= max(CENT, rules.min_cut) for cut in cuts)
    assert not rules.max_cut or max(cuts) <= rules.max_cut
    assert w.state(1).state == EntryState.MATCHED
    assert refused(w, "cut", member=999) in {"full", "ended"}


@settings(deadline=None)
@given(
    rules=workable_rules(),
    seed=st.integers(),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=40),
)
def test_voided_cut_gives_its_money_and_its_place_back(
    rules: BargainRules, seed: int, steps: list[tuple[bool, int]]
) -> None:
    """C4 and C13: whatever is voided on the way, exactly the set number of cuts ends at exactly the floor."""
    w = World(MECHANIC, rules, seed=seed)
    w.open(OWNER)
    helper = 1
    for voids, index in steps:
        live = w.live_parts()
        if voids and live:
            before, gone = price(w), live[index % len(live)]
            w.act("voided", part=gone.id)
            assert price(w) == before + gone.value
        elif w.state(1).count < rules.cut_count:
            helper += 1
            w.act("cut", member=helper)
        at_floor = w.state(1).count == rules.cut_count
        assert (price(w) == rules.floor) == at_floor
        assert w.state(1).state == (EntryState.MATCHED if at_floor else EntryState.OPEN)
        assert w.reserved == at_floor
    while w.state(1).count < rules.cut_count:
        helper += 1
        w.act("cut", member=helper)
    assert price(w) == rules.floor


@settings(deadline=None)
@given(left=st.integers(1, 10**9), cuts=st.integers(1, 1_000), weight=st.integers(1, 20), seed=st.integers())
def test_heavier_cut_of_the_same_draw_is_never_smaller(left: int, cuts: int, weight: int, seed: int) -> None:
    left = max(left, cuts)
    how = {"left_cents": left, "left_cuts": cuts, "low": 1, "high": left}
    light = draw_cut(**how, weight=1, rng=Random(seed))
    heavy = draw_cut(**how, weight=weight, rng=Random(seed))
    assert 1 <= light <= heavy <= left - (cuts - 1)


def test_new_member_takes_about_as_much_as_the_weight_says() -> None:
    """A first cut of ten with weight 3 takes on average 3/12 of the whole, without weight 1/10."""
    rng = Random(4)
    how = {"left_cents": 12_000, "left_cuts": 10, "low": 1, "high": 12_000, "rng": rng}
    plain = sum(draw_cut(**how, weight=1) for _ in range(4_000)) / 4_000
    heavy = sum(draw_cut(**how, weight=3) for _ in range(4_000)) / 4_000
    assert 1_150 < plain < 1_250
    assert 2_900 < heavy < 3_100


def test_random_lower_bound_never_becomes_the_floor_price() -> None:
    """yudao took the floor price for the least cut: the first friend ended the bargain (FIELD)."""
    w = world(helpers=6)
    w.open(OWNER)
    w.act("cut", member=2)
    assert w.rules.floor < price(w) < w.rules.start  # type: ignore[attr-defined]
    assert w.state(1).state == EntryState.OPEN


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"floor": "10.00"}, "floor"),
        ({"floor": "9.98", "helpers": 3}, "min_cut"),
        ({"min_cut": "2.01", "helpers": 3}, "min_cut"),
        ({"max_cut": "1.99", "helpers": 3}, "max_cut"),
        ({"min_cut": "1.00", "max_cut": "0.50"}, "max_cut"),
        ({"helpers": 3, "min_cut": "1.51", "has_own_cut": True}, "min_cut"),
    ],
)
def test_rules_that_cannot_be_exact_are_refused(wrong: dict[str, Any], field: str) -> None:
    base = {"start": "10.00", "floor": "4.00", "has_own_cut": False}
    with pytest.raises(Invalid) as problem:
        BargainRules.load(base | wrong)
    assert problem.value.field == field
    assert str(problem.value.hint)
