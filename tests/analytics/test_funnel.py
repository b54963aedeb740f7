"""AARRR from rollups: a small world by hand, and no step out of order."""

import pytest

from apps.analytics.admin.board.moves import moves
from apps.analytics.enums import Dimension, Direction, Unit
from apps.analytics.metrics.base import Metric, Reading, share
from apps.analytics.selectors.funnel import cohorts, funnel
from apps.analytics.selectors.hours import hours_of
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from tests.analytics.facts import at, fact, record_facts

pytestmark = pytest.mark.django_db
MARCH = Period(at("2026-03-01 12:00").date(), at("2026-03-31 12:00").date())
HOUSE = Scope(None)


def test_each_step_counts_who_did_it_on_the_day_of_the_one_before_or_later():
    def joined(member: int, day: str, group: int = 1):
        return fact("group.joined", f"2026-03-{day} 10:00", member_id=member, group_id=group, team_id=1)

    def did(kind: str, member: int, day: str, **fields):
        return fact(kind, f"2026-03-{day} 15:00", member_id=member, team_id=1, **fields)

    record_facts(
        joined(1, "01"), joined(2, "02"), joined(3, "03", 2), joined(4, "10", 2), joined(5, "05", 2),
        did("page.viewed", 1, "01"), did("page.viewed", 2, "04"), did("page.viewed", 5, "06"),
        did("page.viewed", 4, "02"),  # before she came: does not count
        did("page.viewed", 9, "02"),  # never came
        did("order.paid", 1, "03", value=10), did("order.paid", 1, "08", value=10),  # bought again, five days later
        did("order.paid", 2, "05", value=10), did("order.paid", 2, "05", value=10),  # twice on one day
        did("order.paid", 5, "05", value=10),  # before any other act, yet an order is an act itself
        fact(
            "campaign.contributed", "2026-03-06 11:00", member_id=77, team_id=1,
            data={"kind": "help", "is_new": True, "owner": 1},
        ),
        fact("group.joined", "2026-04-01 00:30", member_id=6, team_id=1, group_id=1),  # April
    )  # fmt: skip
    rebuild(now=at("2026-04-02 00:00"))
    steps = {step.key: step for step in funnel(HOUSE, MARCH)}
    assert {key: sorted(step.members) for key, step in steps.items()} == {
        "acquire": [1, 2, 3, 4, 5],
        "activate": [1, 2, 5],
        "convert": [1, 2, 5],
        "refer": [1],
        "repurchase": [1, 2],
    }
    # Days from joining to the first act: 0, 2 and 0 (the order of the same day); to buying: 2, 1, 0.
    assert steps["activate"].median == 0
    assert steps["convert"].median == 1
    assert steps["refer"].median == 3
    assert steps["repurchase"].median == 2.5
    assert {key: sorted(members) for key, members in cohorts(HOUSE, MARCH, Dimension.GROUP).items()} == {
        "1": [1, 2],
        "2": [3, 4, 5],
    }
    assert hours_of(HOUSE, at("2026-03-05 12:00").date(), ["order.paid"])["order.paid"][15] == (3, 30)
    # Another team's people are nobody here.
    assert not any(step.members for step in funnel(Scope(frozenset({2})), MARCH))


def test_an_empty_world_has_an_empty_funnel():
    assert [len(step.members) for step in funnel(HOUSE, MARCH)] == [0] * 5
    assert funnel(Scope(frozenset()), MARCH)[1].median is None


def metric(key: str, unit: Unit) -> Metric:
    return Metric(
        key=key, label=key, definition="", unit=unit, direction=Direction.HIGHER, needs=(),
        formula=lambda figures: Reading(None), sql="", rows=(),
    )  # fmt: skip


def test_what_chance_may_have_done_is_no_change():
    metrics = [metric(key, Unit.COUNT) for key in ("few", "many")] + [metric("rate", Unit.PERCENT)]
    now = {"few": Reading(6), "many": Reading(1200), "rate": share(60, 100)}
    was = {"few": Reading(3), "many": Reading(1000), "rate": share(50, 100)}
    # Twice as many of three is chance; a fifth more of a thousand is not; 60 of 100 may be 50 of 100.
    assert [move.metric.key for move in moves(metrics, now, was, {})] == ["many"]
    now["rate"], was["rate"] = share(700, 1000), share(500, 1000)
    assert [move.metric.key for move in moves(metrics, now, was, {})] == ["rate", "many"]
