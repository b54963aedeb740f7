"""The variables that a post's text may hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.content_calendar.selectors.wall_clock import house_zone, zone
from apps.groups.models import Group

#: The group's own short link to the run that the post speaks of.
RUN_LINK = "run.link"
_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


@dataclass(frozen=True)
class Variable:
    """``read`` gets the group and the due time on the clock that the post follows; "" means not filled in.

    Without ``read`` the value is made for each post and group: see ``services.links``.
    """

    name: str
    label: Promise
    read: Callable[[Group, datetime], str] | None = None


def _free_seats(group: Group, _due: datetime) -> str:
    return str(max(group.capacity - group.member_count, 0))


def _day_number(group: Group, due: datetime) -> str:
    if group.starts_on is None or due.date() < group.starts_on:
        return ""
    return str((due.date() - group.starts_on).days + 1)


_ALL = [
    Variable("group.name", _("群名称"), lambda group, due: group.name),
    Variable("group.leader_name", _("群主"), lambda group, due: group.leader_name),
    Variable("group.member_count", _("在群人数"), lambda group, due: str(group.member_count)),
    Variable("group.free_seats", _("剩余名额"), _free_seats),
    Variable("group.kind", _("群类型"), lambda group, due: str(group.get_kind_display())),
    Variable("group.positioning", _("一句话定位"), lambda group, due: group.positioning),
    Variable("group.goal", _("目标"), lambda group, due: group.goal),
    Variable("group.day_number", _("开群第几天"), _day_number),
    Variable("post.date", _("发布日期"), lambda group, due: f"{due.month}月{due.day}日"),
    Variable("post.weekday", _("星期"), lambda group, due: _WEEKDAYS[due.weekday()]),
    Variable("post.time", _("发布时刻"), lambda group, due: f"{due:%H:%M}"),
    Variable(RUN_LINK, _("活动链接")),
]
VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _ALL}


def values_for(group: Group, *, due_at: datetime, is_group_time: bool, run_link: str = "") -> dict[str, str]:
    """Every variable's value in one group, in the language of the groups rather than of the reader."""
    due = due_at.astimezone(zone(group.timezone) if is_group_time else house_zone())
    with translation.override(settings.LANGUAGE_CODE):
        values = {name: variable.read(group, due) for name, variable in VARIABLES.items() if variable.read}
    return values | {RUN_LINK: run_link}
