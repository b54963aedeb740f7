"""砍 bargain: who may cut, buying, and every order of verbs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.bargain import MECHANIC, BargainRules
from apps.campaigns.mechanics.base import AddPart, Refused
from tests.campaigns.mechanics.bargains import (
    OWNER,
    cut_down,
    price,
    purchase,
    refused,
    workable_rules,
    world,
)
from tests.campaigns.mechanics.world import START, World

# --- who may cut ---------------------------------------------------------------------------------------


def test_second_cut_of_the_same_member_is_refused() -> None:
    """C2."""
    w = world()
    w.open(OWNER)
    w.act("cut", member=2)
    assert refused(w, "cut", member=2) == "already_helped"


@pytest.mark.parametrize("helper_has_a_bargain", [False, True])
def test_cut_limit_holds_with_and_without_a_bargain_of_ones_own(helper_has_a_bargain: bool) -> None:
    """CRMEB's limit applied only to helpers who own a bargain (FIELD)."""
    w = world(cuts_per_run=1)
    first, second = w.open(OWNER), w.open(2)
    if helper_has_a_bargain:
        w.open(3)
    w.act("cut", member=3, entry=first)
    assert refused(w, "cut", member=3, entry=second) == "help_limit"


def test_daily_limit_starts_again_at_midnight_of_the_house() -> None:
    """LinkWeChat's "daily" cap summed all history (FIELD). START is 20:00 in Shanghai."""
    w = world(cuts_per_day=1, hours=72)
    w.open(OWNER), w.open(2), w.open(3)
    w.act("cut", member=4, entry=1)
    w.now = START + timedelta(hours=3, minutes=59)
    assert refused(w, "cut", member=4, entry=2) == "day_limit"
    w.now = START + timedelta(hours=4)
    w.act("cut", member=4, entry=2)
    assert refused(w, "cut", member=4, entry=3) == "day_limit"


@pytest.mark.parametrize(("bargain_hours", "run_hours"), [(24, 240), (24, 2)])
def test_nobody_cuts_after_the_time_even_before_expiry_has_run(bargain_hours: int, run_hours: int) -> None:
    """yudao's help ignored the campaign's end (FIELD)."""
    w = World(MECHANIC, world(hours=bargain_hours).rules, hours=run_hours)
    w.open(OWNER)
    w.now = START + timedelta(hours=min(bargain_hours, run_hours))
    assert refused(w, "cut", member=2) == "ended"
    w.expire()
    assert w.state(1).state == EntryState.FAILED


def test_run_that_was_ended_early_ends_the_cutting() -> None:
    w = world()
    w.open(OWNER)
    w.now += timedelta(hours=2)
    w.run = replace(w.run, closes_at=w.now)
    assert refused(w, "cut", member=2) == "ended"


def test_own_cut_comes_on_top_of_the_friends() -> None:
    """C4: exactly the set number of helpers ends it, the owner's own cut is not one of them."""
    w = world(has_own_cut=True)
    w.open(OWNER)
    assert price(w) < Decimal("10.00")
    cut_down(w)
    assert price(w) == Decimal("4.00")


# --- buying --------------------------------------------------------------------------------------------


def test_floor_holds_one_unit_and_payment_sells_it() -> None:
    w = world()
    w.open(OWNER)
    cut_down(w)
    assert (w.reserved, w.sold) == (1, 0)
    [added] = w.act("buy", member=OWNER).of(AddPart)
    assert added.order is not None
    assert added.order.amount == Decimal("4.00")
    w.pay(purchase(w))
    assert (w.reserved, w.sold) == (0, 1)
    assert w.state(1).state == EntryState.WON
    assert w.given(OWNER) == ["buyer"]


def test_last_unit_goes_to_whoever_is_down_first() -> None:
    """C1: the cut that would bring a second bargain down finds the stock taken, and is not used up."""
    w = world(helpers=1)
    w.stock = 1
    w.open(OWNER), w.open(2)
    w.act("cut", member=3, entry=1)
    assert refused(w, "cut", member=4, entry=2) == "sold_out"
    assert w.quotas[4, "cut"] == 0
    w.act("buy", member=OWNER)
    w.lapse(purchase(w))
    w.now += timedelta(hours=24)
    w.expire(1)
    assert w.state(2).state == EntryState.OPEN


def test_early_purchase_takes_the_price_of_the_moment_if_the_rules_allow() -> None:
    closed = world()
    closed.open(OWNER)
    closed.act("cut", member=2)
    assert refused(closed, "buy", member=OWNER) == "not_at_floor"
    w = world(may_buy_early=True)
    w.open(OWNER)
    w.act("cut", member=2)
    now = price(w)
    w.act("buy", member=OWNER)
    assert w.parts[purchase(w)][1].order_amount == now
    assert (w.reserved, w.state(1).state) == (1, EntryState.MATCHED)
    assert refused(w, "buy", member=OWNER) == "already_ordered"
    w.pay(purchase(w))
    assert (w.state(1).state, w.sold) == (EntryState.WON, 1)


def test_lapsed_early_purchase_goes_back_to_cutting_while_time_lasts() -> None:
    w = world(may_buy_early=True)
    w.open(OWNER)
    until = w.state(1).expires_at
    w.act("buy", member=OWNER)
    w.now += timedelta(minutes=30)
    w.lapse(purchase(w))
    assert (w.state(1).state, w.state(1).expires_at, w.reserved) == (EntryState.OPEN, until, 0)
    cut_down(w)
    assert price(w) == Decimal("4.00")


def test_run_that_is_extended_during_an_early_purchase_takes_the_bargain_along() -> None:
    w = World(MECHANIC, world(may_buy_early=True).rules, hours=1, stock=5)
    w.open(OWNER)
    w.act("buy", member=OWNER)
    w.run = replace(w.run, closes_at=START + timedelta(hours=5))
    w.now = START + timedelta(hours=2)
    w.lapse(purchase(w))
    assert (w.state(1).state, w.state(1).expires_at) == (EntryState.OPEN, w.run.closes_at)


def test_lapse_at_the_floor_keeps_the_unit_until_the_time_to_pay_is_over() -> None:
    w = world(pay_hours=2)
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    w.now += timedelta(minutes=30)
    w.lapse(purchase(w))
    assert (w.state(1).state, w.reserved) == (EntryState.MATCHED, 1)
    w.act("buy", member=OWNER)
    w.now = START + timedelta(hours=2)
    w.expire()
    assert (w.state(1).state, w.reserved, w.sold) == (EntryState.FAILED, 0, 0)
    assert w.cancelled_orders == {4, 5}


def test_run_that_closes_lets_a_bargain_at_the_floor_be_paid() -> None:
    w = World(MECHANIC, world().rules, hours=1)
    w.open(OWNER)
    cut_down(w)
    w.now = START + timedelta(hours=1)
    w.expire(is_closing=True)
    assert w.state(1).state == EntryState.MATCHED
    w.act("buy", member=OWNER)
    w.pay(purchase(w))
    assert w.state(1).state == EntryState.WON


def test_floor_of_nothing_needs_no_order() -> None:
    w = world(floor=Decimal("0.00"))
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    part = w.parts[purchase(w)][1]
    assert (part.order_id, part.state) == (None, PartState.COUNTED)
    assert (w.state(1).state, w.sold) == (EntryState.WON, 1)


def test_voided_friend_takes_an_unpaid_order_at_the_old_price_with_him() -> None:
    """C13: a farm cannot cut to the floor, be found out, and still pay the floor."""
    w = world()
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    order = purchase(w)
    w.act("voided", part=1)
    assert order in w.cancelled_orders
    assert (w.state(1).state, w.state(1).count, w.reserved) == (EntryState.OPEN, 2, 0)
    w.act("cut", member=9)
    assert price(w) == Decimal("4.00")


def test_voided_purchase_is_refunded_and_its_unit_is_sold_again() -> None:
    w = world()
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    part = purchase(w)
    w.pay(part)
    w.act("voided", part=part)
    assert list(w.refunds.values()) == [(part, Decimal("4.00"))]
    assert (w.state(1).state, w.sold, w.given(OWNER)) == (EntryState.CANCELLED, 0, [])


def test_friend_voided_after_the_cutting_time_ends_the_bargain() -> None:
    w = world(hours=1, pay_hours=5)
    w.open(OWNER)
    cut_down(w)
    w.now += timedelta(hours=1)
    w.act("voided", part=1)
    assert (w.state(1).state, w.reserved) == (EntryState.FAILED, 0)


def test_order_voided_by_staff_at_the_floor_keeps_the_unit_held() -> None:
    w = world()
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    w.act("voided", part=purchase(w))
    assert (w.state(1).state, w.reserved, w.cancelled_orders) == (EntryState.MATCHED, 1, {4})
    w.act("buy", member=OWNER)


def test_order_must_be_paid_before_the_unit_goes_back() -> None:
    w = world(pay_hours=1, pay_minutes=30)
    w.open(OWNER)
    cut_down(w)
    w.now += timedelta(minutes=50)
    [added] = w.act("buy", member=OWNER).of(AddPart)
    assert added.order is not None
    assert added.order.pay_before == START + timedelta(hours=1)


def test_payment_that_arrived_before_expiry_ran_still_buys() -> None:
    w = world(pay_hours=1)
    w.open(OWNER)
    cut_down(w)
    w.act("buy", member=OWNER)
    number = purchase(w)
    entry, part = w.parts[number]
    w.parts[number] = entry, replace(part, is_paid=True, order_kept=part.order_amount)
    w.now += timedelta(hours=1)
    w.expire()
    assert (w.state(1).state, w.sold) == (EntryState.WON, 1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "cut", "cut", "buy", "pay", "lapse", "void", "wait", "close"]),
        st.integers(0, 60),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=200)
@given(
    rules=workable_rules(),
    early=st.booleans(),
    stock=st.integers(0, 2),
    steps=STEPS,
    seed=st.integers(),
)
def test_stock_orders_and_states_agree_after_any_steps(
    rules: BargainRules, early: bool, stock: int, steps: list[tuple[str, int]], seed: int
) -> None:
    """C1, C4, C5 over orders of verbs: a unit is held exactly while matched, sold exactly when won, money is with us
    only for what was sold, the price is never under the floor, and everything ends."""
    rules = BargainRules.load(rules.dump() | {"may_buy_early": early, "hours": 2, "pay_hours": 1})
    w = World(MECHANIC, rules, stock=stock, seed=seed, hours=3)
    w.open(OWNER)
    for helper, (step, number) in enumerate(steps, start=2):
        play(w, step, number, helper)
        check(w)
    w.now += timedelta(days=1)
    while w.state(1).state in {EntryState.OPEN, EntryState.MATCHED}:
        w.expire(is_closing=True)
        check(w)
    assert w.reserved == 0


def play(w: World, step: str, number: int, helper: int) -> None:
    state, live = w.state(1).state, w.live_parts()
    orders = [p for p in live if p.order_id and p.state == PartState.PENDING]
    try:
        if step == "cut" and state == EntryState.OPEN:
            w.act("cut", member=helper)
        elif step == "buy" and state in {EntryState.OPEN, EntryState.MATCHED}:
            w.act("buy", member=OWNER)
        elif step == "pay" and orders:
            w.pay(orders[0].id)
        elif step == "lapse" and orders:
            w.lapse(orders[0].id)
        elif step == "void" and live:
            w.act("voided", part=live[number % len(live)].id)
        elif step == "wait":
            w.now += timedelta(minutes=number)
        ends = w.state(1).expires_at
        if w.state(1).state in {EntryState.OPEN, EntryState.MATCHED} and (
            (step == "close" and w.now >= w.run.closes_at) or (ends and w.now >= ends and number % 2)
        ):
            w.expire(is_closing=w.now >= w.run.closes_at)
    except Refused as refusal:
        if refusal.code not in {"full", "ended", "not_at_floor", "already_ordered", "sold_out"}:
            raise


def check(w: World) -> None:
    rules, entry = w.rules, w.state(1)
    assert isinstance(rules, BargainRules)
    assert rules.floor <= price(w) <= rules.start
    assert w.reserved == (entry.state == EntryState.MATCHED)
    assert w.sold == (entry.state == EntryState.WON)
    kept = {p.id: p.order_kept for _entry, p in w.parts.values() if p.order_kept}
    bought = [p for p in entry.parts if p.kind == "purchase" and p.state == PartState.COUNTED]
    assert sum(kept.values()) == sum(p.order_amount for p in bought)
    assert len(bought) == w.sold
    waiting = [p for p in entry.parts if p.state == PartState.PENDING]
    assert not waiting or entry.state == EntryState.MATCHED
    for part in waiting:
        assert part.order_amount == price(w), "an order stands only at the price that the cuts give"
