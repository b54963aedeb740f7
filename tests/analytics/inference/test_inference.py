"""Intervals that hold what they say, and tests that cry wolf no more often than they may."""

from math import inf

import numpy as np
import pytest

from apps.analytics.inference.allocation import allocate
from apps.analytics.inference.clusters import arm_of, compare, icc_of
from apps.analytics.inference.lift import Sums, mean_lift, share_lift
from apps.analytics.inference.planning import design_effect, effect_seen, groups_needed
from apps.analytics.inference.sequential import Look, always_valid_p, tau_for
from apps.analytics.inference.student import student_cdf, student_quantile
from apps.core.proportions import visitors_needed, z_of


@pytest.mark.parametrize(
    ("p", "freedom", "value"),
    [(0.975, 1, 12.7062047), (0.975, 4, 2.7764451), (0.975, 10, 2.2281389), (0.95, 30, 1.6972609),
     (0.025, 7, -2.3646243), (0.975, inf, 1.9599640), (0.995, 2.5, 7.3987907)],
)  # fmt: skip
def test_student_is_that_of_the_tables(p, freedom, value):
    if freedom == 2.5:
        assert student_cdf(student_quantile(p, freedom), freedom) == pytest.approx(p, abs=1e-9)
    else:
        assert student_quantile(p, freedom) == pytest.approx(value, abs=1e-6)


# --- groups ----------------------------------------------------------------------------------------


def test_allocation_is_repeatable_even_and_of_like_sizes():
    sizes = {number: 20 + number * 7 % 180 for number in range(41)}
    found = allocate(sizes, ("A", "B"), seed=3)
    assert found == allocate(dict(reversed(sizes.items())), ("A", "B"), seed=3)
    assert found != allocate(sizes, ("A", "B"), seed=4)
    sums = {key: sum(sizes[one] for one in sizes if found[one] == key) for key in "AB"}
    counts = {key: sum(one == key for one in found.values()) for key in "AB"}
    assert abs(counts["A"] - counts["B"]) <= 1
    assert abs(sums["A"] - sums["B"]) <= max(sizes.values())


def test_every_group_is_as_likely_to_get_either():
    got = [allocate({n: 50 + n for n in range(10)}, ("A", "B"), seed=seed) for seed in range(600)]
    for number in range(10):
        assert 230 < sum(one[number] == "A" for one in got) < 370


def test_the_variance_of_a_version_comes_from_its_groups():
    arm = arm_of([10, 20, 30], [100, 100, 100])
    assert arm.value == pytest.approx(0.2)
    assert arm.error == pytest.approx(0.1 / np.sqrt(3))  # of the three shares .1 .2 .3: sd / √3


def test_the_permutation_test_is_exact_for_few_groups():
    _a, _b, difference = compare(([1, 2, 3], [10, 10, 10]), ([7, 8, 9], [10, 10, 10]))
    assert difference.ways == 20
    assert difference.p == pytest.approx(2 / 20)
    assert difference.value == pytest.approx(0.6)
    assert difference.low < 0.6 < difference.high


def test_alike_groups_do_not_cry_wolf_where_counting_people_would():
    """No difference, ICC 0.2, twelve groups of 40 to 120: naive tests err every third time, this one as promised."""
    rng, rounds = np.random.default_rng(5), 250
    wolf = covered = naive = 0
    for _round in range(rounds):
        size = rng.integers(40, 120, 12)
        hits = rng.binomial(size, rng.beta(0.2 * 4, 0.8 * 4, 12))
        a, b, difference = compare((hits[:6], size[:6]), (hits[6:], size[6:]), seed=1)
        wolf += difference.p <= 0.05
        covered += difference.low <= 0 <= difference.high
        p = (a.numerator + b.numerator) / (a.denominator + b.denominator)
        z = difference.value / np.sqrt(p * (1 - p) * (1 / a.denominator + 1 / b.denominator))
        naive += abs(z) > z_of()
    assert naive / rounds > 0.3
    assert wolf / rounds <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / rounds)
    assert covered / rounds >= 0.91


def test_groups_that_are_all_alike_have_as_many_ways_as_they_have():
    """Rounding must not make the way that was seen rarer than it is: 2 of 70 ways are as clear."""
    sizes = [30, 70, 110, 130]
    a, b = ([0.1 * one for one in sizes], sizes), ([0.3 * one for one in sizes], sizes)
    assert compare(a, b)[2].p == pytest.approx(2 / 70)


def test_thousands_of_groups_are_compared_some_ways_at_a_time():
    rng = np.random.default_rng(3)
    size = rng.integers(20, 200, 3_000)
    hits = rng.binomial(size, 0.2)
    _a, _b, difference = compare((hits[::2], size[::2]), (hits[1::2], size[1::2]))
    assert difference.ways == 4_000
    assert difference.p > 0.01


def test_worlds_with_nothing_in_them_say_nothing():
    _a, _b, none = compare(([], []), ([1], [2]))
    assert none.value is None
    assert none.p is None
    _a, _b, one_each = compare(([1], [4]), ([1], [2]))
    assert one_each.value == 0.25
    assert one_each.low is None
    _a, _b, same = compare(([2, 2], [4, 4]), ([2, 2], [4, 4]))
    assert same.value == 0
    assert same.p == 1
    assert icc_of([1], [2]) is None
    assert icc_of([0, 0], [5, 5]) is None


def test_icc_is_found_again():
    rng = np.random.default_rng(1)
    size = np.full(3_000, 30)
    hits = rng.binomial(size, rng.beta(3 * 0.3, 3 * 0.7, 3_000))  # ICC = 1 / (1 + 3)
    assert icc_of(hits, size) == pytest.approx(0.25, abs=0.02)


def test_planned_groups_show_the_effect_four_times_in_five():
    base, lift, size, icc = 0.2, 0.5, 60, 0.02
    groups = groups_needed(base, lift, size=size, icc=icc)
    # By the normal law it would be these; by Student's a few more, and one more on each side.
    assert 2 < groups - visitors_needed(base, lift) * design_effect(size, icc) / size < 6
    assert effect_seen(base, groups, size=size, icc=icc) == pytest.approx(lift, abs=0.02)
    rng, k, found = np.random.default_rng(2), (1 - icc) / icc, 0
    half = groups // 2
    for _round in range(80):
        hits = [rng.binomial(size, rng.beta(p * k, (1 - p) * k, half)) for p in (base, base * (1 + lift))]
        _a, _b, difference = compare((hits[0], [size] * half), (hits[1], [size] * half))
        found += difference.p <= 0.05
    assert 0.72 <= found / 80 <= 0.95


def test_few_groups_are_enough_only_where_they_show_it():
    """Twice the share: by the normal law eight groups would do, and show it every other time."""
    base, size, icc = 0.2, 50, 0.03
    groups = groups_needed(base, 1.0, size=size, icc=icc)
    assert groups > 8
    rng, k, half, found = np.random.default_rng(4), (1 - icc) / icc, groups // 2, 0
    for _round in range(60):
        hits = [rng.binomial(size, rng.beta(p * k, (1 - p) * k, half)) for p in (base, 2 * base)]
        found += compare((hits[0], [size] * half), (hits[1], [size] * half))[2].p <= 0.05
    assert found / 60 >= 0.8


# --- peeking ---------------------------------------------------------------------------------------


def looks(rng, p, q, steps=60, each=100):
    a, b = np.cumsum(rng.binomial(each, p, steps)), np.cumsum(rng.binomial(each, q, steps))
    return [
        Look(int(x), (n + 1) * each, int(y), (n + 1) * each)
        for n, (x, y) in enumerate(zip(a, b, strict=True))
    ]


def test_looking_sixty_times_errs_at_most_one_time_in_twenty():
    """The type-I error with peeking, beside that of a plain test that is looked at as often."""
    rng, rounds, tau = np.random.default_rng(8), 600, tau_for(0.1, 0.3)
    wolf = plain = 0
    for _round in range(rounds):
        seen = looks(rng, 0.1, 0.1)
        wolf += always_valid_p(seen, tau) <= 0.05
        plain += any(abs(_z(look)) > z_of() for look in seen)
    assert wolf / rounds <= 0.05
    assert plain / rounds > 0.2


def _z(look):
    p = (look.hits + look.other_hits) / (look.cases + look.other_cases)
    error = np.sqrt(p * (1 - p) * (1 / look.cases + 1 / look.other_cases))
    return (look.hits / look.cases - look.other_hits / look.other_cases) / error if error else 0.0


def test_a_difference_that_is_there_is_mostly_found_early():
    rng, tau = np.random.default_rng(9), tau_for(0.1, 0.3)
    stopped = []
    for _round in range(100):
        seen = looks(rng, 0.1, 0.14)
        found = next((n for n in range(len(seen)) if always_valid_p(seen[: n + 1], tau) <= 0.05), None)
        stopped.append(found)
    assert sum(one is not None for one in stopped) >= 90
    assert np.median([one for one in stopped if one is not None]) < 40


def test_the_always_valid_p_only_falls():
    seen = looks(np.random.default_rng(1), 0.2, 0.25)
    values = [always_valid_p(seen[:n], 0.05) for n in range(len(seen) + 1)]
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert always_valid_p([Look(0, 5, 0, 5)], 0.05) == 1


# --- holdout ---------------------------------------------------------------------------------------


def sums(values):
    return Sums(len(values), int((values > 0).sum()), float(values.sum()), float((values**2).sum()))


def test_the_lift_of_a_known_truth_is_covered_nineteen_times_in_twenty():
    """Buying 20 % against 15 %, baskets of exponential size: the truth is 0.05 · 80 yuan per member."""
    rng, covered, share_covered, rounds = np.random.default_rng(3), 0, 0, 400
    for _round in range(rounds):
        treated = sums(rng.exponential(80, 4_000) * (rng.random(4_000) < 0.20))
        held = sums(rng.exponential(80, 400) * (rng.random(400) < 0.15))
        lift, part = mean_lift(treated, held), share_lift(treated, held)
        covered += lift.low <= 4 <= lift.high
        share_covered += part.low <= 0.05 <= part.high
    assert 0.92 <= covered / rounds <= 0.98
    assert 0.92 <= share_covered / rounds <= 0.98


@pytest.mark.parametrize(("held", "share"), [(30, 0.05), (60, 0.05), (60, 0.15), (200, 0.05)])
def test_few_buyers_among_the_held_out_are_no_gain(held, share):
    """No difference: where hardly one of the held out would buy, often none does, and that shows nothing."""
    rng, wolf, rounds = np.random.default_rng(6), 0, 400
    for _round in range(rounds):
        sides = [
            sums(rng.exponential(80, people) * (rng.random(people) < share)) for people in (9 * held, held)
        ]
        wolf += mean_lift(*sides).is_certain
    assert wolf / rounds <= 0.05


def test_too_few_people_have_no_lift():
    assert mean_lift(Sums(10, 2, 5, 25), Sums(1)).value is None
    assert share_lift(Sums(10, 2), Sums(0)).value is None
    assert mean_lift(Sums(5), Sums(5)).value == 0
