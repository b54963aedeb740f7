"""When runs begin and end: wall clocks, months, daylight saving (C10)."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.enums import Repeat
from apps.campaigns.services.recurrence import (
    Recurrence,
    describe,
    length_in_words,
    next_start,
    occurrences,
    overlaps,
    window_end,
)
from apps.core.errors import Invalid

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)  # 20:00 in Shanghai


def weekly(**fields):
    return Recurrence(
        **{"repeat": Repeat.WEEKLY, "at_time": time(20), "weekdays": frozenset({4}), "until": None} | fields
    )


def monthly(*days, **fields):
    return Recurrence(repeat=Repeat.MONTHLY, at_time=time(10), month_days=frozenset(days), **fields)


def walls(plan, after, count):
    zone = ZoneInfo(plan.timezone)
    return [f"{start.astimezone(zone):%Y-%m-%d %H:%M}" for start in islice(occurrences(plan, after), count)]


def test_every_friday_evening():
    starts = list(islice(occurrences(weekly(), FRIDAY - timedelta(seconds=1)), 3))
    assert starts == [FRIDAY, FRIDAY + timedelta(days=7), FRIDAY + timedelta(days=14)]
    assert next_start(weekly(), FRIDAY) == FRIDAY + timedelta(days=7)


def test_a_single_run_begins_once_and_demand_never():
    once = Recurrence(repeat=Repeat.ONCE, starts_at=FRIDAY)
    assert list(occurrences(once, FRIDAY - timedelta(days=1))) == [FRIDAY]
    assert list(occurrences(once, FRIDAY)) == []
    assert next_start(Recurrence(repeat=Repeat.ON_DEMAND), FRIDAY) is None


def test_the_member_day_of_the_31st_is_held_in_february_too():
    after = datetime(2028, 1, 1, tzinfo=UTC)
    assert walls(monthly(31), after, 4) == [
        "2028-01-31 10:00",
        "2028-02-29 10:00",
        "2028-03-31 10:00",
        "2028-04-30 10:00",
    ]
    assert walls(monthly(30, 31), datetime(2026, 2, 1, tzinfo=UTC), 2) == [
        "2026-02-28 10:00",  # once, not twice
        "2026-03-30 10:00",
    ]


def test_evening_stays_evening_across_daylight_saving():
    plan = weekly(timezone="Europe/Berlin")
    starts = list(islice(occurrences(plan, datetime(2026, 3, 20, tzinfo=UTC)), 3))
    assert walls(plan, datetime(2026, 3, 20, tzinfo=UTC), 3) == [
        "2026-03-20 20:00",
        "2026-03-27 20:00",
        "2026-04-03 20:00",
    ]
    assert [start.hour for start in starts] == [19, 19, 18]


def test_a_skipped_time_is_moved_past_the_gap_and_a_double_one_comes_once():
    plan = Recurrence(repeat=Repeat.DAILY, timezone="Europe/Berlin", at_time=time(2, 30))
    assert walls(plan, datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == ["2026-03-29 03:30", "2026-03-30 02:30"]
    autumn = list(islice(occurrences(plan, datetime(2026, 10, 24, 12, tzinfo=UTC)), 2))
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_a_day_that_a_zone_skips_brings_no_second_run():
    plan = Recurrence(repeat=Repeat.DAILY, timezone="Pacific/Apia", at_time=time(20))
    starts = list(islice(occurrences(plan, datetime(2011, 12, 28, tzinfo=UTC)), 5))
    assert len(set(starts)) == 5
    assert "2011-12-30 20:00" not in walls(plan, datetime(2011, 12, 28, tzinfo=UTC), 5)


def test_three_days_end_at_the_same_time_of_day_and_hours_are_hours():
    plan = weekly(timezone="Europe/Berlin", duration=timedelta(days=3))
    start = datetime(2026, 3, 27, 19, tzinfo=UTC)
    assert window_end(plan, start).astimezone(ZoneInfo("Europe/Berlin")).hour == 20
    assert window_end(plan, start) - start == timedelta(days=3, hours=-1)
    hours = weekly(timezone="Europe/Berlin", duration=timedelta(hours=50))
    assert window_end(hours, start) - start == timedelta(hours=50)


def test_a_rhythm_has_a_beginning_and_an_end():
    plan = weekly(starts_at=FRIDAY + timedelta(days=7), until=FRIDAY + timedelta(days=14))
    assert list(occurrences(plan, FRIDAY - timedelta(days=30))) == [
        FRIDAY + timedelta(days=7),
        FRIDAY + timedelta(days=14),
    ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"repeat": Repeat.WEEKLY, "at_time": time(8)}, "weekdays"),
        ({"repeat": Repeat.WEEKLY, "at_time": time(8), "weekdays": frozenset({7})}, "weekdays"),
        ({"repeat": Repeat.MONTHLY, "at_time": time(8), "month_days": frozenset({0})}, "month_days"),
        ({"repeat": Repeat.DAILY}, "at_time"),
        ({"repeat": Repeat.DAILY, "at_time": time(8), "timezone": "Mars/Olympus"}, "timezone"),
        ({"repeat": Repeat.ONCE, "duration": timedelta()}, "duration_minutes"),
    ],
)
def test_a_rhythm_that_cannot_work_says_which_field(fields, name):
    with pytest.raises(Invalid) as refusal:
        Recurrence(**fields)
    assert refusal.value.field == name


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (weekly(), "每周五 20:00，每期 3 天"),
        (weekly(weekdays=frozenset({4, 0})), "每周一、周五 20:00，每期 3 天"),
        (weekly(until=FRIDAY), "每周五 20:00，每期 3 天，到 2026 年 3 月 6 日为止"),
        (monthly(18, duration=timedelta(days=1)), "每月 18 日 10:00，每期 1 天"),
        (monthly(31), "每月 31 日 10:00（没有这一天的月份在月末），每期 3 天"),
        (
            Recurrence(repeat=Repeat.DAILY, at_time=time(9, 30), duration=timedelta(hours=2)),
            "每天 09:30，每期 2 小时",
        ),
        (Recurrence(repeat=Repeat.ONCE, starts_at=FRIDAY), "3月6日 周五 20:00 开始，只办一期，每期 3 天"),
        (Recurrence(repeat=Repeat.ON_DEMAND), "手动开期，每期 3 天"),
    ],
)
def test_a_rhythm_in_words(plan, words):
    assert describe(plan) == words


def test_lengths_in_words():
    assert length_in_words(timedelta(minutes=90)) == "1 小时 30 分钟"
    assert length_in_words(timedelta(days=1, hours=2)) == "1 天 2 小时"


def test_overlapping_runs_are_seen():
    assert overlaps(weekly(duration=timedelta(days=8)), FRIDAY)
    assert not overlaps(weekly(duration=timedelta(days=7)), FRIDAY)


plans = st.one_of(
    st.builds(
        Recurrence,
        repeat=st.just(Repeat.DAILY),
        timezone=st.sampled_from(ZONES),
        at_time=st.times(),
        duration=st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=40)),
    ),
    st.builds(
        Recurrence,
        repeat=st.just(Repeat.WEEKLY),
        timezone=st.sampled_from(ZONES),
        at_time=st.times(),
        weekdays=st.frozensets(st.integers(0, 6), min_size=1),
        starts_at=st.none()
        | st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    ),
    st.builds(
        Recurrence,
        repeat=st.just(Repeat.MONTHLY),
        timezone=st.sampled_from(ZONES),
        at_time=st.times(),
        month_days=st.frozensets(st.integers(1, 31), min_size=1),
        until=st.none() | st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    ),
)
moments = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(plans, moments)
def test_starts_ascend_keep_their_time_of_day_and_do_not_depend_on_where_one_looks_from(plan, after):
    starts = list(islice(occurrences(plan, after), 12))
    assert all(start > after for start in starts)
    assert all(one < other for one, other in pairwise(starts))
    for start in starts:
        wall = start.astimezone(ZoneInfo(plan.timezone))
        moved = (wall.hour * 60 + wall.minute - plan.at_time.hour * 60 - plan.at_time.minute) % 1440
        assert moved in (0, 30, 60)  # past a gap of half an hour (Lord Howe) or an hour
        assert plan.starts_at is None or start >= plan.starts_at
        assert plan.until is None or start <= plan.until
        assert window_end(plan, start) > start
    # Asked again from each start, the next one is the same: no beat can find a run that another did not.
    for one, other in pairwise(starts):
        assert next_start(plan, one) == other


@given(plans, moments)
def test_no_day_of_the_rhythm_is_left_out(plan, after):
    starts = list(islice(occurrences(plan, after), 20))
    widest = {Repeat.DAILY: 3, Repeat.WEEKLY: 9, Repeat.MONTHLY: 33}[plan.repeat]
    assert all(other - one <= timedelta(days=widest) for one, other in pairwise(starts))
