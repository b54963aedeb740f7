"""The ranges of days that people ask for by name."""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.analytics.selectors.periods import Period, month_before

CUSTOM = "custom"
DEFAULT = "7d"

_DAY = timedelta(days=1)


def _week(today: date) -> Period:
    return Period(today - today.weekday() * _DAY, today)


#: key → (label, range on a given day).
PRESETS: dict[str, tuple[str | Promise, Callable[[date], Period]]] = {
    "today": (_("今天"), lambda today: Period(today, today)),
    "yesterday": (_("昨天"), lambda today: Period(today - _DAY, today - _DAY)),
    "7d": (_("近 7 天"), lambda today: Period(today - 6 * _DAY, today)),
    "30d": (_("近 30 天"), lambda today: Period(today - 29 * _DAY, today)),
    "week": (_("本周"), _week),
    "month": (_("本月"), lambda today: Period(today.replace(day=1), today)),
    "last_month": (_("上月"), month_before),
}


def previous_of(preset: str, period: Period) -> Period:
    """What a range is compared with: the month before for 上月, else as many days right before it.

    本周 and 本月 are compared with the same days of the week or month before, as far as it has them.
    """
    if preset == "last_month":
        return month_before(period.first)
    if preset == "week":
        return Period(period.first - 7 * _DAY, period.last - 7 * _DAY)
    if preset == "month":
        whole = month_before(period.first)
        return Period(whole.first, min(whole.first + (period.days - 1) * _DAY, whole.last))
    return period.previous()
