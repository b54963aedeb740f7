"""Ranges of days in the portal's time zone."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings


def business_zone() -> ZoneInfo:
    """The zone whose midnights part the days of all figures, so that the parts add up to the whole."""
    return ZoneInfo(settings.TIME_ZONE)


#: Days that anybody means: figures are neither older than this portal could be nor for our grandchildren.
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


def day_named(text: str) -> date | None:
    """The day written as 2026-03-01; None for another text or a day that nobody means."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


@dataclass(frozen=True)
class Period:
    """From ``first`` to ``last``, both included. Raises ``ValueError`` when they are the wrong way round."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"{self.first} is after {self.last}")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), business_zone())

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), business_zone())

    def previous(self) -> "Period":
        """As many days right before it."""
        last = self.first - timedelta(days=1)
        return Period(last - timedelta(days=self.days - 1), last)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))


def month_of(day: date) -> Period:
    """The calendar month that ``day`` lies in."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def month_named(text: str) -> "Period | None":
    """The month written as 2026-03; None as for :func:`day_named`."""
    day = day_named(f"{text}-01") if len(text) == 7 else None
    return None if day is None else month_of(day)


def month_before(day: date) -> Period:
    """The calendar month before that of ``day``."""
    return month_of(day.replace(day=1) - timedelta(days=1))


def day_of(now: datetime) -> date:
    """The day of the portal's zone that ``now`` falls on."""
    return now.astimezone(business_zone()).date()


def last_days(days: int, now: datetime) -> Period:
    """``days`` days up to today."""
    today = day_of(now)
    return Period(today - timedelta(days=days - 1), today)
