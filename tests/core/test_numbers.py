"""Numbers from outside: what is none is never read as one, and nothing breaks on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.numbers import MOST, whole, wholes


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "-1", "+1", "1.0", "1e3", "²", "1²", "½", "Ⅷ", "٣", "1\0", " 1", "0x1", "1_000", "9" * 20, "9" * 100_000,
     str(MOST + 1), True, 1.5, [1], {"a": 1}],
)  # fmt: skip
def test_what_is_no_number_of_a_row_is_none(text):
    assert whole(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("007", 7), (12, 12), ("１８", 18), (str(MOST), MOST)],
)
def test_what_is_one_is_read(text, number):
    assert whole(text) == number


def test_bounds_hold():
    assert [whole(text, at_least=1, at_most=31) for text in ("0", "1", "31", "32")] == [None, 1, 31, None]
    assert wholes(["3", "x", "²", "1", str(MOST + 1)]) == [3, 1]


@given(st.text())
def test_any_text_is_answered(text):
    found = whole(text)
    assert found is None or 0 <= found <= MOST
