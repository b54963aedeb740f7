"""送 gift as a pure state machine."""

import contextlib
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.mechanics.gift import MECHANIC, GiftRules
from apps.core.errors import Invalid
from tests.campaigns.mechanics.world import World

FREE = Decimal("0.00")


def world(stock: int | None = None, **rules: object) -> World:
    return World(MECHANIC, GiftRules(**rules), stock=stock)  # type: ignore[arg-type]


def sent(stock: int | None = None, **rules: object) -> World:
    """Member 1 has sent gifts and paid for them."""
    w = world(stock, **rules)
    w.open(1, blessing="生日快乐")
    if w.parts:
        w.pay(1)
    return w


def refused(code: str) -> Any:
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


# --- what happens to a gift -----------------------------------------------------------------------------


def test_gift_exists_for_friends_only_when_it_is_paid() -> None:
    w = world(own_count=2, gift_count=3)
    w.open(1)
    assert (w.reserved, w.sold) == (5, 0)
    with refused("claimed"):
        w.act("claim", member=2)
    w.pay(1)
    assert (w.reserved, w.sold) == (0, 5)
    assert [state.state for state in w.entries.values()] == [EntryState.OPEN] * 3
    assert w.given(1) == ["own", "own"]


def test_gift_has_exactly_one_claimant_and_both_sides_are_rewarded() -> None:
    """C9."""
    w = sent()
    w.act("claim", member=2)
    with refused("claimed"):
        w.act("claim", member=3)
    assert w.state(1).state == EntryState.WON
    assert w.given(2) == ["gift"]
    assert w.given(1) == ["own", "sender"]
    assert w.given(3) == []


def test_sender_cannot_claim_the_own_gift() -> None:
    w = sent()
    with refused("own_gift"):
        w.act("claim", member=1)


def test_new_only_is_about_the_claimant_and_not_inverted() -> None:
    """MoChat's new-friend test was inverted (FIELD)."""
    w = sent(is_new_only=True)
    w.new_members = frozenset({3})
    with refused("new_members_only"):
        w.act("claim", member=2)
    w.act("claim", member=3)
    assert w.given(3) == ["gift"]


def test_claim_and_send_limits_hold_across_gifts() -> None:
    """yudao, CRMEB and lilishop checked N-1 and then added N (FIELD)."""
    w = sent(gift_count=2, claims_per_member=1, sends_per_member=1)
    w.act("claim", member=2, entry=1)
    with refused("claim_limit"):
        w.act("claim", member=2, entry=2)
    with refused("send_limit"):
        w.open(1)


def test_stock_counts_every_piece_of_an_order() -> None:
    w = sent(stock=5, own_count=1, gift_count=2)
    with refused("sold_out"):
        w.open(2)


def test_unclaimed_gift_comes_back_as_its_share_of_the_order() -> None:
    """C9: of 100.00 for 1 + 2 pieces, the two gifts are 33.33 and 33.34."""
    w = sent(price=Decimal("100.00"), own_count=1, gift_count=2)
    w.now += timedelta(hours=72)
    with refused("expired"):
        w.act("claim", member=2)
    w.expire(1)
    w.expire(2)
    assert [state.state for state in w.entries.values()] == [EntryState.FAILED] * 2
    assert sorted(w.refunds.values()) == [(1, Decimal("33.33")), (1, Decimal("33.34"))]
    assert (w.reserved, w.sold) == (0, 1)


def test_unclaimed_gift_is_kept_by_its_sender_if_the_rules_say_so() -> None:
    w = sent(on_expiry="keep", own_count=0)
    w.expire(is_closing=True)
    assert w.given(1) == ["returned"]
    assert not w.refunds
    assert w.sold == 1


def test_gift_of_the_brand_needs_no_order_and_returns_to_stock() -> None:
    w = sent(price=FREE, own_count=0, gift_count=2)
    assert not w.parts
    w.act("claim", member=2, entry=2)
    w.expire(1)
    assert w.given(2) == ["gift"]
    assert w.given(1) == ["sender"]
    assert w.sold == 1


def test_order_that_is_not_paid_leaves_nothing_behind() -> None:
    w = world(sends_per_member=1, stock=2)
    w.open(1)
    w.lapse(1)
    assert w.state(1).state == EntryState.CANCELLED
    assert w.open(1) == 2, "stock and limit are free again"
    w.now += timedelta(minutes=30)
    w.expire(2)
    assert w.cancelled_orders == {1, 2}
    assert w.lapse(2).effects == ()
    assert w.reserved == 0


def test_money_that_comes_too_late_goes_back_and_sends_nothing() -> None:
    w = world()
    w.open(1)
    w.lapse(1)
    w.pay(1)
    assert w.refunds == {"late_1": (1, Decimal("99.00"))}
    assert w.state(1).state == EntryState.CANCELLED


def test_sender_recalls_one_gift_and_not_its_siblings() -> None:
    w = sent(price=Decimal("90.00"), gift_count=2, own_count=1)
    w.act("recall", member=1, entry=1)
    assert w.refunds == {"gift_1": (1, Decimal("30.00"))}
    w.act("claim", member=2, entry=2)
    assert (w.state(1).state, w.state(2).state) == (EntryState.CANCELLED, EntryState.WON)


def test_blessing_may_differ_between_the_gifts_of_one_order() -> None:
    w = sent(gift_count=2)
    w.act("bless", member=1, entry=2, blessing="谢谢你")
    assert [w.state(entry).data["blessing"] for entry in (1, 2)] == ["生日快乐", "谢谢你"]
    page = MECHANIC.page(w.turn("look", member=None, entry=2))
    assert page.text == "谢谢你"
    w.act("recall", member=1, entry=2)
    assert len(w.refunds) == 1, "a changed blessing keeps the share"


def test_voided_claim_opens_the_gift_for_another() -> None:
    """C13."""
    w = sent()
    w.act("claim", member=2)
    claim = w.state(1, 2).mine[0]
    w.act("voided", part=claim.id, is_staff=True)
    assert (w.given(1), w.given(2)) == (["own"], [])
    with refused("claim_limit"):
        w.act("claim", member=2)
    w.act("claim", member=3)
    assert w.given(3) == ["gift"]


def test_voided_claim_after_the_time_returns_the_gift_to_its_sender() -> None:
    w = sent()
    w.act("claim", member=2)
    w.now += timedelta(hours=72)
    w.act("voided", part=w.state(1, 2).mine[0].id, is_staff=True)
    assert w.state(1).state == EntryState.FAILED
    assert w.refunds == {"gift_1": (1, Decimal("49.50"))}


def test_voided_purchase_ends_its_own_gift_and_pays_it_back() -> None:
    """C13: the gifts beside it are gifts of their own."""
    w = sent(gift_count=2, price=Decimal("90.00"))
    w.act("voided", part=1, is_staff=True)
    assert w.refunds == {"gift_1": (1, Decimal("30.00"))}
    assert [w.state(entry).state for entry in (1, 2)] == [EntryState.CANCELLED, EntryState.OPEN]
    w.expire(2)
    assert len(w.refunds) == 2


# --- rules ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"price": "0.01", "own_count": 1, "gift_count": 1}, "price"),
        ({"gift_count": 0}, "gift_count"),
        ({"on_expiry": "lose"}, "on_expiry"),
    ],
)
def test_rules_that_cannot_work_are_refused(data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        GiftRules.load(data)
    assert refusal.value.field == field


@st.composite
def any_rules(draw: st.DrawFn) -> GiftRules:
    own, gifts = draw(st.integers(0, 4)), draw(st.integers(1, 4))
    cents = draw(st.one_of(st.just(0), st.integers(own + gifts, 20_000)))
    rules = GiftRules(
        price=Decimal(cents).scaleb(-2),
        own_count=own,
        gift_count=gifts,
        hours=draw(st.sampled_from([1, 24, 72])),
        pay_minutes=draw(st.sampled_from([1, 30, 1440])),
        on_expiry=draw(st.sampled_from(["refund", "keep"])),
        is_new_only=draw(st.booleans()),
        sends_per_member=draw(st.integers(1, 3)),
        claims_per_member=draw(st.integers(1, 3)),
    )
    return GiftRules.load(rules.dump())


@given(rules=any_rules())
def test_shares_sum_to_the_price_exactly_and_differ_by_a_cent_at_most(rules: GiftRules) -> None:
    shares = [rules.share(index) for index in range(-rules.own_count, rules.gift_count)]
    assert sum(shares) == rules.price
    assert max(shares) - min(shares) <= Decimal("0.01")
    assert not rules.price or min(shares) >= Decimal("0.01")


@given(rules=any_rules(), price=st.integers(0, 100))
def test_costs_are_in_order(rules: GiftRules, price: int) -> None:
    prices = {"gift": Decimal("9.99"), "sender": Decimal("0.01"), "own": Decimal("3.33")}
    costs = MECHANIC.costs(rules, prices | {"returned": Decimal(price)})
    assert 0 <= costs.best <= costs.expected <= costs.worst


# --- any order of verbs ---------------------------------------------------------------------------------

VERBS = (
    "open",
    "pay",
    "pay",
    "claim",
    "claim",
    "claim",
    "recall",
    "bless",
    "lapse",
    "void",
    "wait",
    "expire",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(1, 5), st.integers(0, 20)), min_size=15, max_size=40
)


def play(w: World, verb: str, member: int, which: int) -> None:
    """One step as the engine would allow it."""
    entries = sorted(w.entries)
    if verb == "open":
        w.open(member, blessing=f"{which}")
    elif verb == "wait":
        w.now = min(w.now + timedelta(hours=which), w.run.closes_at)
    elif not entries:
        return
    elif verb in ("pay", "lapse", "void"):
        press(w, verb, which)
    else:
        entry = entries[which % len(entries)]
        state = w.state(entry)
        if verb == "expire":
            if state.state in LIVE_ENTRY_STATES and state.expires_at and w.now >= state.expires_at:
                w.expire(entry)
        elif verb == "claim":
            w.act(verb, member=member, entry=entry)
        elif state.state in (EntryState.PENDING, EntryState.OPEN):
            w.act(verb, member=state.owner_id, entry=entry)


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


def check(w: World, rules: GiftRules) -> None:
    parts = [part for _entry, part in w.parts.values()]
    pending = [part for part in parts if part.state == PartState.PENDING]
    assert w.reserved == rules.pieces * len(pending)
    gifts = {number: state for number, state in w.entries.items() if "index" in state.data}
    gone = sum(
        state.state in (EntryState.FAILED, EntryState.CANCELLED)
        and not any(key == "returned" for entry, key in w.gives if entry == number)
        for number, state in gifts.items()
    )
    orders = sum(state.data["index"] == 0 for state in gifts.values())
    assert len(gifts) == orders * rules.gift_count
    assert w.sold == rules.pieces * orders - gone
    claimed: Counter[int] = Counter()
    for number, state in gifts.items():
        claims = [part for part in w.live_parts(number) if part.kind == "claim"]
        gives = Counter(give.slot for (entry, _key), give in w.gives.items() if entry == number)
        assert len(claims) == (state.state == EntryState.WON)
        assert gives["gift"] == gives["sender"] == len(claims)
        assert gives["gift"] + gives["returned"] <= 1, "a gift goes to one person"
        assert state.owner_id not in {part.member_id for part in claims}
        assert (f"gift:{number}" in w.claims) == bool(claims)
        claimed.update(part.member_id for part in claims)
    assert all(used <= rules.claims_per_member for used in claimed.values())
    check_money(w, rules, gifts)


def check_money(w: World, rules: GiftRules, gifts: dict[int, Any]) -> None:
    """What is kept of an order is its own pieces and the gifts that are still to be, or were, handed over."""
    for entry, part in w.parts.values():
        if part.kind != "purchase":
            continue
        if entry not in gifts:
            assert part.order_kept == 0
            assert part.state == PartState.PENDING or part.is_paid or part.id in w.cancelled_orders
            continue
        siblings = {number: state for number, state in gifts.items() if state.data["purchase"] == part.id}
        assert len(siblings) == rules.gift_count
        returned = [
            rules.share(state.data["index"])
            for number, state in siblings.items()
            if any(key == f"gift_{number}" for key in w.refunds)
        ]
        assert part.order_kept == rules.price - sum(returned, Decimal(0))
        for number, state in siblings.items():
            is_back = state.state in (EntryState.FAILED, EntryState.CANCELLED)
            is_kept = (number, "returned") in w.gives
            assert (f"gift_{number}" in w.refunds) == (is_back and not is_kept)


@given(rules=any_rules(), steps=STEPS, stock=st.sampled_from([None, 6, 20]))
def test_money_gifts_and_stock_agree_after_any_order_of_verbs(
    rules: GiftRules, steps: list[tuple[str, int, int]], stock: int | None
) -> None:
    """C1, C9: one claimant at most, and an unclaimed gift is back exactly once when the run is over."""
    w = World(MECHANIC, rules, hours=100, stock=stock, new_members=frozenset({1, 2, 3}))
    for step in steps:
        with contextlib.suppress(Refused):
            play(w, *step)
        check(w, rules)
    w.now = w.run.closes_at
    for number, state in w.entries.items():
        if state.state in LIVE_ENTRY_STATES:
            w.expire(number, is_closing=True)
    check(w, rules)
    assert w.reserved == 0
    assert not LIVE_ENTRY_STATES & {state.state for state in w.entries.values()}


@given(rules=any_rules(), claimed=st.sets(st.integers(0, 3)))
def test_order_is_refunded_to_the_cent_for_what_nobody_claimed(rules: GiftRules, claimed: set[int]) -> None:
    """C9: with nothing for oneself and nobody claiming, the whole order comes back."""
    w = World(MECHANIC, rules)
    w.open(1)
    if rules.price:
        w.pay(1)
    for entry in range(1, rules.gift_count + 1):
        if entry - 1 in claimed:
            w.act("claim", member=10 + entry, entry=entry)
        else:
            w.expire(entry, is_closing=True)
    used = [rules.share(index) for index in range(rules.gift_count) if index in claimed]
    own = [rules.share(-number) for number in range(1, rules.own_count + 1)]
    if rules.on_expiry == "refund" and rules.price:
        assert w.parts[1][1].order_kept == sum([*used, *own], Decimal(0))
    else:
        assert not w.refunds
        assert w.given(1).count("returned") == (
            0 if rules.on_expiry == "refund" else rules.gift_count - len(used)
        )


@given(rules=any_rules(), steps=STEPS, viewer=st.sampled_from([None, 1, 2, 5, 99]))
def test_page_is_shown_to_anybody_in_any_state(
    rules: GiftRules, steps: list[tuple[str, int, int]], viewer: int | None
) -> None:
    w = World(MECHANIC, rules, hours=100)
    for step in steps:
        with contextlib.suppress(Refused):
            play(w, *step)
    for entry in (None, *w.entries):
        page = MECHANIC.page(w.turn("look", member=viewer, entry=entry))
        assert str(page.headline)
        if entry is not None and w.state(entry).state not in LIVE_ENTRY_STATES:
            assert page.buttons == ()
