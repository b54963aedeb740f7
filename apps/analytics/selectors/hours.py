"""A day by the hour."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from apps.analytics.enums import Dimension
from apps.analytics.models import HourFigure, Watermark
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope


def days_with_hours(period: Period, today: date) -> Period | None:
    """The days of ``period`` whose hours are still kept and which have come; None where there are none."""
    kept_from = Watermark.objects.values_list("hours_from", flat=True).first()
    first = max(period.first, kept_from) if kept_from is not None else period.first
    last = min(period.last, today)
    return Period(first, last) if first <= last else None


def hours_of(
    scope: Scope,
    day: date,
    kinds: Collection[str],
    *,
    dim: Dimension = Dimension.TOTAL,
    key: str = "",
) -> dict[str, list[tuple[int, Decimal]]]:
    """{kind: (count, value) for each of the 24 hours of the portal's day}. An hour that a clock change repeats counts
    into one. Empty hours are zeros. Dimensions and kinds: those of ``facts.HOUR_KINDS``."""
    found = {str(kind): [(0, Decimal(0))] * 24 for kind in kinds}
    whole = Period(day, day)
    rows = HourFigure.objects.filter(
        dim=dim, key=key, kind__in=list(found), hour__gte=whole.start, hour__lt=whole.end
    )
    if scope.teams is not None:
        rows = rows.filter(team_id__in=scope.teams)
    sums = rows.values("kind", "hour").annotate(n=Sum("count"), total=Sum("value"))
    for row in sums.order_by():
        at = row["hour"].astimezone(business_zone()).hour
        count, value = found[row["kind"]][at]
        found[row["kind"]][at] = (count + row["n"], value + row["total"])
    return found
