"""Alerts fire on what is odd, and not on noise."""

from datetime import date, timedelta

import numpy as np
import pytest

from apps.analytics.enums import Sensitivity
from apps.analytics.selectors.baseline import BUDGETS, Seen, band, critical

_LAST = date(2026, 3, 1)
_WEEKDAY = np.array([1, 1, 1.1, 1, 1.3, 1.8, 1.6])


def past(values, cases=None):
    """57 days, the last one to be judged."""
    return [
        Seen(
            _LAST - timedelta(days=len(values) - 1 - n),
            float(value),
            float(cases[n]) if cases is not None else 0,
        )
        for n, value in enumerate(values)
    ]


def levels(level):
    return np.array([level * _WEEKDAY[(_LAST - timedelta(days=56 - n)).weekday()] for n in range(57)])


def is_odd(seen, *, rules=20, scale="count", sensitivity=Sensitivity.NORMAL):
    found = band(seen[:-1], seen[-1], rules=rules, sensitivity=sensitivity, scale=scale)
    return found is not None and not found.holds(seen[-1].value)


@pytest.mark.parametrize("level", [0.3, 2, 15, 300])
def test_counting_noise_fires_no_more_often_than_was_promised(level):
    """One rule among twenty, 7 looks a week: at most twice the promised 0.25/20 of series-weeks."""
    rng = np.random.default_rng(1)
    looks = 1500
    fired = sum(is_odd(past(rng.poisson(levels(level)))) for _ in range(looks))
    weekly = 7 * fired / looks
    assert weekly <= 2 * BUDGETS[Sensitivity.NORMAL] / 20 + 7 * 2 / looks


def test_wild_noise_widens_the_band_instead_of_firing():
    """Days that vary three times as much as counting does (negative binomial)."""
    rng = np.random.default_rng(2)
    looks = 1500
    shape = 100 / 8
    fired = sum(
        is_odd(past(rng.poisson(levels(1) * rng.gamma(shape, 100 / shape, 57)))) for _ in range(looks)
    )
    assert 7 * fired / looks <= 4 * BUDGETS[Sensitivity.NORMAL] / 20


def test_a_drop_by_half_fires_and_says_what_was_expected():
    rng = np.random.default_rng(3)
    fired = 0
    for _ in range(200):
        values = rng.poisson(levels(150))
        values[-1] = rng.poisson(levels(150)[-1] / 2)
        fired += is_odd(past(values))
    assert fired >= 190
    seen = past([*[100] * 56, 40])
    found = band(seen[:-1], seen[-1], rules=20, sensitivity=Sensitivity.NORMAL)
    assert found is not None
    assert found.expected == pytest.approx(100)
    assert found.low > 40


def test_small_counts_never_fire():
    for value in range(11):
        assert not is_odd(past([*[0] * 56, value]), rules=1, sensitivity=Sensitivity.HIGH)
        assert not is_odd(past([*[2] * 56, value]), rules=1, sensitivity=Sensitivity.HIGH)
    assert is_odd(past([*[2] * 56, 60]))


def test_a_share_of_few_cases_never_fires_and_a_large_one_does():
    shares, few = [0.4] * 56, [5] * 57
    assert not is_odd(past([*shares, 0.0], few), scale="share")
    assert is_odd(past([*shares, 0.2], [400] * 57), scale="share")
    assert (
        band(
            past([*shares, 0.2], [400] * 57)[:-1],
            Seen(_LAST, 0.2, 0),
            rules=1,
            sensitivity="normal",
            scale="share",
        )
        is None
    )


def test_money_counts_as_orders_of_average_size():
    """¥5,000 a day from 5 orders is five coin tosses; from 500 orders it is a figure."""
    values = [*[5000.0] * 56, 1500.0]
    assert not is_odd(past(values, [5] * 57), scale="money")
    assert is_odd(past(values, [500] * 57), scale="money")


def test_few_weeks_say_nothing():
    seen = past([*[50] * 20, 0])
    assert band(seen[:-1], seen[-1], rules=1, sensitivity=Sensitivity.HIGH) is None


def test_more_rules_make_wider_bands():
    widths = [critical(rules, Sensitivity.NORMAL) for rules in (1, 10, 100, 1000)]
    assert widths == sorted(widths)
    assert critical(10, Sensitivity.HIGH) < critical(10, Sensitivity.NORMAL) < critical(10, Sensitivity.LOW)


def test_two_mad_days_do_not_move_the_expectation():
    values = [100] * 57
    values[14], values[30] = 5000, 0
    found = band(past(values)[:-1], past(values)[-1], rules=5, sensitivity=Sensitivity.NORMAL)
    assert found is not None
    assert found.expected == pytest.approx(100)
