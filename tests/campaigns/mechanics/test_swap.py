"""换 swap as a pure state machine."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import Part, Refused
from apps.campaigns.mechanics.swap import MECHANIC
from apps.campaigns.mechanics.swap.rules import SwapRules
from apps.core.errors import Invalid
from tests.campaigns.mechanics.players import look
from tests.campaigns.mechanics.world import START, World

PURSE = 100
MEMBERS = range(1, 6)


def world(**rules: object) -> World:
    w = World(MECHANIC, SwapRules(**({"needs_moderation": False} | rules)), is_strict=True)
    w.points.update(dict.fromkeys(MEMBERS, PURSE))
    return w


def listing(w: World, member: int, **params: object) -> int:
    return w.open(member, **({"title": f"{member} 的台灯", "photos": ["a.jpg"]} | params))


def refused(code: str, play: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refusal:
        play()
    assert refusal.value.code == code


def offer_of(w: World, entry: int, member: int) -> Part:
    return next(part for part in w.live_parts(entry) if part.member_id == member)


def states(w: World) -> list[str]:
    return [entry.state for entry in w.entries.values()]


# --- listings ------------------------------------------------------------------------------------


def test_listing_waits_for_moderation() -> None:
    w = world(needs_moderation=True)
    listing(w, 1)
    refused("wrong_state", lambda: w.act("offer", member=2, points=5))
    w.now += timedelta(hours=5)
    w.act("moderate", is_staff=True, accept=True)
    assert w.state(1).state == EntryState.OPEN
    assert w.state(1).expires_at == min(w.now + timedelta(hours=168), w.run.closes_at)
    refused("reviewed", lambda: w.act("moderate", is_staff=True, accept=True))


def test_rejected_listing_says_why_and_may_be_tried_again() -> None:
    w = world(needs_moderation=True, listings_per_member=1)
    listing(w, 1)
    refused("note_needed", lambda: w.act("moderate", is_staff=True, accept=False))
    w.act("moderate", is_staff=True, accept=False, note="照片看不清")
    assert "照片看不清" in str(MECHANIC.page(w.turn("look", member=1)).text)
    assert "照片看不清" not in str(MECHANIC.page(w.turn("look", member=2)).text)
    listing(w, 1)
    refused("listing_limit", lambda: listing(w, 1))


def test_unmoderated_listing_is_shown_to_its_owner_only() -> None:
    w = world(needs_moderation=True)
    listing(w, 1, title="机密", wishes="手机 13800138000")
    for viewer in (None, 2):
        page = MECHANIC.page(w.turn("look", member=viewer))
        assert "机密" not in str(page.headline)
        assert not page.lines


def test_photos_are_needed() -> None:
    w = world(photos_least=2)
    refused("photos_needed", lambda: listing(w, 1))


def test_taking_down_gives_every_offer_its_points_back() -> None:
    w = world()
    listing(w, 1)
    w.act("offer", member=2, points=30)
    w.act("offer", member=3, points=40)
    w.act("moderate", is_staff=True, accept=False, note="违禁品")
    assert (w.points[2], w.points[3], w.state(1).state) == (PURSE, PURSE, EntryState.CANCELLED)


# --- offers --------------------------------------------------------------------------------------


def test_owner_cannot_offer_on_the_own_listing() -> None:
    w = world()
    listing(w, 1)
    refused("not_allowed", lambda: w.act("offer", member=1, points=5))


def test_offer_holds_points_and_withdrawing_returns_them() -> None:
    w = world()
    listing(w, 1)
    w.act("offer", member=2, points=30)
    assert w.points[2] == PURSE - 30
    refused("already_offered", lambda: w.act("offer", member=2, points=5))
    w.act("withdraw", member=2)
    assert w.points[2] == PURSE
    w.act("offer", member=2, points=40)
    assert w.points[2] == PURSE - 40, "a second offer holds again"


def test_offer_above_the_purse_is_refused() -> None:
    """M4: points never fall below zero."""
    w = world()
    listing(w, 1)
    refused("no_points", lambda: w.act("offer", member=2, points=PURSE + 1))
    refused("too_many_points", lambda: w.act("offer", member=2, points=-5))
    assert w.points[2] == PURSE


def test_offer_is_something() -> None:
    w = world()
    listing(w, 1)
    refused("empty_offer", lambda: w.act("offer", member=2))
    refused("empty_offer", lambda: w.act("offer", member=2, note="一箱橘子"))
    w = world(allows_text=True, allows_items=False, allows_points=False)
    listing(w, 1)
    listing(w, 2)
    refused("no_items_here", lambda: w.act("offer", member=2, item="E2"))
    refused("no_points_here", lambda: w.act("offer", member=2, points=5))
    w.act("offer", member=2, note="一箱橘子")
    w.act("accept", member=1, part=1)
    w.act("confirm", member=1)
    w.act("confirm", member=2)
    assert w.state(1).state == EntryState.WON


def test_only_ones_own_listing_may_be_offered() -> None:
    """S2: what is offered is the offerer's, by the record and not by the request."""
    w = world()
    listing(w, 1)
    listing(w, 3)
    refused("item_gone", lambda: w.act("offer", member=2, item="E2"))
    refused("item_gone", lambda: w.act("offer", member=3, item="E99"))
    refused("item_gone", lambda: w.act("offer", member=3, item="E1"))


def test_expired_offer_is_not_accepted_and_its_points_come_back() -> None:
    w = world(offer_hours=2)
    listing(w, 1)
    w.act("offer", member=2, points=30)
    w.now += timedelta(hours=2)
    refused("offer_expired", lambda: w.act("accept", member=1, part=1))
    w.act("offer", member=3, points=1)
    assert w.points[2] == PURSE, "the next offer clears what has expired"


def test_counter_offer_changes_terms_only_with_consent() -> None:
    w = world()
    listing(w, 1)
    w.act("offer", member=2, points=30)
    w.act("counter", member=1, part=1, points=50)
    assert w.points[2] == PURSE - 30, "nothing more is held before the offerer agrees"
    refused("no_counter", lambda: w.act("answer", member=3, part=1, accept=True))
    w.act("answer", member=2, part=1, accept=True)
    assert (w.points[2], w.state(1).state) == (PURSE - 50, EntryState.MATCHED)
    w.act("confirm", member=1)
    w.act("confirm", member=2)
    assert (w.points[1], w.points[2]) == (PURSE + 50, PURSE - 50)


def test_counter_offer_may_ask_for_another_thing_and_fewer_points() -> None:
    w = world()
    listing(w, 1)
    listing(w, 2)
    w.act("offer", member=2, points=30)
    refused("same_terms", lambda: w.act("counter", member=1, part=1, points=30))
    w.act("counter", member=1, part=1, item="E2", points=10)
    w.act("answer", member=2, part=1, accept=True)
    assert (states(w), w.points[2]) == ([EntryState.MATCHED, EntryState.MATCHED], PURSE - 10)


def test_declined_counter_leaves_the_offer() -> None:
    w = world()
    listing(w, 1)
    w.act("offer", member=2, points=30)
    w.act("counter", member=1, part=1, points=50)
    w.act("answer", member=2, part=1, accept=False)
    refused("no_counter", lambda: w.act("answer", member=2, part=1, accept=True))
    w.act("accept", member=1, part=1)
    assert w.points[2] == PURSE - 30


def test_agreeing_to_more_than_the_purse_changes_nothing() -> None:
    w = world()
    listing(w, 1)
    w.act("offer", member=2, points=30)
    w.act("counter", member=1, part=1, points=PURSE + 50)
    refused("no_points", lambda: w.act("answer", member=2, part=1, accept=True))
    assert (w.points[2], w.state(1).state) == (PURSE - 30, EntryState.OPEN)


# --- deals ---------------------------------------------------------------------------------------


def swapping(w: World) -> None:
    """Listing 1 for listing 2 and 20 points; members 3 and 4 are rivals on either."""
    listing(w, 1)
    listing(w, 2)
    w.act("offer", member=3, entry=1, points=30)
    w.act("offer", member=4, entry=2, points=40)
    w.act("offer", member=2, entry=1, item="E2", points=20)
    w.act("accept", member=1, entry=1, part=offer_of(w, 1, 2).id)


def test_accepting_releases_rivals_on_both_things() -> None:
    w = world()
    swapping(w)
    assert [w.points[m] for m in (1, 2, 3, 4)] == [PURSE, PURSE - 20, PURSE, PURSE]
    assert states(w) == [EntryState.MATCHED, EntryState.MATCHED]
    assert w.claims == {"item:1", "item:2"}


def test_thing_is_in_one_accepted_exchange_at_most() -> None:
    """C8: one thing offered on two listings is accepted once."""
    w = world()
    for member in (1, 2, 3):
        listing(w, member)
    w.act("offer", member=3, entry=1, item="E3")
    w.act("offer", member=3, entry=2, item="E3")
    w.act("accept", member=1, entry=1, part=1)
    refused("item_gone", lambda: w.act("accept", member=2, entry=2, part=2))
    assert w.state(2).state == EntryState.OPEN


def test_claim_guards_a_thing_even_when_states_are_wrong() -> None:
    """C8: the unique row is the guard, not the state that was read."""
    w = world()
    swapping(w)
    w.entries[2] = replace(w.entries[2], state=EntryState.OPEN)
    listing(w, 5)
    w.act("offer", member=2, entry=3, item="E2")
    refused("taken", lambda: w.act("accept", member=5, entry=3, part=offer_of(w, 3, 2).id))


def test_two_confirmations_complete_both_sides() -> None:
    w = world()
    swapping(w)
    refused("not_yours", lambda: w.act("confirm", member=3, entry=1))
    refused("other_page", lambda: w.act("confirm", member=2, entry=2))
    w.act("confirm", member=2, entry=1)
    refused("already_confirmed", lambda: w.act("confirm", member=2, entry=1))
    assert w.points[1] == PURSE, "nothing is paid before both have confirmed"
    w.now = w.run.closes_at + timedelta(hours=1)
    w.act("confirm", member=1, entry=1)
    assert states(w) == [EntryState.WON, EntryState.WON]
    assert [w.points[m] for m in (1, 2)] == [PURSE + 20, PURSE - 20]
    assert (w.given(1), w.given(2)) == (["owner"], ["partner"])
    assert w.claims == {"item:1", "item:2"}, "an exchanged thing stays claimed"


@pytest.mark.parametrize("member", [1, 2])
def test_either_side_may_cancel_before_anyone_confirms(member: int) -> None:
    w = world()
    swapping(w)
    w.act("cancel", member=member, entry=1)
    assert states(w) == [EntryState.OPEN, EntryState.OPEN]
    assert [w.points[m] for m in (1, 2)] == [PURSE, PURSE]
    assert w.claims == set()
    w.act("offer", member=2, entry=1, item="E2", points=20)
    w.act("accept", member=1, entry=1, part=offer_of(w, 1, 2).id)
    assert w.points[2] == PURSE - 20


def test_run_that_is_extended_during_a_deal_takes_the_listings_along() -> None:
    w = world(hours=24 * 30)
    swapping(w)
    assert w.run.closes_at < START + timedelta(days=30)
    w.run = replace(w.run, closes_at=START + timedelta(days=20))
    w.act("cancel", member=1, entry=1)
    assert [w.state(entry).expires_at for entry in (1, 2)] == [w.run.closes_at] * 2


def test_nobody_cancels_what_the_other_has_already_handed_over() -> None:
    w = world()
    swapping(w)
    w.act("confirm", member=1, entry=1)
    refused("half_done", lambda: w.act("cancel", member=2, entry=1))
    w.now += timedelta(hours=72)
    w.expire(2)
    assert states(w) == [EntryState.DISPUTED, EntryState.DISPUTED]
    assert w.points[2] == PURSE - 20, "points stay held until a person has judged"
    w.act("arbitrate", entry=1, is_staff=True, complete=True, note="有收货照片")
    assert [w.points[m] for m in (1, 2)] == [PURSE + 20, PURSE - 20]


@pytest.mark.parametrize("entry", [1, 2])
def test_time_to_hand_over_runs_out_from_either_side(entry: int) -> None:
    w = world()
    swapping(w)
    w.expire(entry)
    assert states(w) == [EntryState.MATCHED, EntryState.MATCHED], "too early changes nothing"
    w.now += timedelta(hours=72)
    w.expire(entry)
    assert states(w) == [EntryState.OPEN, EntryState.OPEN]
    assert w.points[2] == PURSE


def test_exchange_outlives_the_window_but_the_shelf_does_not() -> None:
    w = world()
    listing(w, 1)
    w.now = w.run.closes_at - timedelta(hours=1)
    listing(w, 2)
    w.act("offer", member=2, entry=1, item="E2")
    w.act("accept", member=1, entry=1, part=1)
    w.now = w.run.closes_at
    for entry in (1, 2):
        w.expire(entry, is_closing=True)
    assert states(w) == [EntryState.MATCHED, EntryState.MATCHED]
    w.act("cancel", member=1, entry=1)
    assert states(w) == [EntryState.FAILED, EntryState.FAILED]


@pytest.mark.parametrize("complete", [True, False])
def test_dispute_waits_for_staff_however_long(complete: bool) -> None:
    w = world()
    swapping(w)
    refused("not_yours", lambda: w.act("dispute", member=3, entry=1, reason="我也要"))
    w.act("dispute", member=2, entry=1, reason="东西是坏的")
    for _day in range(3):
        w.now += timedelta(days=10)
        for entry in (1, 2):
            w.expire(entry, is_closing=True)
            expires = w.state(entry).expires_at
            assert expires is not None
            assert expires > w.now
    assert states(w) == [EntryState.DISPUTED, EntryState.DISPUTED]
    refused("not_allowed", lambda: w.act("arbitrate", member=1, entry=1, complete=True, note="我说的"))
    w.act("arbitrate", entry=1, is_staff=True, complete=complete, note="看过照片")
    end = EntryState.WON if complete else EntryState.FAILED
    assert states(w) == [end, end]
    assert w.points[1] + w.points[2] == 2 * PURSE
    assert w.points[1] == PURSE + (20 if complete else 0)


def test_both_sides_of_a_dispute_are_heard_once() -> None:
    """C8: whoever complains first stops the clock; the other may answer before a person decides."""
    w = world()
    swapping(w)
    w.act("confirm", member=1, entry=1)
    w.act("dispute", member=2, entry=1, reason="东西是坏的")
    refused("already_disputed", lambda: w.act("dispute", member=2, entry=1, reason="真的坏了"))
    refused("not_yours", lambda: w.act("dispute", member=3, entry=1, reason="我也要"))
    refused("other_page", lambda: w.act("dispute", member=1, entry=2, reason="给的时候好好的"))
    pages = {(member, entry): look(w, entry, member) for member, entry in ((1, 1), (2, 1), (2, 2))}
    assert [button.verb for button in pages[1, 1].buttons] == ["dispute"]
    assert not pages[2, 1].buttons
    assert "E1" in str(pages[2, 2].text)
    w.act("dispute", member=1, entry=1, reason="给的时候好好的")
    assert states(w) == [EntryState.DISPUTED, EntryState.DISPUTED]
    listed = w.state(1)
    heard = MECHANIC.voices(listed.owner_id, listed.data)
    assert [(str(one.role), one.member_id, one.text, len(one.facts)) for one in heard] == [
        ("物主", 1, "给的时候好好的", 1),
        ("换家", 2, "东西是坏的", 0),
    ]
    assert MECHANIC.voices(2, w.state(2).data) == []


def test_half_confirmed_when_time_is_over_lets_both_sides_speak() -> None:
    w = world()
    swapping(w)
    w.act("confirm", member=1, entry=1)
    w.now = w.state(1).expires_at or w.now
    w.expire(1)
    assert states(w) == [EntryState.DISPUTED, EntryState.DISPUTED]
    for member in (1, 2):
        w.act("dispute", member=member, entry=1, reason=f"我是{member}")
    assert [one.text for one in MECHANIC.voices(1, w.state(1).data)] == ["我是1", "我是2"]


def test_voided_offer_undoes_its_exchange_but_not_a_finished_one() -> None:
    w = world()
    swapping(w)
    part = offer_of(w, 1, 2).id
    w.act("voided", part=part)
    assert (states(w), w.points[2]) == ([EntryState.OPEN, EntryState.OPEN], PURSE)
    w.act("offer", member=2, entry=1, item="E2", points=20)
    part = offer_of(w, 1, 2).id
    w.act("accept", member=1, entry=1, part=part)
    for member in (1, 2):
        w.act("confirm", member=member, entry=1)
    w.act("voided", part=part)
    assert (states(w), w.given(1), w.given(2)) == ([EntryState.WON, EntryState.WON], [], [])
    assert w.points[1] == PURSE + 20


def test_lock_taken_before_the_deal_was_known_is_refused() -> None:
    """The other side is locked by what the data said before the lock: if that was stale, try again."""
    w = world()
    swapping(w)
    turn = w.turn("cancel", member=1, entry=1)
    assert turn.state is not None
    refused("busy", lambda: MECHANIC.decide(replace(turn, state=replace(turn.state, others={}))))


# --- rules and costs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "rules"),
    [
        ("allows_items", {"allows_items": False, "allows_points": False}),
        ("offer_hours", {"hours": 24, "offer_hours": 25}),
    ],
)
def test_rules_that_cannot_work_are_refused(field: str, rules: dict[str, object]) -> None:
    with pytest.raises(Invalid) as error:
        SwapRules.load(rules)
    assert error.value.field == field


def test_costs_of_the_worked_example() -> None:
    """The figures in docs/guide/mechanics/swap.md."""
    costs = MECHANIC.costs(SwapRules(), {"owner": Decimal("2.00"), "partner": Decimal("1.00")})
    assert (costs.best, costs.expected, costs.worst) == (0, Decimal("0.90"), Decimal("3.00"))


# --- any order of anything -----------------------------------------------------------------------

VERBS = [
    "list", "moderate", "unlist", "offer", "offer", "offer", "withdraw", "turn_down", "counter", "answer",
    "accept", "accept", "confirm", "confirm", "cancel", "dispute", "arbitrate", "voided", "expire", "wait",
]  # fmt: skip
STEP = st.tuples(st.sampled_from(VERBS), st.sampled_from(MEMBERS), st.integers(0, 60), st.integers(0, 60))


@settings(max_examples=100)
@given(
    needs_moderation=st.booleans(),
    offer_hours=st.integers(1, 48),
    confirm_hours=st.integers(1, 96),
    offers=st.integers(1, 3),
    steps=st.lists(STEP, min_size=5, max_size=60),
)
def test_any_play_keeps_points_and_things_single(
    needs_moderation: bool,
    offer_hours: int,
    confirm_hours: int,
    offers: int,
    steps: list[tuple[str, int, int, int]],
) -> None:
    """C8, M4: points are conserved and never negative, a thing is in one exchange at most, both sides of a deal
    move together, and when all is over nothing is left held."""
    w = world(
        needs_moderation=needs_moderation,
        offer_hours=offer_hours,
        confirm_hours=confirm_hours,
        offers_per_listing=offers,
    )
    for member in (1, 2, 3):
        listing(w, member)
        if needs_moderation:
            w.act("moderate", entry=member, is_staff=True, accept=True)
    for step in steps:
        with suppress(Refused):
            _step(w, *step)
        _check(w)
    _finish(w)
    _check(w)
    assert sum(w.points.values()) == PURSE * len(MEMBERS), "nothing is left held"
    assert not any(state in LIVE_ENTRY_STATES for state in states(w))


def _step(w: World, verb: str, member: int, first: int, second: int) -> None:
    entry = 1 + first % len(w.entries)
    owner = w.entries[entry].owner_id
    live = w.live_parts(entry)
    part = live[second % len(live)] if live else None
    own = [f"E{n}" for n, e in w.entries.items() if e.owner_id == member]
    terms = {"points": second, "item": own[second % len(own)] if own and second % 3 else ""}
    match verb:
        case "list":
            listing(w, member)
        case "moderate":
            w.act("moderate", entry=entry, is_staff=True, accept=second % 3 > 0, note="看过")
        case "unlist":
            w.act("unlist", entry=entry, member=owner)
        case "offer":
            w.act("offer", entry=entry, member=member, **terms)
        case "withdraw" if part:
            w.act("withdraw", entry=entry, member=part.member_id)
        case "turn_down" | "accept" if part:
            w.act(verb, entry=entry, member=owner, part=part.id)
        case "counter" if part:
            theirs = [f"E{n}" for n, e in w.entries.items() if e.owner_id == part.member_id]
            item = theirs[first % len(theirs)] if theirs and first % 2 else ""
            w.act("counter", entry=entry, member=owner, part=part.id, points=second, item=item)
        case "answer" if part:
            w.act("answer", entry=entry, member=part.member_id, part=part.id, accept=second % 4 > 0)
        case "confirm" | "cancel":
            w.act(verb, entry=entry, member=owner if second % 2 or not part else part.member_id)
        case "dispute":
            w.act("dispute", entry=entry, member=owner, reason="坏的")
        case "arbitrate":
            w.act("arbitrate", entry=entry, is_staff=True, complete=second % 2 > 0, note="看过")
        case "voided" if w.parts:
            number = 1 + second % len(w.parts)
            if second % 5 == 0:
                w.act("voided", entry=w.parts[number][0], part=number)
        case "expire":
            _expire_due(w)
        case "wait":
            w.now += timedelta(hours=second / 4)


def _expire_due(w: World) -> None:
    for number in list(w.entries):
        state = w.entries[number]
        if state.state in LIVE_ENTRY_STATES and state.expires_at is not None and state.expires_at <= w.now:
            w.expire(number)
            after = w.entries[number]
            due = after.expires_at is not None and after.expires_at <= w.now
            assert after.state not in LIVE_ENTRY_STATES or not due, "expiry settles, or names a later time"


def _finish(w: World) -> None:
    """The window closes, what may still finish runs out, staff judge the rest."""
    w.now = max(w.now, w.run.closes_at)
    for _round in range(2):
        for number in list(w.entries):
            if w.entries[number].state in LIVE_ENTRY_STATES:
                w.expire(number, is_closing=True)
        w.now += timedelta(days=30)
    for number in list(w.entries):
        if w.entries[number].state == EntryState.DISPUTED:
            with suppress(Refused):  # the offered side follows the listing
                w.act("arbitrate", entry=number, is_staff=True, complete=bool(number % 2), note="看过")


def _check(w: World) -> None:
    involved: list[int] = []
    held = 0
    for number in w.entries:
        state = w.state(number)
        offers = state.parts
        assert len({part.member_id for part in offers}) == len(offers), (
            "one live offer per member and listing"
        )
        assert all(part.member_id != state.owner_id for part in offers), "nobody trades with themselves"
        accepted = [part for part in offers if part.state == PartState.COUNTED]
        assert len(accepted) <= 1
        is_over = state.state == EntryState.WON
        held += sum(int(p.data["points"]) for p in offers if not (is_over and p.state == PartState.COUNTED))
        deal = state.data.get("deal")
        if state.state in (EntryState.MATCHED, EntryState.DISPUTED, EntryState.WON):
            assert deal is not None
            involved.append(number)
            if deal["with"]:
                other = w.entries[int(deal["with"][1:])]
                assert other.state == state.state, "both sides of a deal move together"
                assert other.data["deal"]["with"] == state.code
        else:
            assert deal is None
            assert not accepted
        if state.state != EntryState.OPEN:
            assert all(part in accepted for part in offers), "rivals are released"
        for viewer in (None, state.owner_id, 4, 99):
            MECHANIC.page(w.turn("look", member=viewer, entry=number))
    assert w.claims == {f"item:{number}" for number in involved}
    assert min(w.points.values()) >= 0
    assert sum(w.points.values()) + held == PURSE * len(MEMBERS), "points are conserved"


@pytest.mark.parametrize("state", list(EntryState))
@pytest.mark.parametrize("is_moderated", [True, False])
def test_page_has_words_for_every_state_and_viewer(state: EntryState, is_moderated: bool) -> None:
    w = world(needs_moderation=is_moderated)
    assert MECHANIC.page(w.turn("look", entry=None)).buttons[0].verb == "list"
    listing(w, 1)
    w.entries[1] = replace(w.entries[1], state=state, data={})
    for viewer in (None, 1, 2):
        page = MECHANIC.page(w.turn("look", member=viewer))
        assert str(page.headline)
        assert {button.verb for button in page.buttons} <= {verb.key for verb in MECHANIC.verbs}
