"""Cohorts, lifecycle and stickiness: figures counted by hand."""

from datetime import date
from itertools import pairwise

import pytest

from apps.analytics.enums import Dimension
from apps.analytics.selectors.buckets import Grain, buckets_between, last_of, shifted
from apps.analytics.selectors.cohorts import cohorts, cohorts_by
from apps.analytics.selectors.lifecycle import lifecycle, stickiness
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from tests.analytics.facts import fact, record_facts

HOUSE = Scope(None)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
JOINED, PAID = "group.joined", "order.paid"

# Weeks from Monday: 2026-03-02, -09, -16, -23.
WORLD = [
    # Week 1: members 1, 2, 3 join; 4 in week 2. Member 1 joins again in week 3 and is no newcomer there.
    (JOINED, "2026-03-02 00:00", {"member_id": 1, "group_id": 7, "team_id": 1}),
    (JOINED, "2026-03-04 10:00", {"member_id": 2, "group_id": 8, "team_id": 1}),
    (JOINED, "2026-03-08 23:59", {"member_id": 3, "group_id": 8, "team_id": 2}),
    (JOINED, "2026-03-09 00:00", {"member_id": 4, "group_id": 7, "team_id": 1}),
    (JOINED, "2026-03-17 10:00", {"member_id": 1, "group_id": 8, "team_id": 2}),
    # 1 pays in its own week, in week 2 and week 4; 2 in week 3; 3 in week 4; 4 in week 2.
    (PAID, "2026-03-02 12:00", {"member_id": 1, "group_id": 7, "team_id": 1, "value": 10}),
    (PAID, "2026-03-10 12:00", {"member_id": 1, "group_id": 7, "team_id": 1, "value": 10}),
    (PAID, "2026-03-24 12:00", {"member_id": 1, "group_id": 7, "team_id": 1, "value": 10}),
    (PAID, "2026-03-18 12:00", {"member_id": 2, "group_id": 8, "team_id": 1, "value": 10}),
    (PAID, "2026-03-29 23:59", {"member_id": 3, "group_id": 8, "team_id": 2, "value": 10}),
    (PAID, "2026-03-15 12:00", {"member_id": 4, "group_id": 7, "team_id": 1, "value": 10}),
]


@pytest.fixture
def small_world(db):
    record_facts(*[fact(kind, when, **fields) for kind, when, fields in WORLD])
    rebuild(now=database_now())


def hits(table):
    return [(row.first.day, row.size, [cell.reading.numerator for cell in row.cells]) for row in table.rows]


def joined_to_paid(**fields):
    fields = {"scope": HOUSE, "offsets": 3, "grain": Grain.WEEK, **fields}
    period = fields.pop("period", Period(date(2026, 3, 2), date(2026, 3, 15)))
    return cohorts(start_kind=JOINED, return_kind=PAID, period=period, today=date(2026, 3, 26), **fields)


def test_bounded_by_week(small_world):
    table = joined_to_paid()
    # Week 4 runs until the 29th, today is the 26th: member 3 has not paid yet.
    assert hits(table) == [(2, 3, [1, 1, 1, 1]), (9, 1, [2 - 1, 0, 0])]
    assert [cell.is_open for cell in table.rows[0].cells] == [False, False, False, True]
    # Cells whose week is not over stay out of the curve: offset 2 of the second cohort, offset 3 of the first.
    assert [(cell.numerator, cell.denominator) for cell in table.curve] == [(2, 4), (1, 4), (1, 3)]
    low, high = table.curve[0].low, table.curve[0].high
    assert (round(low, 4), round(high, 4)) == (0.1500, 0.8500)  # Wilson, 2 of 4


def test_unbounded_counts_whoever_came_back_later(small_world):
    table = joined_to_paid(is_bounded=False)
    assert hits(table) == [(2, 3, [2, 2, 2, 1]), (9, 1, [1, 0, 0])]


def test_by_day_and_month(small_world):
    by_day = joined_to_paid(grain=Grain.DAY, offsets=1, period=Period(date(2026, 3, 8), date(2026, 3, 9)))
    assert hits(by_day) == [(8, 1, [0, 0]), (9, 1, [0, 0])]
    by_month = joined_to_paid(grain=Grain.MONTH)
    assert hits(by_month) == [(1, 4, [3])]


def test_breakdowns_and_scopes(small_world):
    assert hits(joined_to_paid(dim=Dimension.GROUP, key="8"))[0] == (2, 2, [0, 0, 1, 0])
    by_group = cohorts_by(
        scope=HOUSE,
        period=Period(date(2026, 3, 2), date(2026, 3, 15)),
        today=date(2026, 3, 26),
        start_kind=JOINED,
        return_kind=PAID,
        dim=Dimension.GROUP,
        offsets=1,
    )
    assert {key: hits(table) for key, table in by_group.items()} == {
        "7": [(2, 1, [1, 1]), (9, 1, [1, 0])],
        "8": [(2, 2, [0, 0]), (9, 0, [0, 0])],
    }
    # Of team 2, member 1 is new in week 3 only.
    team_2 = joined_to_paid(scope=Scope(frozenset({2})), period=Period(date(2026, 3, 2), date(2026, 3, 22)))
    assert hits(team_2) == [(2, 1, [0, 0, 0, 0]), (9, 0, [0, 0, 0]), (16, 1, [0, 0])]
    assert joined_to_paid(scope=Scope(frozenset())).size == 0


def test_an_empty_world_has_empty_tables(db):
    rebuild(now=database_now())
    table = joined_to_paid()
    assert table.size == 0
    assert all(cell.reading.value is None for row in table.rows for cell in row.cells)
    assert stickiness(scope=HOUSE, until=date(2026, 3, 31)).ratio.value is None
    assert {flow.active for flow in lifecycle(scope=HOUSE, period=MARCH, today=date(2026, 3, 31))} == {0}


def test_the_flow_of_actives(db):
    days = {1: [2, 10, 11, 24], 2: [2, 17, 24], 3: [10], 4: [3, 4, 5]}
    record_facts(
        *[
            fact("page.viewed", f"2026-03-{day:02} 09:00", member_id=member, team_id=1)
            for member, found in days.items()
            for day in found
        ]
    )
    rebuild(now=database_now())
    flows = lifecycle(
        scope=HOUSE, period=Period(date(2026, 3, 2), date(2026, 3, 27)), today=date(2026, 3, 27)
    )
    found = [(f.active, f.new, f.returning, f.resurrected, f.dormant) for f in flows]
    #        1,2,4 new | 1 again, 3 new, 2 and 4 quiet | 2 back, 1 and 3 quiet | 2 again, 1 back
    assert found == [(3, 3, 0, 0, 0), (2, 1, 1, 0, 2), (1, 0, 0, 1, 2), (2, 0, 1, 1, 0)]
    for before, flow in pairwise(flows):
        assert flow.active == before.active + flow.net
    sticky = stickiness(scope=HOUSE, until=date(2026, 3, 31), days=30)
    # 11 days active in all, 30 days, 4 members; 3 on one day, 2 and 4 on three, 1 on four.
    assert (sticky.ratio.numerator, sticky.ratio.denominator) == (11 / 30, 4)
    assert sticky.spread[:6] == (0, 1, 0, 2, 1, 0)
    assert sum(n * members for n, members in enumerate(sticky.spread)) == 11


def test_buckets():
    assert shifted(date(2026, 1, 1), Grain.MONTH, -1) == date(2025, 12, 1)
    assert last_of(date(2024, 2, 1), Grain.MONTH) == date(2024, 2, 29)
    assert buckets_between(date(2026, 3, 8), date(2026, 3, 9), Grain.WEEK) == [
        date(2026, 3, 2),
        date(2026, 3, 9),
    ]
