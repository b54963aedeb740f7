"""When the runs of a campaign begin and end. Pure: no database, no clock.

Times are wall-clock times of the campaign's zone: 20:00 stays 20:00 across a daylight-saving shift. A time that
the clock skips is moved past the gap (02:30 becomes 03:30); of a time that comes twice the first one is taken.
Day 29, 30 or 31 of a month that is shorter means its last day: 会员日 of the 31st is held in February too.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from apps.campaigns.enums import Repeat
from apps.core.errors import Invalid
from apps.core.sentences import listed

_DAY = timedelta(days=1)
#: No plan skips more days than this between two runs; a walk without a find ends here.
_LONGEST_WALK = timedelta(days=366)


@dataclass(frozen=True)
class Recurrence:
    """A rhythm. ``starts_at`` (aware) is the start of a single run, or the moment from which a rhythm counts;
    ``until`` is the last moment at which a run may begin; ``weekdays``: 0 is Monday; ``month_days``: 1 to 31."""

    repeat: Repeat
    timezone: str = "Asia/Shanghai"
    starts_at: datetime | None = None
    until: datetime | None = None
    at_time: time | None = None
    weekdays: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    duration: timedelta = timedelta(days=3)

    def __post_init__(self) -> None:
        """Raises ``Invalid`` with the ``field`` of ``Campaign`` that cannot work."""
        zone(self.timezone)
        if self.duration <= timedelta():
            raise Invalid(
                _("每期时长要大于 0。"), hint=_("例如 4320 分钟，就是 3 天。"), field="duration_minutes"
            )
        if self.repeat in (Repeat.ONCE, Repeat.ON_DEMAND):
            return
        if self.at_time is None:
            raise Invalid(_("还没有填每期几点开始。"), hint=_("例如 20:00。"), field="at_time")
        if self.repeat == Repeat.WEEKLY:
            _check_days(self.weekdays, 0, 6, _("星期几"), "weekdays")
        if self.repeat == Repeat.MONTHLY:
            _check_days(self.month_days, 1, 31, _("几号"), "month_days")


def _check_days(days: Iterable[Any], low: int, high: int, label: str, field: str) -> None:
    wrong = [day for day in days if type(day) is not int or not low <= day <= high]
    if wrong or not days:
        raise Invalid(
            _("“%(label)s”填得不对。") % {"label": label},
            hint=_("请至少选一天，数字在 %(low)d 到 %(high)d 之间。") % {"low": low, "high": high},
            field=field,
        )


@cache
def zone(name: str) -> ZoneInfo:
    """The zone called ``name``; raises ``Invalid`` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            _("没有名叫“%(name)s”的时区。") % {"name": name}, hint=_("例如 Asia/Shanghai。"), field="timezone"
        ) from error


def occurrences(plan: Recurrence, after: datetime) -> Iterator[datetime]:
    """The starts of runs strictly later than ``after``, ascending, aware UTC; endless unless ``until`` ends it.

    A campaign on demand has none; a single one has at most its own.
    """
    if plan.repeat == Repeat.ON_DEMAND:
        return
    if plan.repeat == Repeat.ONCE:
        if plan.starts_at is not None and plan.starts_at > after:
            yield plan.starts_at.astimezone(UTC)
        return
    last = after
    earliest = after if plan.starts_at is None else max(after, plan.starts_at - timedelta(microseconds=1))
    for day in _days(plan, earliest.astimezone(zone(plan.timezone)).date() - _DAY):
        start = _moment(day, plan)
        if plan.until is not None and start > plan.until:
            return
        # A zone may skip a whole day (Samoa, 2011-12-30): both days then name one moment.
        if start > earliest and start > last:
            last = start
            yield start


def next_start(plan: Recurrence, after: datetime) -> datetime | None:
    """The first start strictly later than ``after``, or ``None``."""
    return next(occurrences(plan, after), None)


def window_end(plan: Recurrence, start: datetime) -> datetime:
    """When a run that begins at ``start`` ends, aware UTC. Whole days are days of the wall clock (周五 20:00 to
    周一 20:00, whatever the clocks do between), anything else is elapsed time."""
    if plan.duration % _DAY:
        return start.astimezone(UTC) + plan.duration
    # Adding to an aware datetime of a zone moves its wall clock.
    end = start.astimezone(zone(plan.timezone)) + plan.duration
    return end.replace(fold=0).astimezone(UTC)


def overlaps(plan: Recurrence, after: datetime) -> bool:
    """Does a run begin before the one before it has ended? Looks at the next forty."""
    starts = list(islice(occurrences(plan, after), 40))
    return any(window_end(plan, one) > other for one, other in pairwise(starts))


def _moment(day: date, plan: Recurrence) -> datetime:
    assert plan.at_time is not None
    wall = datetime.combine(day, plan.at_time.replace(tzinfo=None, fold=0))
    return wall.replace(tzinfo=zone(plan.timezone)).astimezone(UTC)


def _days(plan: Recurrence, first: date) -> Iterator[date]:
    day, found = first, first
    while day < date(2100, 1, 1) and day - found <= _LONGEST_WALK:
        if _is_its_day(plan, day):
            found = day
            yield day
        day += _DAY


def _is_its_day(plan: Recurrence, day: date) -> bool:
    if plan.repeat == Repeat.WEEKLY:
        return day.weekday() in plan.weekdays
    if plan.repeat == Repeat.MONTHLY:
        length = monthrange(day.year, day.month)[1]
        return day.day in {min(wanted, length) for wanted in plan.month_days}
    return True


def describe(plan: Recurrence) -> str:
    """The rhythm in words: ``每周五 20:00，每期 3 天``."""
    words = _("%(rhythm)s，每期 %(length)s") % {
        "rhythm": _rhythm(plan),
        "length": length_in_words(plan.duration),
    }
    if plan.until is not None and plan.repeat not in (Repeat.ONCE, Repeat.ON_DEMAND):
        last = plan.until.astimezone(zone(plan.timezone))
        words += _("，到 %(year)d 年 %(month)d 月 %(day)d 日为止") % {
            "year": last.year,
            "month": last.month,
            "day": last.day,
        }
    return words


def _rhythm(plan: Recurrence) -> str:
    if plan.repeat == Repeat.ON_DEMAND:
        return _("手动开期")
    if plan.repeat == Repeat.ONCE:
        if plan.starts_at is None:
            return _("上线后马上开始，只办一期")
        return _("%(moment)s 开始，只办一期") % {"moment": moment_in_words(plan.starts_at, plan.timezone)}
    assert plan.at_time is not None
    at = f"{plan.at_time:%H:%M}"
    if plan.repeat == Repeat.DAILY:
        return _("每天 %(time)s") % {"time": at}
    if plan.repeat == Repeat.WEEKLY:
        # The first one brings 每周 along, the others only their day: 每周一、周五.
        days = listed(weekday_in_words(day) for day in sorted(plan.weekdays)).removeprefix("周")
        return _("每周%(days)s %(time)s") % {"days": days, "time": at}
    days = listed(sorted(plan.month_days))
    words = _("每月 %(days)s 日 %(time)s") % {"days": days, "time": at}
    if max(plan.month_days) > 28:
        words += _("（没有这一天的月份在月末）")
    return words


def weekday_in_words(day: int) -> str:
    """0 → 周一."""
    return (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))[day]


def moment_in_words(moment: datetime, timezone: str) -> str:
    """``3月6日 周五 20:00`` on the campaign's clock."""
    wall = moment.astimezone(zone(timezone))
    return _("%(month)d月%(day)d日 %(weekday)s %(time)s") % {
        "month": wall.month,
        "day": wall.day,
        "weekday": weekday_in_words(wall.weekday()),
        "time": f"{wall:%H:%M}",
    }


def length_in_words(length: timedelta) -> str:
    """``3 天``, ``1 天 2 小时``, ``90 分钟`` → ``1 小时 30 分钟``."""
    minutes = int(length.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = []
    if days:
        parts.append(_("%(n)d 天") % {"n": days})
    if hours:
        parts.append(_("%(n)d 小时") % {"n": hours})
    if minutes or not parts:
        parts.append(_("%(n)d 分钟") % {"n": minutes})
    return " ".join(parts)
