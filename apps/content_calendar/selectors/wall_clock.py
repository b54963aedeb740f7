"""Wall-clock times: what a clock on a group's wall shows."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

FIRST_YEAR, LAST_YEAR = 2000, 2099


@cache
def zone(name: str) -> ZoneInfo:
    """The zone called ``name``; raises ``Invalid`` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            _("没有名叫“%(name)s”的时区。") % {"name": name}, hint=_("例如 Asia/Shanghai。"), field="timezone"
        ) from error


def house_zone() -> ZoneInfo:
    """The zone in which operators plan: every time on the calendar is read on this clock."""
    return zone(settings.TIME_ZONE)


def to_wall(moment: datetime) -> datetime:
    """``moment`` as the house clock shows it, naive, for pages and feeds."""
    return moment.astimezone(house_zone()).replace(tzinfo=None)


def from_wall(wall: datetime) -> datetime:
    """The aware moment of what a person typed, in UTC; raises ``Invalid`` outside the years of ``plannable``."""
    return plannable(wall if wall.tzinfo is not None else wall.replace(tzinfo=house_zone())).astimezone(UTC)


def plannable(moment: datetime) -> datetime:
    """``moment`` itself; raises ``Invalid`` outside 2000 to 2099.

    Near the ends of the calendar zones and spans overflow, and PostgreSQL stores years that Python cannot read:
    one such row would break every page that lists it.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid(
            _("年份要在 %(first)d 到 %(last)d 之间。") % {"first": FIRST_YEAR, "last": LAST_YEAR},
            hint=_("请检查日期。"),
            field="scheduled_at",
        )
    return moment


def due_at(*, scheduled_at: datetime, is_group_time: bool, timezone: str) -> datetime:
    """When a post is due in a group whose clock runs in ``timezone``, as an aware UTC datetime.

    With ``is_group_time`` the house wall-clock time of ``scheduled_at`` is read on the group's own clock, so
    that 09:00 stays 09:00 across a daylight-saving shift. A time that the clock skips is moved past the gap
    (02:30 becomes 03:30); of a time that comes twice the first one is taken.
    """
    if not is_group_time:
        return scheduled_at.astimezone(zone("UTC"))
    return to_wall(scheduled_at).replace(tzinfo=zone(timezone), fold=0).astimezone(zone("UTC"))
