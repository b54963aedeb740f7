"""Hours are looked at for some weeks; days are kept for ever."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.analytics.models import HourFigure, Watermark
from apps.analytics.selectors.periods import Period, day_of

#: So many days of hours are kept.
HOURS_KEPT = 90


@transaction.atomic
def trim_hours(*, now: datetime) -> int:
    """Delete the hours older than :data:`HOURS_KEPT` days; returns how many rows.

    The watermark remembers the day, so that neither a late fact nor a rebuild brings a part of them back.
    """
    mark = Watermark.objects.select_for_update().first()
    if mark is None:
        return 0
    trimmed = forget_hours(mark, now=now)
    mark.save(update_fields=["hours_from"])
    return trimmed


def forget_hours(mark: Watermark, *, now: datetime) -> int:
    """The same for who holds the watermark's lock and saves it."""
    since = day_of(now) - timedelta(days=HOURS_KEPT)
    if mark.hours_from is not None and mark.hours_from >= since:
        return 0
    mark.hours_from = since
    return HourFigure.objects.filter(hour__lt=Period(since, since).start).delete()[0]
