"""A daylight-saving shift does not move a post (Postiz #1145, #1954)."""

from datetime import UTC, datetime

import pytest

from apps.content_calendar.selectors.wall_clock import due_at, from_wall, to_wall
from apps.core.errors import Invalid


def house(*parts: int) -> datetime:
    return from_wall(datetime(*parts))


def test_house_time_is_one_moment_for_all_groups():
    moment = house(2026, 3, 2, 9, 0)
    assert due_at(scheduled_at=moment, is_group_time=False, timezone="America/New_York") == moment
    assert moment == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [((2026, 3, 7), 14), ((2026, 3, 9), 13)],  # the United States spring forward on 2026-03-08
)
def test_group_time_keeps_the_wall_clock_across_the_shift(day, utc_hour):
    due = due_at(scheduled_at=house(*day, 9, 0), is_group_time=True, timezone="America/New_York")
    assert due == datetime(*day, utc_hour, 0, tzinfo=UTC)


def test_a_time_the_clock_skips_moves_past_the_gap():
    due = due_at(scheduled_at=house(2026, 3, 8, 2, 30), is_group_time=True, timezone="America/New_York")
    assert due == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 03:30 daylight time


def test_of_a_time_that_comes_twice_the_first_is_taken():
    due = due_at(scheduled_at=house(2026, 11, 1, 1, 30), is_group_time=True, timezone="America/New_York")
    assert due == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # still daylight time


def test_wall_times_round_trip():
    moment = datetime(2026, 6, 1, 4, 15, tzinfo=UTC)
    assert to_wall(moment) == datetime(2026, 6, 1, 12, 15)
    assert from_wall(to_wall(moment)) == moment


def test_an_unknown_zone_is_a_sentence():
    with pytest.raises(Invalid, match="Mars/Base"):
        due_at(scheduled_at=house(2026, 1, 1), is_group_time=True, timezone="Mars/Base")
