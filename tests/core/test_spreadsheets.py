"""S5: exports neutralise formulas and round-trip."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.spreadsheet_files import Format, read_rows
from apps.core.spreadsheets import as_cell, csv_lines, neutralise, restore, write_csv

_TRICKY = st.text(
    st.one_of(
        st.sampled_from("=+-@＝＋－＠'\t\r\n ,;|\"\\0汉🍑"),
        st.characters(codec="utf-8", exclude_characters="\0"),
    ),
    max_size=12,
)


@given(_TRICKY)
def test_neutralised_text_comes_back(text):
    assert restore(neutralise(text)) == text


@given(_TRICKY)
def test_neutralised_text_starts_no_formula(text):
    shown = neutralise(text).lstrip(" \u3000\xa0")
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@given(_TRICKY)
def test_neutralising_what_was_restored_is_stable(text):
    once = neutralise(restore(text))
    assert neutralise(restore(once)) == once


@given(st.lists(st.lists(_TRICKY, min_size=3, max_size=3), max_size=6))
def test_a_written_file_reads_back_cell_by_cell(rows):
    file = io.BytesIO()
    write_csv(file, ["a", "b", "c"], rows)
    blank = [row for row in rows if any(neutralise(cell) and not neutralise(cell).isspace() for cell in row)]
    read = [cells for _number, cells in read_rows(file, Format())][1:]
    assert [[restore(cell) for cell in cells] for cells in read] == blank


def test_a_mainland_phone_with_an_apostrophe_is_not_touched():
    assert restore("'13931144024") == "'13931144024"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "是"),
        (-5, "-5"),
        (Decimal("-1.50"), "-1.50"),
        ("-5", "'-5"),
        ("=1+1", "'=1+1"),
        (" @all", "' @all"),
        ("'=1", "''=1"),
        ("阿云", "阿云"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 08:00:00"),
    ],
)
def test_cells(value, cell):
    assert as_cell(value) == cell


def test_a_file_starts_with_a_mark_and_quotes_what_needs_it():
    text = "".join(csv_lines(["备注"], [["两\n行"], ['"老客户",要发票']]))
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["备注"],
        ["两\n行"],
        ['"老客户",要发票'],
    ]
