"""SQL parsers against Python: what SQL accepts is what Python says, and the rest is left to Python."""

from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.phones import canonical_mobile
from apps.imports.services import columns
from apps.imports.services.targets import all_targets, get_target
from tests.imports.conftest import run_import

pytestmark = pytest.mark.django_db
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def parsed(column, text: str):
    tidy = column.tidy("x") if column.tidy else "x"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column.parse('y')} FROM (SELECT {tidy} AS y FROM (SELECT {columns.cleaned('r')} AS x"
            # From a function, not a literal: PostgreSQL would fold casts of constants out of their CASE.
            " FROM unnest(ARRAY[%s]) AS a(r)) b) c",
            [text],
        )
        return cursor.fetchone()[0]


_SEPARATORS = st.sampled_from(["", " ", "-", "\u3000", "\u00a0"])


@QUIET
@given(
    number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    country=st.sampled_from(["", "+86", "86", "0086", "＋86"]),
    gaps=st.lists(_SEPARATORS, min_size=3, max_size=3),
    quote=st.sampled_from(["", "'", "’"]),
    wide=st.booleans(),
)
def test_phones_in_any_spelling(number, country, gaps, quote, wide):
    if wide:
        number = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    text = quote + country + gaps[0] + number[:3] + gaps[1] + number[3:7] + gaps[2] + number[7:]
    assert parsed(get_target("members").column("phone"), text) == canonical_mobile(text)


@QUIET
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_anything_at_all_is_parsed_without_an_error(text):
    for column in get_target("members").columns:
        parsed(column, text)


@QUIET
@given(st.text(alphabet="0123456789-/.年月日: ,¥", max_size=22))
def test_near_dates_and_numbers_are_parsed_without_an_error(text):
    for key in ("born_on", "joined_at", "points", "total_spent"):
        parsed(get_target("members").column(key), text)


@QUIET
@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)))
def test_dates_in_the_shapes_people_write(day):
    column = get_target("members").column("born_on")
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y.%m.%d}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.isoformat()} 00:00:00",
        f"{day.year}/{day.month}/{day.day} 0:00",
    ):
        assert parsed(column, text) == day, text


def test_every_target_is_sound():
    for target in all_targets().values():
        assert set(target.needs) <= {column.key for column in target.columns}
        assert [step.name for step in target.steps_for(frozenset())], "something always runs"
        for column in target.columns:
            assert column.key.isidentifier()


def test_extreme_numbers_do_not_break_the_import():
    job = run_import(
        "手机号,积分,累计消费\n13800138000,99999999999999,1e9\n13800138001,2147483647,9999999999.99\n13800138002,1.5,99999999999999\n"
    )
    assert job.created_count == 3
    assert {p["code"]: p["count"] for p in job.problems} == {
        "points.unreadable": 2,
        "total_spent.unreadable": 2,
    }
