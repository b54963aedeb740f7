"""How far back facts are kept."""

from datetime import UTC, datetime

from django.conf import settings


def kept_since(now: datetime) -> datetime:
    """The first instant of the oldest month that is kept: ``EVENT_RETENTION_MONTHS`` whole months before this one.

    Months are those of the partitions, in UTC.
    """
    now = now.astimezone(UTC)
    months = now.year * 12 + now.month - 1 - settings.EVENT_RETENTION_MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
