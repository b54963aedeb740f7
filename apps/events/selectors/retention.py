"""Which times a fact may have: how far back facts are kept, and how far ahead they are taken."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

#: Clocks differ. What is further ahead has not happened, by whichever way it comes.
AHEAD = timedelta(minutes=5)


def kept_since(now: datetime) -> datetime:
    """The first instant of the oldest month that is kept: ``EVENT_RETENTION_MONTHS`` whole months before this one.

    Months are those of the partitions, in UTC.
    """
    now = now.astimezone(UTC)
    months = now.year * 12 + now.month - 1 - settings.EVENT_RETENTION_MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
