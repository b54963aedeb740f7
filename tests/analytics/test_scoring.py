"""RFM: scores, segments and sums, counted by hand, and the same from the facts themselves."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.analytics.models import RfmCell
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.rfm import Segment, rfm_grid, rfm_members
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.scoring import derived_cells, score_buyers
from tests.analytics.facts import at, fact, record_facts

NOW = at("2026-03-31 12:00")
HOUSE = Scope(None)

pytestmark = pytest.mark.django_db


def paid(member, day, value, team=1, kind="order.paid"):
    return fact(kind, f"2026-03-{day:02} 10:00", member_id=member, team_id=team, value=value)


def scored(*facts, now=NOW):
    record_facts(*facts)
    rebuild(now=now)
    score_buyers(now=now)


def test_five_buyers_one_in_each_fifth():
    # Member n: last paid on day 5n, n orders, 100 each; 5 got 450 back, and so spent least.
    scored(
        *[paid(n, 5 * n - extra, 100) for n in range(1, 6) for extra in range(n)],
        paid(5, 30, 450, kind="order.refunded"),
        paid(6, 30, 9, kind="order.refunded"),  # never paid: no buyer
    )
    found = {(row.recency, row.frequency, row.monetary): row for row in RfmCell.objects.filter(team_id=1)}
    assert set(found) == {(1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5), (5, 5, 1)}
    best = found[5, 5, 1]
    assert (best.count, best.orders, best.spent, best.days_since) == (1, 5, Decimal("50.00"), 31 - 25)
    grid = rfm_grid(HOUSE, trend_days=7)
    assert (grid.total.count, grid.total.orders, grid.total.spent) == (5, 15, Decimal("1050.00"))
    assert [grid.cells[n, n].count for n in range(1, 6)] == [1] * 5
    # Means are 3, 3, 3: 3 and 4 are high in all; 5 is recent and frequent, but little; 2 spent enough.
    sizes = {segment: part.count for segment, part in grid.segments.items() if part.count}
    assert sizes == {Segment.CHAMPION: 2, Segment.LOYAL: 1, Segment.RESCUE: 1, Segment.LOST: 1}
    assert grid.trend == {date(2026, 3, 31): {**dict.fromkeys(Segment, 0), **sizes}}
    assert list(rfm_members(HOUSE, segment=Segment.CHAMPION)) == [3, 4]
    assert list(rfm_members(HOUSE, cell=(5, 5))) == [5]


def test_teams_are_scored_apart_and_the_house_as_a_whole():
    scored(paid(1, 1, 10, team=1), paid(1, 2, 10, team=2), paid(2, 3, 99, team=2))
    assert rfm_grid(HOUSE).total.count == 2
    assert rfm_grid(Scope(frozenset({1}))).segments[Segment.CHAMPION].count == 1
    assert rfm_grid(Scope(frozenset({1, 2}))).total.count == 3
    assert rfm_grid(Scope(frozenset())).day is None


def test_a_day_scored_twice_and_the_day_after():
    scored(paid(1, 1, 10))
    score_buyers(now=NOW)
    assert RfmCell.objects.count() == 2  # the team and the house
    score_buyers(now=NOW + timedelta(days=1))
    assert sorted(RfmCell.objects.values_list("day", "team_id").filter(members=None)) == [
        (date(2026, 3, 31), -1),
        (date(2026, 3, 31), 1),
    ]
    assert rfm_grid(HOUSE).day == date(2026, 4, 1)
    assert list(rfm_members(HOUSE)) == [1]


def test_a_world_without_buyers():
    rebuild(now=NOW)
    assert score_buyers(now=NOW) == 0
    grid = rfm_grid(HOUSE, trend_days=30)
    assert (grid.day, grid.total.count, len(grid.cells), len(grid.segments)) == (None, 0, 25, 8)


def test_the_facts_give_the_same_cells():
    rng = random.Random(5)
    scored(
        *[
            paid(
                rng.randrange(1, 40),
                rng.randrange(1, 31),
                rng.randrange(1, 9999) / 100,
                rng.choice([1, 2, None]),
                rng.choice(["order.paid"] * 4 + ["order.refunded"]),
            )
            for _ in range(300)
        ]
    )

    def plain(rows):
        names = ("team_id", "recency", "frequency", "monetary", "count", "orders", "spent", "days_since")
        return sorted((*(getattr(row, name) for name in names), bytes(row.members)) for row in rows)

    assert plain(derived_cells(day=day_of(NOW))) == plain(RfmCell.objects.all())
