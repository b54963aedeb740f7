"""券 coupon as a pure state machine."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Give, Refused
from apps.campaigns.mechanics.coupon import MECHANIC, CouponRules
from tests.campaigns.mechanics.world import START, World


def world(*, hours: int = 24 * 14, **rules: Any) -> World:
    return World(MECHANIC, CouponRules.load(rules), hours=hours)


def refused(w: World, verb: str, **how: Any) -> str:
    with pytest.raises(Refused) as refusal:
        w.act(verb, **how)
    return refusal.value.code


def test_friend_and_inviter_get_theirs_in_one_decision() -> None:
    """C6."""
    w = world()
    w.open(1)
    assert w.given(1) == ["self"]
    decision = w.act("accept", member=2)
    assert {(give.slot, give.member_id) for give in decision.of(Give)} == {("friend", 2), ("inviter", 1)}
    assert (w.given(1), w.given(2)) == (["inviter", "self"], ["friend"])


@pytest.mark.parametrize("short", ["friend", "inviter"])
def test_one_side_sold_out_gives_neither(short: str) -> None:
    """C6: both sides or neither, and nothing is used up by the attempt."""
    w = world(accepts_per_friend=1)
    w.benefits = {"friend": 3, "inviter": 3} | {short: 0}
    w.open(1)
    assert refused(w, "accept", member=2) == "sold_out"
    assert (w.given(1), w.given(2), w.state(1).count, w.sold) == (["self"], [], 0, 0)
    w.benefits[short] = 1
    w.act("accept", member=2)
    assert w.given(2) == ["friend"]


def test_last_pair_of_the_run_goes_once() -> None:
    """litemall #581: parallel claims of the last coupon were all given (FIELD); here stock decides, not a count."""
    w = world()
    w.stock = 1
    w.open(1), w.open(2)
    w.act("accept", member=3, entry=1)
    assert refused(w, "accept", member=4, entry=2) == "sold_out"
    assert w.given(4) == []


def test_limit_is_reached_exactly_not_passed_by_the_last_step() -> None:
    """yudao, CRMEB, lilishop: a guard checked N−1 and then added N (FIELD)."""
    w = world(invites=2)
    w.open(1)
    w.act("accept", member=2)
    w.act("accept", member=3)
    assert refused(w, "accept", member=4) == "full"
    assert (w.state(1).count, w.state(1).state) == (2, EntryState.WON)
    assert w.given(1).count("inviter") == 2


def test_old_member_is_refused_and_new_one_is_not() -> None:
    """MoChat's new-friend test was inverted (FIELD)."""
    w = world(is_new_only=True)
    w.new_members = frozenset({3})
    w.open(1)
    assert refused(w, "accept", member=2) == "new_members_only"
    w.act("accept", member=3)
    everyone = world(is_new_only=False)
    everyone.new_members = frozenset()
    everyone.open(1)
    everyone.act("accept", member=2)


def test_friend_is_brought_once_however_many_invite() -> None:
    w = world()
    w.open(1), w.open(2)
    w.act("accept", member=3, entry=1)
    assert refused(w, "accept", member=3, entry=1) == "already_accepted"
    assert refused(w, "accept", member=3, entry=2) == "already_brought"
    assert w.given(2) == ["self"]


def test_friend_may_be_brought_again_if_the_rules_say_so() -> None:
    w = world(accepts_per_friend=2)
    w.open(1), w.open(2), w.open(4)
    w.act("accept", member=3, entry=1)
    w.act("accept", member=3, entry=2)
    assert refused(w, "accept", member=3, entry=3) == "already_brought"


@pytest.mark.parametrize("one_way", [True, False])
def test_two_members_cannot_take_from_each_other_unless_allowed(one_way: bool) -> None:
    w = world(is_one_way=one_way)
    w.open(1), w.open(2)
    w.act("accept", member=2, entry=1)
    if one_way:
        assert refused(w, "accept", member=1, entry=2) == "mutual"
        assert w.given(1) == ["inviter", "self"]
    else:
        w.act("accept", member=1, entry=2)


def test_own_coupon_is_given_once_in_a_run() -> None:
    """Per-user limits that count and then insert over-issue (FIELD): here one row decides."""
    w = world()
    w.open(1)
    assert refused(w, "claim", member=1, entry=None) == "already_claimed"
    assert w.given(1) == ["self"]


@pytest.mark.parametrize(("rule_hours", "run_hours"), [(1, 48), (48, 1)])
def test_invitation_ends_by_the_clock(rule_hours: int, run_hours: int) -> None:
    w = world(hours=run_hours)
    w.rules = CouponRules(hours=rule_hours)
    w.open(1)
    w.now = START + timedelta(hours=1)
    assert refused(w, "accept", member=2) == "ended"


def test_voided_friend_returns_the_pair_and_the_place() -> None:
    """C13."""
    w = world(invites=2)
    w.stock = 2
    w.open(1)
    w.act("accept", member=2)
    w.act("accept", member=3)
    w.act("voided", part=1)
    assert (w.given(1), w.given(2), w.given(3)) == (["inviter", "self"], [], ["friend"])
    assert (w.state(1).state, w.sold) == (EntryState.OPEN, 1)
    w.act("accept", member=4)
    assert w.state(1).state == EntryState.WON


def test_voided_pair_may_be_made_the_other_way_round() -> None:
    w = world()
    w.open(1), w.open(2)
    w.act("accept", member=2, entry=1)
    w.act("voided", entry=1, part=1)
    w.act("accept", member=1, entry=2)
    assert w.given(1) == ["friend", "self"]


def test_run_that_was_ended_early_ends_its_invitations() -> None:
    w = world()
    w.open(1)
    w.now += timedelta(hours=2)
    w.run = replace(w.run, closes_at=w.now)
    assert refused(w, "accept", member=2) == "ended"


def test_voiding_the_only_friend_after_the_end_undoes_the_success() -> None:
    w = world(invites=5)
    w.open(1)
    w.act("accept", member=2)
    w.now += timedelta(days=14)
    w.expire(is_closing=True)
    assert w.state(1).state == EntryState.WON
    w.act("voided", part=1)
    assert w.state(1).state == EntryState.FAILED


REFUSALS = {
    "already_claimed",
    "already_accepted",
    "already_brought",
    "mutual",
    "new_members_only",
    "ended",
    "full",
    "sold_out",
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "accept", "accept", "accept", "void", "wait"]),
        st.integers(1, 6),
        st.integers(0, 9),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=200)
@given(
    steps=STEPS,
    invites=st.integers(1, 4),
    accepts=st.integers(1, 3),
    new=st.frozensets(st.integers(1, 6)),
    flags=st.tuples(st.booleans(), st.booleans()),
    stocks=st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)),
)
def test_pairs_are_whole_and_limits_hold_after_any_steps(
    steps: list[tuple[str, int, int]],
    invites: int,
    accepts: int,
    new: frozenset[int],
    flags: tuple[bool, bool],
    stocks: tuple[int, int, int],
) -> None:
    """C1, C2, C6 over orders of verbs, clocks and shortages of either benefit."""
    w = world(
        invites=invites, accepts_per_friend=accepts, is_new_only=flags[0], is_one_way=flags[1], hours=96
    )
    w.new_members, w.stock, w.benefits = new, stocks[0], {"friend": stocks[1], "inviter": stocks[2]}
    for step, member, number in steps:
        play(w, step, member, number)
        check(w)
    w.now += timedelta(days=20)
    for entry in w.entries:
        if w.state(entry).state == EntryState.OPEN:
            w.expire(entry, is_closing=True)
        assert w.state(entry).state == (EntryState.WON if w.state(entry).count else EntryState.FAILED)
    check(w)


def play(w: World, step: str, member: int, number: int) -> None:
    entry = number % len(w.entries) + 1 if w.entries else 0
    try:
        if step == "claim":
            w.act("claim", member=member, entry=None)
        elif step == "wait":
            w.now += timedelta(hours=number)
        elif step == "void" and entry and w.live_parts(entry):
            w.act("voided", entry=entry, part=w.live_parts(entry)[0].id)
        elif step == "accept" and entry:
            state = w.state(entry)
            if state.state == EntryState.OPEN and state.owner_id != member:
                w.act("accept", member=member, entry=entry)
    except Refused as refusal:
        if refusal.code not in REFUSALS:
            raise


def check(w: World) -> None:
    assert isinstance(w.rules, CouponRules)
    live = [(entry, part) for entry in w.entries for part in w.live_parts(entry)]
    pairs = {(entry, part.member_id) for entry, part in live}
    for side in ("friend", "inviter"):
        held = {(entry, int(key.rpartition("_")[2])) for (entry, key), g in w.gives.items() if g.slot == side}
        assert held == pairs, "C6: a grant of either side exactly where a friend counts"
    assert w.sold == len(live)
    assert w.stock is None or w.sold <= w.stock
    assert all(w.state(entry).count <= w.rules.invites for entry in w.entries)
    owners = Counter(state.owner_id for state in w.entries.values())
    assert not owners or max(owners.values()) == 1
    friends = Counter(part.member_id for _entry, part in live)
    assert not friends or max(friends.values()) <= w.rules.accepts_per_friend
    if w.rules.is_one_way:
        sides = [frozenset({part.member_id, w.state(entry).owner_id}) for entry, part in live]
        assert len(sides) == len(set(sides))
    assert all(g.member_id in w.new_members for g in w.gives.values() if g.slot == "friend") or (
        not w.rules.is_new_only
    )
