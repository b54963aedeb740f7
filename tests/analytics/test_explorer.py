"""Ad-hoc funnels and retention over raw facts: counted by hand, scoped, and deaf to what a person types as SQL."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from apps.analytics.enums import Dimension
from apps.analytics.selectors.buckets import Grain
from apps.analytics.selectors.explorer import (
    Breakdown,
    Condition,
    Funnel,
    Operator,
    Retention,
    Step,
    funnel,
    funnel_statement,
    retention,
    retention_statement,
)
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError
from apps.events.models import Event
from tests.analytics.facts import fact, record_facts

pytestmark = pytest.mark.django_db

HOUSE = Scope(None)
PERIOD = Period(date(2026, 3, 2), date(2026, 3, 8))
VIEW, ENTER, PAY = Step("page.viewed"), Step("campaign.entered"), Step("order.paid")
STEPS = (VIEW, ENTER, PAY)
#: member: (day and hour, kind, team, channel, value) …
WAYS = {
    1: [
        ("02 10:00", "page.viewed"),
        ("02 11:00", "campaign.entered"),
        ("02 13:00", "order.paid"),
    ],
    2: [("02 10:00", "page.viewed"), ("03 10:00", "order.paid"), ("03 12:00", "campaign.entered")],
    3: [
        ("07 00:00", "page.viewed"),
        ("07 03:00", "campaign.entered"),
        ("07 04:00", "page.viewed"),
        ("13 23:59", "order.paid"),  # after the period, within the window
    ],
    4: [("02 10:00", "campaign.entered"), ("04 10:00", "page.viewed")],  # the wrong way round
    5: [
        ("08 10:00", "page.viewed"),
        ("08 11:00", "campaign.entered"),
        ("15 10:00", "order.paid"),  # a window later to the second: too late
    ],
    6: [("09 00:00", "page.viewed")],  # after the period
}


@pytest.fixture
def ways():
    record_facts(
        *[
            fact(
                kind,
                f"2026-03-{when}",
                member_id=member,
                team_id=1 + member % 2,
                value=10 * member if kind == "order.paid" else None,
                data={"channel": "a" if member < 3 else "b", "n": member},
            )
            for member, found in WAYS.items()
            for when, kind in found
        ]
    )


def counts(lines):
    return {line.key: [stage.members for stage in line.stages] for line in lines}


def test_the_funnel_and_its_times(ways):
    [line] = funnel(Funnel(STEPS), scope=HOUSE, period=PERIOD)
    assert [stage.members for stage in line.stages] == [5, 4, 2]
    assert [Fraction(s.of_last.numerator, s.of_last.denominator) for s in line.stages] == [
        1,
        Fraction(4, 5),
        Fraction(1, 2),
    ]
    # 1 h (member 1), 26 h (2), 3 h (3), 1 h (5).
    assert line.stages[1].median == timedelta(hours=2)
    assert line.stages[1].p90 == timedelta(hours=3 + 23 * 0.7)
    assert line.stages[0].median is None


def test_a_shorter_window(ways):
    assert counts(funnel(Funnel(STEPS, timedelta(hours=2)), scope=HOUSE, period=PERIOD)) == {"": [5, 2, 0]}
    assert counts(funnel(Funnel(STEPS, timedelta(hours=4)), scope=HOUSE, period=PERIOD)) == {"": [5, 3, 1]}


def test_strict_order_lets_nothing_come_between(ways):
    # Member 2 pays before entering; member 3 looks again before paying.
    assert counts(funnel(Funnel(STEPS, is_strict=True), scope=HOUSE, period=PERIOD)) == {"": [5, 3, 1]}


def test_breakdowns_conditions_and_scope(ways):
    by_channel = Funnel(STEPS, breakdown=Breakdown(Dimension.CHANNEL))
    assert counts(funnel(by_channel, scope=HOUSE, period=PERIOD)) == {"a": [2, 2, 1], "b": [3, 2, 1]}
    by_data = Funnel(STEPS, breakdown=Breakdown(data_key="n"), is_strict=True, top=2)
    *largest, rest = funnel(by_data, scope=HOUSE, period=PERIOD)
    assert counts(largest) == {"1": [1, 1, 1], "2": [1, 0, 0]}
    assert (rest.is_rest, [stage.members for stage in rest.stages]) == (True, [3, 2, 0])
    back = Retention(VIEW, PAY, Grain.WEEK, offsets=1, breakdown=Breakdown(data_key="n"), top=1)
    first, others = retention(back, scope=HOUSE, period=PERIOD, today=date(2026, 3, 31))
    assert (first.key, first.size, others.is_rest, others.size) == ("1", 1, True, 4)
    assert [reading.numerator for reading in others.readings] == [1, 2]
    dear = Step("order.paid", (Condition("value", Operator.AT_LEAST, "20"),))
    assert counts(funnel(Funnel((VIEW, ENTER, dear)), scope=HOUSE, period=PERIOD)) == {"": [5, 4, 1]}
    late = Step("page.viewed", (Condition("data.n", Operator.AT_LEAST, "3"),))
    assert counts(funnel(Funnel((late, ENTER)), scope=HOUSE, period=PERIOD)) == {"": [3, 2]}
    is_a = Step("page.viewed", (Condition("channel", Operator.IS, "a"),))
    assert counts(funnel(Funnel((is_a, ENTER)), scope=HOUSE, period=PERIOD)) == {"": [2, 2]}
    assert counts(funnel(Funnel(STEPS), scope=Scope(frozenset({2})), period=PERIOD)) == {"": [3, 3, 2]}
    assert funnel(Funnel(STEPS), scope=Scope(frozenset()), period=PERIOD) == []


def test_the_same_kind_twice_needs_two_facts(ways):
    assert counts(funnel(Funnel((VIEW, VIEW)), scope=HOUSE, period=PERIOD)) == {"": [5, 1]}


@pytest.mark.parametrize("is_bounded", [True, False])
@pytest.mark.parametrize("breakdown", [Breakdown(), Breakdown(Dimension.CHANNEL)])
def test_retention(ways, is_bounded, breakdown):
    question = Retention(VIEW, PAY, Grain.WEEK, offsets=1, is_bounded=is_bounded, breakdown=breakdown)
    lines = retention(question, scope=HOUSE, period=PERIOD, today=date(2026, 3, 31))
    found = {line.key: (line.size, [reading.numerator for reading in line.readings]) for line in lines}
    # Members 1 and 2 pay in the first week, 3 and 5 in the second.
    if breakdown.is_whole:
        assert found == {"": (5, [2, 2] if is_bounded else [4, 2])}
    else:
        assert found == {"a": (2, [2, 0]), "b": (3, [0, 2] if is_bounded else [2, 2])}


def test_retention_waits_for_the_end_of_a_bucket(ways):
    [line] = retention(Retention(VIEW, PAY, offsets=3), scope=HOUSE, period=PERIOD, today=date(2026, 3, 16))
    assert [reading.numerator for reading in line.readings] == [2, 2]
    by_day = Retention(VIEW, PAY, Grain.DAY, offsets=1)
    [line] = retention(by_day, scope=HOUSE, period=PERIOD, today=date(2026, 3, 31))
    assert [reading.numerator for reading in line.readings] == [1, 1]
    by_month = Retention(VIEW, PAY, Grain.MONTH, offsets=1)
    [line] = retention(by_month, scope=HOUSE, period=PERIOD, today=date(2026, 5, 31))
    assert [reading.numerator for reading in line.readings] == [4, 0]


EVIL = ["'; DROP TABLE events_event; --", "a' OR '1'='1", "%(p0)s", "%s", "{}", '"', "\\'; SELECT 1", "$$"]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_typed_becomes_sql(ways, evil):
    conditions = (
        Condition(f"data.{evil}", Operator.IS_NOT, evil),
        Condition("channel", Operator.IS_NOT, evil),
    )
    question = Funnel((Step("page.viewed", conditions), PAY), breakdown=Breakdown(data_key=evil))
    back = Retention(Step("page.viewed", conditions), PAY, breakdown=Breakdown(data_key=evil))
    for sql, values in (
        funnel_statement(question, scope=HOUSE, period=PERIOD),
        retention_statement(back, scope=HOUSE, period=PERIOD),
    ):
        assert evil not in sql.replace("%(p0)s", "") if evil != '"' else '"' not in sql
        assert evil in values.values()
    before = Event.objects.count()
    assert counts(funnel(question, scope=HOUSE, period=PERIOD)) == {"": [5, 4 - 1]}
    assert retention(back, scope=HOUSE, period=PERIOD, today=date(2026, 3, 31))[0].size == 5
    assert Event.objects.count() == before
    with pytest.raises(DomainError):
        Step(evil)
    with pytest.raises(DomainError):
        funnel(
            Funnel((Step("page.viewed", (Condition(evil, Operator.IS, "1"),)), PAY)),
            scope=HOUSE,
            period=PERIOD,
        )
    with pytest.raises(DomainError):
        funnel(
            Funnel((Step("page.viewed", (Condition("value", Operator.AT_LEAST, evil),)), PAY)),
            scope=HOUSE,
            period=PERIOD,
        )


def test_questions_that_make_no_sense():
    with pytest.raises(DomainError):
        Funnel((VIEW,))
    with pytest.raises(DomainError):
        Funnel(STEPS, timedelta())
    with pytest.raises(DomainError):
        Retention(VIEW, PAY, offsets=0)


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize(
    ("one", "first"),
    [
        (Condition("value", Operator.IS, "10"), 1),  # kept as 10.00
        (Condition("value", Operator.IS, "10.000"), 1),
        (Condition("value", Operator.IS_NOT, "10.0"), 1),
        (Condition("data.n", Operator.IS, "1.0"), 1),
        (Condition("data.n", Operator.IS_NOT, "1.00"), 1),
        (Condition("data.channel", Operator.IS, "1"), 0),
        (Condition("data.channel", Operator.IS, "a"), 2),
    ],
)
def test_numbers_are_equal_as_numbers(one, first):
    """Of members 1 and 2, who paid 10 and 20 in the period."""
    question = Funnel((Step("order.paid", (one,)), PAY))
    lines = funnel(question, scope=HOUSE, period=PERIOD)
    assert sum(line.stages[0].members for line in lines) == first


@pytest.mark.parametrize("text", ["", "abc", "1,000", "1e9", "99.5元", "NaN", "9" * 16, "１２"])
@pytest.mark.parametrize("operator", [Operator.IS, Operator.IS_NOT, Operator.AT_LEAST, Operator.AT_MOST])
def test_what_is_no_number_is_answered_in_words(text, operator):
    question = Funnel((Step("order.paid", (Condition("value", operator, text),)), PAY))
    with pytest.raises(DomainError, match="不是数字"):
        funnel(question, scope=HOUSE, period=PERIOD)
