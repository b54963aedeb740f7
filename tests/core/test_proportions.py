"""Shares compared: the published answers come out, and nothing impossible does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.proportions import is_split_off, newcombe, visitors_needed, wilson, z_of


def test_the_quantile_is_the_usual_one():
    assert z_of(0.95) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(hits, total, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    found = wilson(hits, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_intervals(a, m, b, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    found = newcombe(a, m, b, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_nobody_counted_says_nothing():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    assert not newcombe(3, 5, 0, 0).excludes_zero
    with pytest.raises(ValueError, match="6 of 5"):
        wilson(6, 5)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_intervals_hold_what_was_seen_and_mirror(a, more_a, b, more_b):
    m, n = a + more_a, b + more_b
    there, back = newcombe(a, m, b, n), newcombe(b, n, a, m)
    assert -1 <= there.low <= there.high <= 1
    assert there.low == pytest.approx(-back.high, abs=1e-12)
    if m and n:
        assert there.low - 1e-12 <= a / m - b / n <= there.high + 1e-12
        one = wilson(a, m)
        assert 0 <= one.low <= a / m + 1e-12
        assert a / m - 1e-12 <= one.high <= 1


def test_sample_size_is_the_textbooks():
    """From 10 % to 12 %, 5 % two-sided, 80 %: 3,839 on each side."""
    assert -(-visitors_needed(0.10, 0.20) // 2) == 3839
    assert visitors_needed(0.10, 0.20, share=0.1) > visitors_needed(0.10, 0.20)
    with pytest.raises(ValueError, match="by 0"):
        visitors_needed(0.1, 0.0)


def test_a_split_that_chance_does_not_explain_is_seen():
    assert not is_split_off(0, 0, 0.5)
    assert not is_split_off(520, 1000, 0.5)
    assert is_split_off(560, 1000, 0.5)
