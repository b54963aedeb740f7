"""Known answers: a week of ten members, two groups and one run, worked out by hand.

The week is Monday 2 to Sunday 8 March 2026 in Shanghai (7 days). Groups 1 and 2 are team 1's; run 5 is campaign 50's.

    in group 1: 1 2 3 4 since 1 March, 5 6 came on the 2nd, 7 on the 3rd; 4 left on the 5th, 6 on the 6th → 1 2 3 5 7
    in group 2: 8 came on the 2nd, 1 on the 4th → 1 8;   in any group now: 1 2 3 5 7 8 (six)
    active by day (own acts): 2nd {1} · 3rd {1 2 8} · 4th {1 9 10} · 5th {1 3 6} · 6th {1} → 11 member days, 7 members
"""

from decimal import Decimal

import pytest

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import NOT_BY
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import at, fact, record_facts

WEEK = Period(day_of(at("2026-03-02 12:00")), day_of(at("2026-03-08 12:00")))
_CAMPAIGN = {"campaign": 50, "run": 5}


def week():
    def of(kind, day, member, group=None, **fields):
        when = day if " " in day else f"{day} 10:00"
        return fact(kind, f"2026-{when}", member_id=member, group_id=group, team_id=1, **fields)

    def part(day, owner, member, *, is_new, kind="campaign.contributed"):
        data = {**_CAMPAIGN, "kind": "help", "owner": owner, "is_new": is_new}
        return of(kind, day, member, data=data)

    yield from (of("group.joined", "03-01", member, 1) for member in (1, 2, 3, 4))
    yield from (of("group.joined", "03-02", member, 1) for member in (5, 6))
    yield of("group.joined", "03-03", 7, 1)
    yield of("group.joined", "03-02", 8, 2)
    yield of("group.joined", "03-04", 1, 2)
    yield of("group.left", "03-05", 4, 1)
    yield of("group.left", "03-06", 6, 1)
    yield from (of("member.registered", "03-04", member) for member in (9, 10))
    # the run: 1 and 2 invite; 9 and 10 come to 1, 6 comes to 2, 3 is an old friend; 10 is taken back
    yield of("campaign.entered", "03-02 12:00", 1, data=_CAMPAIGN)
    yield of("campaign.entered", "03-03 12:00", 2, data=_CAMPAIGN)
    yield part("03-04 12:00", 1, 9, is_new=True)
    yield part("03-04 18:00", 1, 10, is_new=True)
    yield part("03-05 12:00", 2, 6, is_new=True)
    yield part("03-05 13:00", 1, 3, is_new=False)
    yield part("03-06 12:00", 1, 10, is_new=True, kind="campaign.voided")
    # eight visits: four by 1's link on 抖音, two by 2's, two from the shop
    for channel, inviter, times in (("抖音", 1, 4), ("", 2, 2), ("门店", None, 2)):
        named = {"channel": channel, "inviter": inviter}
        for _time in range(times):
            yield of("page.visited", "03-04", None, data=_CAMPAIGN | {k: v for k, v in named.items() if v})
    for member, channel in ((5, "抖音"), (9, "抖音"), (10, "门店")):
        yield of("visit.converted", "03-04", member, data={"channel": channel})
    # orders: 200 yuan in four, 30 of it refunded; in the week before, 1 and 3 bought
    yield of("order.paid", "02-25", 1, 1, value=10)
    yield of("order.paid", "02-26", 3, 1, value=10)
    yield of("order.paid", "03-02", 1, 1, value=100)
    yield of("order.paid", "03-03", 2, 1, value=30)
    yield of("order.paid", "03-03", 8, 2, value=20)
    yield of("order.paid", "03-06", 1, 1, value=50)
    yield of("order.refunded", "03-07", 2, 1, value=30)
    # costs: goods 40, advertising 30, gifts 15 + 5 + 10 − 5
    yield of("order.cost", "03-02", 1, 1, value=40)
    yield of("spend.recorded", "03-02", None, value=30, data={"channel": "抖音"})
    yield of("benefit.granted", "03-04", 1, value=15, data=_CAMPAIGN | {"kind": "coupon", "quantity": 3})
    yield of("benefit.granted", "03-04", 2, value=5, data=_CAMPAIGN | {"kind": "coupon", "quantity": 1})
    yield of("benefit.granted", "03-04", 9, value=10, data=_CAMPAIGN | {"kind": "code", "quantity": 1})
    yield of("benefit.voided", "03-05", 2, value=-5, data=_CAMPAIGN | {"kind": "coupon", "quantity": 1})
    yield of("coupon.redeemed", "03-05", 1, actor_id=1)
    yield of("coupon.redeemed", "03-06", 1)
    yield from (of("member.messaged", "03-03", member, 1) for member in (1, 1, 2))
    yield of("member.messaged", "03-03", 8, 2)
    # how it ended: 1's entry won, 2's did not; three messages went out and one did not; 25 points given, 8 spent
    yield of("campaign.succeeded", "03-05 13:00", 1, data=_CAMPAIGN)
    yield of("campaign.failed", "03-06 13:00", 2, data=_CAMPAIGN)
    for group in (1, 2, 1):
        yield of("post.sent", "03-03", None, subject=f"post:9:{group}:1:1")
    yield of("post.failed", "03-03", None, subject="post:9:2:1:1", data={"state": "failed"})
    for member, points in ((1, 20), (9, 5), (1, -8)):
        yield of("points.changed", "03-05", member, value=points)
    yield of("group.checked_in", "03-04", 1, 1)


#: metric → (numerator, denominator); None for a plain figure.
KNOWN = {
    "new_members": (4, None),  # 5 6 7 8: 1 came to a second group
    "joins": (5, None),
    "leavers": (2, None),
    "net_growth": (3, None),
    "members_in_groups": (6, None),
    "leave_rate": (2, 8),  # 4 and 6, of these and the six
    "registered": (2, None),
    "clicks": (0, None),
    "visits": (8, None),
    "acquire_rate": (3, 8),
    "active_members": (7, None),
    "daily_active": (11, 7),
    "activity_rate": (8 / 7, 6),  # 1 + 3 + 1 + 2 + 1 member days of the six
    "stickiness": (11 / 7, 7),
    "messages": (4, None),
    "speaking_rate": (3, 6),
    "checkin_rate": (1, 6),
    "retention_d1": (2, 8),  # 1 on the 2nd and 8 on the 3rd
    "retention_d7": (0, 4),  # 1 to 4 on the 8th
    "retention_d30": (0, 0),
    "revenue": (170, None),
    "average_order": (200, 4),
    "repurchase_rate": (1, 3),
    "orders": (4, None),
    "buyers": (3, None),
    "conversion_rate": (3, 7),
    "refund_rate": (30, 200),
    "revenue_per_member": (170, 6),
    "renewal_rate": (1, 2),
    "coupons_redeemed": (2, None),
    "redeem_rate": (2, 3),
    "in_store_share": (1, 2),
    "entries": (2, None),
    "contributions": (3, None),  # 9 10 6 3, less the one taken back
    "success_rate": (1, 2),
    "messages_sent": (3, None),
    "messages_unsent": (1, None),
    "sent_rate": (3, 4),
    "points_given": (25, None),
    "points_spent": (8, None),
    "participants": (2, None),
    "inviters": (2, None),
    "invited": (3, None),
    "effective_invites": (1, None),  # 10 was taken back, 6 left
    "effective_rate": (1, 3),
    "k_factor": (3, 2),
    "invites_per_participant": (6, 2),
    "acceptance": (3, 6),
    "cycle_time": (86, 2),  # 1 took 74 hours, 2 took 98
    "replicate_rate": (0, 0),
    "reward_cost": (25, None),
    "product_cost": (40, None),
    "spend": (30, None),
    "cost": (95, None),
    "roi": (75, 95),
    "cac": (55, 4),
    "cost_per_new": (55, 3),
    "ltv": (20, 4),
    "fatigue": (0, None),  # of a campaign only, below
    # activity 8/7/6 of 20 % → 33.33; a quarter left → 0; growth and buying in full → 15 + 25
    "health": (35 * (8 / 7 / 6) / 0.2 + 40, None),
}

#: dimension, key, metric → (numerator, denominator)
KNOWN_BY_KEY = {
    (Dimension.GROUP, "1", "leave_rate"): (2, 7),
    (Dimension.GROUP, "1", "activity_rate"): (1, 5),  # 1 + 2 + 1 + 2 + 1 member days of the five
    (Dimension.GROUP, "1", "speaking_rate"): (2, 5),
    (Dimension.GROUP, "1", "revenue"): (150, None),
    (Dimension.GROUP, "2", "revenue"): (20, None),
    (Dimension.GROUP, "2", "members_in_groups"): (2, None),
    (Dimension.CHANNEL, "抖音", "acquire_rate"): (2, 4),
    (Dimension.CHANNEL, "门店", "acquire_rate"): (1, 2),
    (Dimension.CHANNEL, "抖音", "spend"): (30, None),
    (Dimension.RUN, "5", "k_factor"): (3, 2),
    (Dimension.RUN, "5", "effective_invites"): (1, None),
    (Dimension.RUN, "5", "reward_cost"): (25, None),
    (Dimension.RUN, "5", "redeem_rate"): (0, 3),
    (Dimension.INVITER, "1", "invited"): (2, None),
    (Dimension.INVITER, "1", "effective_invites"): (1, None),
    (Dimension.INVITER, "2", "effective_invites"): (0, None),
    (Dimension.STAFF, "1", "coupons_redeemed"): (1, None),
}


def assert_says(reading, numerator, denominator, about):
    assert float(reading.numerator) == pytest.approx(float(numerator)), about
    assert (reading.denominator is None) == (denominator is None), about
    if denominator is not None:
        assert float(reading.denominator) == pytest.approx(float(denominator)), about
        assert (reading.value is None) == (denominator == 0), about


@pytest.mark.django_db
def test_a_week_worked_out_by_hand():
    """A1, A2: each figure of every family, literally."""
    record_facts(*week())
    rebuild(now=database_now())
    assert set(KNOWN) == set(all_metrics()), "a new metric belongs into this world"
    for scope in (Scope(None), Scope(frozenset({1}))):
        found = readings(all_metrics().values(), scope=scope, period=WEEK)[""]
        for key, (numerator, denominator) in KNOWN.items():
            assert_says(found[key], numerator, denominator, key)
    for (dim, key, name), (numerator, denominator) in KNOWN_BY_KEY.items():
        found = readings([all_metrics()[name]], scope=Scope(None), period=WEEK, dim=dim, keys=[key])
        assert_says(found[key][name], numerator, denominator, (dim, key, name))


@pytest.mark.django_db
def test_a_world_without_facts_divides_by_nothing():
    rebuild(now=database_now())
    for scope in (Scope(None), Scope(frozenset()), Scope(frozenset({1}))):
        found = readings(all_metrics().values(), scope=scope, period=WEEK)[""]
        assert all(not reading.value for reading in found.values())
    for dim in Dimension:
        assert readings(all_metrics().values(), scope=Scope(None), period=WEEK, dim=dim, keys=["1"])


@pytest.mark.django_db
def test_another_team_sees_none_of_it():
    """S1: a scope without the facts' team reads nothing, though the rollups hold them."""
    record_facts(*week())
    rebuild(now=database_now())
    found = readings(all_metrics().values(), scope=Scope(frozenset({2})), period=WEEK)[""]
    assert all(not reading.numerator for reading in found.values())


@pytest.mark.django_db
def test_a_copy_is_held_against_its_model_over_their_own_first_thirty_days():
    """复制: the model had 5 members and 100 yuan; 4 and 80 are four fifths of it, 79.99 are not."""
    model = Group.objects.create(name="样板", kind="benefit")
    reached, missed = (
        Group.objects.create(name=name, kind="benefit", model=model) for name in ("像", "差一分")
    )
    facts = []
    for group, first, members, money in (
        (model, "2026-01-01", 5, "100.00"),
        (reached, "2026-02-01", 4, "80.00"),
        (missed, "2026-02-05", 4, "79.99"),
    ):
        for number in range(members):
            member = group.pk * 100 + number
            facts += [
                fact("group.joined", f"{first} 10:00", member_id=member, group_id=group.pk),
                fact("page.viewed", f"{first} 11:00", member_id=member, group_id=group.pk),
            ]
        facts.append(
            fact("order.paid", f"{first} 12:00", member_id=1, group_id=group.pk, value=Decimal(money))
        )
    facts.append(fact("order.paid", "2026-03-07 12:00", member_id=1, group_id=missed.pk, value=99))  # day 31
    record_facts(*facts)
    rebuild(now=database_now())
    metric = all_metrics()["replicate_rate"]

    def rate(first: str, last: str) -> tuple:
        period = Period(day_of(at(f"{first} 12:00")), day_of(at(f"{last} 12:00")))
        reading = readings([metric], scope=Scope(None), period=period)[""][metric.key]
        return reading.numerator, reading.denominator

    assert rate("2026-03-01", "2026-03-31") == (1, 2)
    assert rate("2026-03-02", "2026-03-02") == (1, 1)  # the thirtieth day of the first
    assert rate("2026-03-06", "2026-03-06") == (0, 1)
    assert rate("2026-03-07", "2026-03-31") == (0, 0)


def test_no_metric_is_split_by_what_its_facts_are_not_kept_by():
    left_out = {
        (metric.key, dim)
        for metric in all_metrics().values()
        for dim in metric.dimensions
        for kind in (*metric.needs, *metric.before)
        if kind in NOT_BY.get(dim, ())
    }
    assert not left_out
    assert any(Dimension.INVITER in metric.dimensions for metric in all_metrics().values())
