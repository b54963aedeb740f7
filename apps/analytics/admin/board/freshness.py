"""数据截至: how far the figures have read, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.analytics.models import Watermark

#: Beat rolls every minute; later than this, somebody should look.
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Freshness:
    """``at`` is None before the first rollup."""

    at: datetime | None
    minutes: int = 0
    is_late: bool = False


def freshness(now: datetime) -> Freshness:
    """When the rollups were last brought up to date."""
    at = Watermark.objects.values_list("rolled_at", flat=True).first()
    if at is None:
        return Freshness(None)
    behind = max(now - at, timedelta())
    return Freshness(at, int(behind.total_seconds() // 60), behind > LATE_AFTER)
