"""Where a figure ends at the current pace."""

import random
from datetime import date, timedelta

import pytest

from apps.analytics.selectors.forecast import Day, forecast

_FIRST = date(2026, 3, 2)  # a Monday


def days(values, start=_FIRST):
    return [Day(start + timedelta(days=n), above, *below) for n, (above, *below) in enumerate(values)]


def coming(number, after):
    return [_FIRST + timedelta(days=after + n) for n in range(number)]


def test_an_even_pace_goes_on_without_doubt():
    found = forecast(days([(10,)] * 10), coming(20, 10))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((300, 300, 300))


def test_a_share_stays_what_it_is_when_every_day_is_alike():
    found = forecast(days([(2, 8)] * 10), coming(20, 10))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_weekends_are_known_from_the_past():
    week = [(10,)] * 5 + [(40,)] * 2
    past = days(week * 8, _FIRST - timedelta(weeks=8))
    # Five working days are over: two days of a weekend are to come.
    found = forecast(days(week[:5]), coming(2, 5), past=past)
    assert found is not None
    assert found.value == pytest.approx(50 + 80, rel=0.12)
    without = forecast(days(week[:5]), coming(2, 5))
    assert without is not None
    assert without.value == pytest.approx(70)


def test_too_few_days_say_nothing_and_an_ended_period_is_what_it_is():
    assert forecast(days([(5,), (7,)]), coming(5, 2)) is None
    assert forecast([], coming(5, 0)) is None
    ended = forecast(days([(5,), (7,)]), [])
    assert ended is not None
    assert (ended.value, ended.low, ended.high) == (12, 12, 12)
    assert forecast(days([(0, 0)] * 5), coming(3, 5)) is None  # nothing to divide by
    assert forecast(days([(0, 0)] * 5), []) is None


@pytest.mark.parametrize("shape", ["sum", "share"])
def test_nine_of_ten_endings_lie_in_the_interval(shape):
    rng = random.Random(4)
    inside = 0
    for trial in range(120):
        level = rng.uniform(20, 60)
        drawn = []
        for _day in range(30):
            whole = max(1, round(rng.gauss(level, level**0.5)))
            drawn.append((sum(rng.random() < 0.3 for _ in range(whole)), whole))
        values = [(whole,) for _part, whole in drawn] if shape == "sum" else drawn
        found = forecast(days(values[:15]), coming(15, 15), seed=trial)
        assert found is not None
        end = (
            sum(row[0] for row in values)
            if shape == "sum"
            else sum(row[0] for row in values) / sum(row[1] for row in values)
        )
        inside += found.low <= end <= found.high
    assert 0.8 <= inside / 120 <= 0.98
