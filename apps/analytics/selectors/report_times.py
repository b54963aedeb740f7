"""When reports are due, and which days they are about. Pure."""

from datetime import date, datetime, timedelta

from apps.analytics.enums import Rhythm
from apps.analytics.models import ReportPlan
from apps.analytics.selectors.periods import Period, business_zone, month_before


def next_due(plan: ReportPlan, after: datetime) -> datetime:
    """The plan's first due time later than ``after``, by the portal's clock on the wall."""
    zone = business_zone()
    day = after.astimezone(zone).date()
    while True:
        due = datetime(day.year, day.month, day.day, plan.hour, tzinfo=zone)
        if due > after and _is_day(plan, day):
            return due
        day += timedelta(days=1)


def days_of(plan: ReportPlan, due_at: datetime) -> Period:
    """Yesterday, the seven days before, or the last calendar month."""
    today = due_at.astimezone(business_zone()).date()
    last = today - timedelta(days=1)
    match plan.rhythm:
        case Rhythm.WEEKLY:
            return Period(today - timedelta(days=7), last)
        case Rhythm.MONTHLY:
            return month_before(today)
    return Period(last, last)


def days_before(plan: ReportPlan, period: Period) -> Period:
    """What the report is compared with: the month before a month, the same day of last week, the week before."""
    if plan.rhythm == Rhythm.MONTHLY:
        return month_before(period.first)
    week = timedelta(days=7)
    return Period(period.first - week, period.last - week)


def _is_day(plan: ReportPlan, day: date) -> bool:
    match plan.rhythm:
        case Rhythm.WEEKLY:
            return day.weekday() == plan.weekday
        case Rhythm.MONTHLY:
            return day.day == plan.month_day
    return True
