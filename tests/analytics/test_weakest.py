"""The weakest link, its size in members and money, and how sure that is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.analytics.diagnosis.base import Case
from apps.analytics.diagnosis.registry import all_rules, hypotheses_of
from apps.analytics.diagnosis.weakest import Chain, Link, weakest, weigh


def around(rate, below=1000):
    """Five comparable ones whose median is ``rate``."""
    return tuple((rate * below * factor, below) for factor in (0.9, 0.95, 1, 1.05, 1.1))


def chain(enter=200, win=40, pay=30, worth=50.0):
    """1,000 open the page. Comparable ones: 20 % enter, 40 % of those succeed, 75 % of those pay; a buyer is worth
    ¥50."""
    links = (
        Link("enter", "打开→发起", enter, 1000, around(0.2)),
        Link("win", "发起→成功", win, enter, around(0.4)),
        Link("pay", "成功→付款", pay, win, around(0.75)),
    )
    return Chain("deal", "成交", "付款", links, worth)


def test_the_weakest_link_is_named_with_members_and_money():
    """Worked by hand: 1,000 × 20 % × 20 % × 75 % = 30 buyers. With the usual 40 % it had been 60: 30 more, ¥1,500."""
    first, *others = weigh([chain()])
    assert weakest([first, *others]) is first
    assert (first.key, first.rate, first.usual) == ("win", 0.2, pytest.approx(0.4))
    assert (first.members, first.money) == (pytest.approx(30), pytest.approx(1500))
    assert first.members_low < 30 < first.members_high
    assert first.members_low > 0
    assert first.money_low == pytest.approx(first.members_low * 50)
    assert first.confidence > 0.99
    assert all(not other.is_clear for other in others)


def test_a_link_of_two_chains_gains_in_both():
    """200 entered where 400 would be usual: twice the buyers (+30, ¥1,500), and twice the new members (+100 × ¥3)."""
    enter = Link("enter", "", 200, 1000, around(0.4))
    deal = Chain("deal", "", "付款", (enter, Link("buy", "", 30, 200, around(0.15))), 50)
    refer = Chain("refer", "", "新成员", (enter, Link("new", "", 100, 200, around(0.5), is_share=False)), 3)
    found = weakest(weigh([deal, refer]))
    assert found is not None
    assert (found.key, found.members, found.money) == ("enter", pytest.approx(30), pytest.approx(1800))


@pytest.mark.parametrize(
    ("own", "doubt"),
    [
        (Link("a", "", 1, 20, around(0.5)), "cases"),
        (Link("a", "", 10, 200, around(0.5)[:2]), "peers"),
        (Link("a", "", 95, 200, around(0.5)), "chance"),
        (Link("a", "", 150, 200, around(0.5)), "better"),
        (Link("a", "", 0, 0, around(0.5)), "cases"),
    ],
)
def test_what_cannot_be_told_is_not_told(own, doubt):
    (found,) = weigh([Chain("c", "", "", (own,), 10)])
    assert (found.doubt, found.is_clear) == (doubt, False)
    assert weakest([found]) is None


shares = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted)


@settings(max_examples=40)
@given(
    st.lists(shares, min_size=2, max_size=3),
    st.lists(st.floats(0.01, 1), min_size=0, max_size=6),
    st.floats(0, 99),
)
def test_any_chain_can_be_weighed(pairs, peers, worth):
    links = tuple(
        Link(str(n), "", above, below, tuple((rate * 100, 100) for rate in peers))
        for n, (above, below) in enumerate(pairs)
    )
    weighed = weigh([Chain("c", "", "", links, worth)])
    assert weighed == weigh([Chain("c", "", "", links, worth)])
    assert len(weighed) == len(links)
    assert sum(link.confidence for link in weighed) <= 1 + 1e-9
    for link in weighed:
        assert link.members_low <= link.members_high
        assert link.money == pytest.approx(link.members * worth)
        assert not (link.is_clear and link.members_low <= 0)
        if link.is_clear:
            assert (
                link.members_low * 0.5 <= link.members
            )  # the figures as they stand are not far from the draws


def test_there_are_rules_and_none_speaks_of_nothing():
    assert len(all_rules()) >= 12
    for kind in ("run", "campaign", "group", "month"):
        assert hypotheses_of(Case(kind, 7, {})) == []


COUNTS = {
    "viewed": 1000, "entered": 200, "contributed": 300, "new_members": 60, "succeeded": 100, "voided": 5,
    "orders_created": 100, "orders": 80, "paid": 8000, "refunded": 100, "buyers": 70, "buyers_again": 14,
    "coupons_issued": 100, "coupons_used": 60, "joined": 100, "left": 10, "posts_sent": 60, "posts_failed": 1,
    "active": 120, "in_group": 300, "reward_cost": 600, "revenue": 7900, "orders_lapsed": 5, "stayed": 90,
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("few_posts", {"posts_sent": 20, "active": 80}),
        ("failed_posts", {"posts_failed": 30}),
        ("leavers", {"left": 60}),
        ("page_leak", {"entered": 60}),
        ("high_bar", {"succeeded": 20}),
        ("weak_sharing", {"contributed": 60}),
        ("old_friends", {"new_members": 6}),
        ("fatigue", {"entered": 100}),
        ("less_reach", {"viewed": 400}),
        ("dear_gifts", {"reward_cost": 9000}),
        ("unpaid", {"orders_lapsed": 50}),
        ("small_basket", {"paid": 5000}),
        ("one_time", {"buyers_again": 3}),
        ("unused_coupons", {"coupons_used": 10}),
        ("quiet_group", {"active": 60}),
        ("refunds", {"refunded": 2000}),
        ("voided_help", {"voided": 90}),
    ],
)
def test_each_rule_speaks_up_for_its_own_trouble_only(key, changes):
    from apps.analytics.selectors.review_chains import chains_of

    own = {**COUNTS, **changes}
    assert key not in {one.key for one in hypotheses_of(case_of(dict(COUNTS), chains_of))}
    found = {one.key: one for one in hypotheses_of(case_of(own, chains_of))}
    assert key in found
    assert found[key].evidence
    assert found[key].actions
    assert 0 < found[key].strength <= 1


def case_of(own, chains_of):
    peers = tuple({name: value * factor for name, value in COUNTS.items()} for factor in (0.95, 1, 1, 1.05))
    weighed = weigh(chains_of("run", own, peers, member_worth=10))
    return Case("run", 30, own, COUNTS, peers, {link.key: link for link in weighed})
