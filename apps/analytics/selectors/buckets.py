"""Days, weeks (from Monday) and months of the portal's calendar."""

from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Grain(models.TextChoices):
    """How finely time is cut."""

    DAY = "day", _("日")
    WEEK = "week", _("周")
    MONTH = "month", _("月")


def bucket_of(day: date, grain: Grain) -> date:
    """The first day of the bucket that ``day`` lies in."""
    if grain == Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == Grain.MONTH else day


def shifted(bucket: date, grain: Grain, steps: int) -> date:
    """The first day of the bucket ``steps`` later (or earlier)."""
    if grain == Grain.MONTH:
        month = bucket.year * 12 + bucket.month - 1 + steps
        return date(month // 12, month % 12 + 1, 1)
    return bucket + timedelta(days=steps * (7 if grain == Grain.WEEK else 1))


def last_of(bucket: date, grain: Grain) -> date:
    """The last day of the bucket."""
    return shifted(bucket, grain, 1) - timedelta(days=1)


def buckets_between(first: date, last: date, grain: Grain) -> list[date]:
    """The buckets that hold the days from ``first`` to ``last``, in order. Empty if ``first`` is later."""
    found, bucket = [], bucket_of(first, grain)
    while bucket <= last:
        found.append(bucket)
        bucket = shifted(bucket, grain, 1)
    return found
