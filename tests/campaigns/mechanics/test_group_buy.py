"""拼 group_buy as a pure state machine."""

import contextlib
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import Part, Refused
from apps.campaigns.mechanics.group_buy import MECHANIC, GroupBuyRules
from apps.core.errors import Invalid
from tests.campaigns.mechanics.world import World

ENDED = {EntryState.WON, EntryState.FAILED, EntryState.CANCELLED}
TIERS = ((2, Decimal("55.00")), (3, Decimal("49.90")))


def world(stock: int | None = None, **rules: object) -> World:
    return World(MECHANIC, GroupBuyRules(**({"size": 3} | rules)), stock=stock)


def refused(code: str) -> Any:
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def owned(w: World, member: int, entry: int = 1) -> Part:
    """The member's live seat."""
    return next(part for part in w.live_parts(entry) if part.member_id == member)


def kept(w: World) -> dict[int, Decimal]:
    """What is still with us of each member's payments."""
    sums: dict[int, Decimal] = {}
    for _entry, part in w.parts.values():
        if part.is_paid:
            sums[part.member_id] = sums.get(part.member_id, Decimal(0)) + part.order_kept
    return sums


def seated(w: World, *members: int) -> None:
    """Everybody takes a seat of one team, the first opens it."""
    w.open(members[0])
    for member in members[1:]:
        w.act("join", member=member)


# --- what happens in a team ---------------------------------------------------------------------------


def test_team_succeeds_when_the_last_seat_is_paid_and_not_when_it_is_taken() -> None:
    """C5."""
    w = world()
    seated(w, 1, 2, 3)
    for member in (3, 1):
        w.pay(owned(w, member).id)
        assert w.state(1).state == EntryState.OPEN
    w.pay(owned(w, 2).id)
    assert w.state(1).state == EntryState.WON
    assert w.given(1) == ["leader", "member"]
    assert w.given(2) == ["member"]
    assert (w.reserved, w.sold) == (0, 3)


def test_two_last_joiners_do_not_overfill() -> None:
    """yudao reserved no seat before payment: two last joiners overfilled the team (FIELD)."""
    w = world(size=2)
    seated(w, 1, 2)
    with refused("full"):
        w.act("join", member=3)
    w.pay(1)
    with refused("full"):
        w.act("join", member=3)
    w.pay(2)
    assert w.state(1).state == EntryState.WON, "a full team never stays in progress"


def test_every_refund_uses_the_members_own_order() -> None:
    """CRMEB refunded every member of a failed team with the leader's order id (FIELD)."""
    w = world(size=4, leader_discount=Decimal("9.00"))
    seated(w, 1, 2, 3)
    for member in (1, 2):
        w.pay(owned(w, member).id)
    w.now += timedelta(hours=24)
    w.expire()
    assert w.state(1).state == EntryState.FAILED
    assert sorted(w.refunds.values()) == [(1, Decimal("50.00")), (2, Decimal("59.00"))]
    assert w.cancelled_orders == {3}
    assert (w.reserved, w.sold) == (0, 0)


def test_lapsed_seat_can_be_taken_by_another_and_by_the_same_member() -> None:
    w = world(size=3, seats_per_member=1)
    seated(w, 1, 2, 3)
    w.lapse(2)
    w.act("join", member=4)
    w.lapse(3)
    w.act("join", member=3)
    assert {part.member_id for part in w.live_parts()} == {1, 3, 4}


def test_leader_whose_payment_lapses_hands_over_to_the_earliest_paid_member() -> None:
    w = world(size=4)
    seated(w, 1, 2, 3)
    w.pay(3)
    w.lapse(1)
    assert w.state(1).owner_id == 3
    w.act("leave", member=3)
    assert w.state(1).owner_id == 2, "else the earliest who has a seat"
    w.lapse(2)
    assert w.state(1).state == EntryState.CANCELLED


def test_leader_who_took_over_gets_the_leader_price_at_success() -> None:
    w = world(size=2, leader_discount=Decimal("59.00"))
    w.open(1)
    assert owned(w, 1).state == PartState.COUNTED, "an order over 0 is never made"
    w.act("join", member=2)
    w.act("leave", member=1)
    assert w.state(1).owner_id == 2
    w.act("join", member=1)
    w.pay(owned(w, 1).id)
    w.pay(owned(w, 2).id)
    assert kept(w) == {1: Decimal("59.00"), 2: Decimal("0.00")}


def test_seat_whose_price_came_down_to_nothing_outlives_its_full_refund() -> None:
    """The orders room tells of every order that is refunded in full, and this one was by the price."""
    w = world(size=2, leader_discount=Decimal("59.00"))
    w.open(1)
    w.act("join", member=2)
    w.act("leave", member=1)
    w.act("join", member=1)
    for member in (1, 2):
        w.pay(owned(w, member).id)
    assert w.act("voided", part=owned(w, 2).id, reason="refunded").effects == ()
    w.act("voided", part=owned(w, 1).id, reason="refunded")
    assert [part.member_id for part in w.live_parts()] == [2]
    w.act("voided", part=owned(w, 2).id, reason="risk")
    assert w.live_parts() == ()


def test_ladder_refunds_the_difference_to_each_own_order() -> None:
    w = world(size=3, tiers=TIERS)
    seated(w, 1, 2, 3)
    for part in (1, 2, 3):
        w.pay(part)
    assert kept(w) == dict.fromkeys((1, 2, 3), Decimal("49.90"))
    assert sorted(w.refunds.values()) == [(part, Decimal("9.10")) for part in (1, 2, 3)]


def test_ladder_succeeds_at_expiry_with_the_paid_ones_and_a_new_leader() -> None:
    w = world(size=3, tiers=TIERS)
    seated(w, 1, 2, 3)
    w.pay(2)
    w.pay(3)
    w.now += timedelta(hours=24)
    w.expire()
    assert w.state(1).state == EntryState.WON
    assert w.state(1).owner_id == 2
    assert kept(w) == {2: Decimal("55.00"), 3: Decimal("55.00")}
    assert w.given(1) == []


@pytest.mark.parametrize(("rule", "end"), [("refund", EntryState.FAILED), ("complete", EntryState.WON)])
@pytest.mark.parametrize("is_closing", [True, False])
def test_close_of_the_run_follows_its_rule_whichever_scan_comes_first(
    rule: str, end: EntryState, is_closing: bool
) -> None:
    w = world(size=3, on_close=rule, hours=24 * 30)
    w.open(1)
    w.pay(1)
    w.now = w.run.closes_at
    w.expire(is_closing=is_closing)
    assert w.state(1).state == end
    assert {part.member_id for part in w.live_parts()} <= {1}, "no invented participants, ever"


def test_short_team_fails_before_the_close_even_if_the_close_would_complete_it() -> None:
    w = world(size=3, on_close="complete")
    w.open(1)
    w.pay(1)
    w.now += timedelta(hours=24)
    w.expire()
    assert w.state(1).state == EntryState.FAILED


def test_team_past_its_time_takes_nobody_even_before_it_is_settled() -> None:
    """yudao's help ignored the end (FIELD)."""
    w = world()
    w.open(1)
    w.now += timedelta(hours=24)
    for verb, member in (("join", 2), ("leave", 1)):
        with refused("expired"):
            w.act(verb, member=member)


def test_free_team_needs_no_orders() -> None:
    w = world(size=2, price=Decimal("0.00"))
    seated(w, 1, 2)
    assert w.state(1).state == EntryState.WON
    assert [part.order_id for part in w.live_parts()] == [None, None]
    assert w.given(2) == ["member"]


def test_single_buyer_pays_the_single_price_and_is_nobodys_team() -> None:
    w = world(single_price=Decimal("79.00"))
    w.open(1, alone=True)
    assert owned(w, 1).order_amount == Decimal("79.00")
    with refused("full"):
        w.act("join", member=2)
    w.pay(1)
    assert w.state(1).state == EntryState.WON
    assert w.given(1) == []
    with refused("no_single"):
        world().open(1, alone=True)


def test_limits_of_members_stock_and_newcomers() -> None:
    w = world(stock=2, seats_per_member=1, is_new_joiner_only=True)
    w.new_members = frozenset({2, 3})
    w.open(1)
    with refused("seat_limit"):
        w.open(1)
    with refused("new_members_only"):
        w.act("join", member=4)
    w.act("join", member=2)
    with refused("already_joined"):
        w.act("join", member=2)
    with refused("sold_out"):
        w.act("join", member=3)
    w.lapse(2)
    w.act("join", member=3)


def test_money_that_comes_for_a_freed_seat_goes_back() -> None:
    w = world()
    w.open(1)
    w.lapse(1)
    w.pay(1)
    assert w.refunds == {"seat_1": (1, Decimal("59.00"))}
    assert w.lapse(1).effects == (), "a seat is freed once"
    assert (w.reserved, w.sold) == (0, 0)


def test_voided_seat_of_a_successful_team_costs_the_others_nothing() -> None:
    """C13."""
    w = world(size=2)
    seated(w, 1, 2)
    w.pay(1)
    w.pay(2)
    w.act("voided", part=1, is_staff=True)
    assert kept(w) == {1: Decimal("0.00"), 2: Decimal("59.00")}
    assert (w.given(1), w.given(2)) == ([], ["member"])
    assert w.state(1).state == EntryState.WON
    w.act("voided", part=2, is_staff=True)
    assert w.state(1).state == EntryState.CANCELLED


# --- rules ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"size": 3, "tiers": [[4, "9.00"]]}, "tiers"),
        ({"size": 9, "tiers": [[5, "50.00"], [3, "40.00"]]}, "tiers"),
        ({"size": 9, "tiers": [[3, "40.00"], [5, "50.00"]]}, "tiers"),
        ({"size": 9, "tiers": [[3, "60.00"]]}, "tiers"),
        ({"single_price": "58.99"}, "single_price"),
        ({"size": 9, "tiers": [[3, "40.00"]], "leader_discount": "40.01"}, "leader_discount"),
        ({"size": 1}, "size"),
        ({"on_close": "invent"}, "on_close"),
    ],
)
def test_rules_that_cannot_work_are_refused(data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        GroupBuyRules.load(data)
    assert refusal.value.field == field


# --- any order of verbs ---------------------------------------------------------------------------------


@st.composite
def any_rules(draw: st.DrawFn) -> GroupBuyRules:
    size = draw(st.integers(2, 5))
    price = draw(st.sampled_from(["0.00", "0.01", "19.99", "59.00"]).map(Decimal))
    people = sorted(draw(st.sets(st.integers(2, size), max_size=3)))
    falls = sorted((draw(st.integers(0, int(price * 100))) for _ in people), reverse=True)
    tiers = tuple((n, Decimal(cents) / 100) for n, cents in zip(people, falls, strict=True))
    lowest = min([price, *(p for _n, p in tiers)])
    rules = GroupBuyRules(
        size=size,
        price=price,
        tiers=tiers,
        single_price=draw(st.sampled_from([Decimal("0.00"), price])),
        leader_discount=draw(st.sampled_from([Decimal("0.00"), lowest, min(lowest, Decimal("0.01"))])),
        hours=draw(st.sampled_from([1, 24, 24 * 30])),
        pay_minutes=draw(st.sampled_from([1, 15, 1440])),
        seats_per_member=draw(st.integers(1, 3)),
        on_close=draw(st.sampled_from(["refund", "complete"])),
    )
    return GroupBuyRules.load(rules.dump())


VERBS = (
    "open",
    "alone",
    "join",
    "join",
    "join",
    "leave",
    "pay",
    "pay",
    "pay",
    "lapse",
    "void",
    "wait",
    "expire",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(1, 6), st.integers(0, 20)), min_size=15, max_size=40
)


def play(w: World, verb: str, member: int, which: int) -> None:
    """One step; what is refused must leave everything as it was, which ``check`` sees."""
    entries = sorted(w.entries)
    if verb in ("open", "alone"):
        w.open(member, **({"alone": True} if verb == "alone" else {}))
    elif verb == "wait":
        w.now = min(w.now + timedelta(hours=which), w.run.closes_at)
    elif not entries:
        return
    elif verb in ("join", "leave"):
        entry = entries[which % len(entries)]
        state = w.state(entry)
        # The engine refuses these two before it asks the mechanic.
        if state.state == EntryState.OPEN and not (verb == "join" and state.owner_id == member):
            w.act(verb, member=member, entry=entry)
    elif verb == "expire":
        entry = entries[which % len(entries)]
        state = w.state(entry)
        if state.state not in ENDED and state.expires_at is not None and w.now >= state.expires_at:
            w.expire(entry)
    else:
        press(w, verb, which)


def press(w: World, verb: str, which: int) -> None:
    live = [
        part
        for _entry, part in w.parts.values()
        if part.state != PartState.VOID and (verb == "void" or part.state == PartState.PENDING)
    ]
    if not live:
        return
    part = live[which % len(live)]
    if verb == "void":
        w.act("voided", entry=w.parts[part.id][0], part=part.id, is_staff=True)
    else:
        (w.pay if verb == "pay" else w.lapse)(part.id)


def check(w: World, rules: GroupBuyRules) -> None:
    live = [(entry, part) for entry, part in w.parts.values() if part.state != PartState.VOID]
    assert w.reserved == sum(part.state == PartState.PENDING for _entry, part in live)
    assert w.sold == sum(part.state == PartState.COUNTED for _entry, part in live)
    assert +w.quotas == Counter((part.member_id, "seat") for _entry, part in live)
    for _entry, part in w.parts.values():
        assert part.order_id is None or part.order_amount > 0
        if part.state == PartState.VOID:
            assert part.order_kept == 0, "a freed seat's own order is paid back in full"
            assert part.order_id is None or part.is_paid or part.id in w.cancelled_orders
        back = sum((amount for number, amount in w.refunds.values() if number == part.id), Decimal(0))
        assert part.order_kept == (part.order_amount - back if part.is_paid else 0)
    for number in w.entries:
        check_team(w, rules, number)


def check_team(w: World, rules: GroupBuyRules, number: int) -> None:
    state = w.state(number)
    is_alone = bool(state.data.get("alone"))
    size = 1 if is_alone else rules.size
    assert state.count + state.pending_count <= size
    gives = Counter(give.slot for (entry, _key), give in w.gives.items() if entry == number)
    if state.state == EntryState.OPEN:
        assert state.owner_id in {part.member_id for part in state.parts}
        assert state.count < size, "all seats paid and still in progress"
    elif state.state in (EntryState.FAILED, EntryState.CANCELLED):
        assert state.parts == ()
    else:
        assert state.state == EntryState.WON
        assert state.count >= 1
        assert state.pending_count == 0
    if state.state != EntryState.WON or is_alone:
        assert not gives
    else:
        assert gives["member"] == state.count
        assert gives["leader"] <= 1


@given(rules=any_rules(), steps=STEPS, stock=st.sampled_from([None, 3, 8]))
def test_money_seats_and_stock_agree_after_any_order_of_verbs(
    rules: GroupBuyRules, steps: list[tuple[str, int, int]], stock: int | None
) -> None:
    """C1, C2, C5 in every state between opening and settlement."""
    w = World(MECHANIC, rules, hours=48, stock=stock)
    for step in steps:
        with contextlib.suppress(Refused):
            play(w, *step)
        check(w, rules)
    w.now = w.run.closes_at
    for number, state in w.entries.items():
        if state.state not in ENDED:
            w.expire(number, is_closing=True)
        check(w, rules)
    assert w.reserved == 0
    assert all(state.state in ENDED for state in w.entries.values())


@given(rules=any_rules(), payers=st.sets(st.integers(1, 5)), is_closing=st.booleans())
def test_team_succeeds_iff_enough_seats_are_paid(
    rules: GroupBuyRules, payers: set[int], is_closing: bool
) -> None:
    """C5, and everybody finally pays exactly the price of the number that was reached."""
    w = World(MECHANIC, rules, hours=24 * 60)
    seated(w, *range(1, rules.size + 1))
    for part in w.live_parts():
        if part.member_id in payers and part.state == PartState.PENDING and not part.is_paid:
            w.pay(part.id)
    paid = w.state(1).count
    if w.state(1).state == EntryState.OPEN:
        w.now += timedelta(hours=rules.hours)
        w.expire(is_closing=is_closing)
    completes = is_closing and rules.on_close == "complete" and paid > 0
    state = w.state(1)
    assert (state.state == EntryState.WON) == (paid >= rules.needed or completes)
    if state.state == EntryState.WON:
        for part in state.parts:
            due = rules.due(rules.price_for(paid), is_leader=part.member_id == state.owner_id)
            assert part.order_kept == due if part.order_id else due == 0


@given(rules=any_rules())
def test_price_never_rises_with_people_and_costs_are_in_order(rules: GroupBuyRules) -> None:
    prices = [rules.price_for(n) for n in range(1, rules.size + 1)]
    assert all(later <= sooner for sooner, later in pairwise(prices))
    costs = MECHANIC.costs(rules, {"member": Decimal("1.99"), "leader": Decimal("5.00")})
    assert 0 <= costs.best <= costs.expected <= costs.worst


@given(rules=any_rules(), steps=STEPS, viewer=st.sampled_from([None, 1, 2, 6, 99]))
def test_page_is_shown_to_anybody_in_any_state(
    rules: GroupBuyRules, steps: list[tuple[str, int, int]], viewer: int | None
) -> None:
    w = World(MECHANIC, rules, hours=48)
    for step in steps:
        with contextlib.suppress(Refused):
            play(w, *step)
    for entry in (None, *w.entries):
        page = MECHANIC.page(w.turn("look", member=viewer, entry=entry))
        assert str(page.headline)
        if entry is not None and w.state(entry).state in ENDED:
            assert page.buttons == ()
