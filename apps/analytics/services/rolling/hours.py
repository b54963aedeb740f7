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
    since = day_of(now) - timedelta(days=HOURS_KEPT)
    if mark is None or (mark.hours_from is not None and mark.hours_from >= since):
        return 0
    mark.hours_from = since
    mark.save(update_fields=["hours_from"])
    return HourFigure.objects.filter(hour__lt=Period(since, since).start).delete()[0]
