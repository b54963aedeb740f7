"""When people act and when posts go out: an average week and an average day, by the hours that are kept."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import Chart, Series, Table, bars, heat
from apps.analytics.admin.board.filters import Filters
from apps.analytics.enums import Unit
from apps.analytics.metrics.facts import ACTIVE, CLICKED, VISITED
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.weeks import Week, weekdays_in
from apps.events.enums import EventKind

_SENT = EventKind.POST_SENT.value
#: What the heat map can show: key → (words, kinds).
SHOWN: dict[str, tuple[Any, tuple[str, ...]]] = {
    "active": (gettext_lazy("活跃"), (ACTIVE,)),
    "came": (gettext_lazy("点击和来访"), (CLICKED, VISITED)),
    "sent": (gettext_lazy("发出消息"), (_SENT,)),
}
_EMPTY = gettext_lazy("这段时间没有发帖，也没有人的动作。换一个时间范围看看。")


def _summed(weeks: dict[str, Week] | None, name: str) -> Week:
    kinds = SHOWN[name][1]
    if weeks is None:
        return [[0] * 24 for _day in range(7)]
    return [[sum(weeks[kind][day][hour] for kind in kinds) for hour in range(24)] for day in range(7)]


def _about_hours(note: str, days: Period | None, filters: Filters) -> str:
    """``note``, and which of the period's days an average is of where it is not of all."""
    if days is None or days == filters.period:
        return note
    clipped = _("小时的数字只留近几个月：这里从 %(first)s 算到 %(last)s，平均按这 %(days)d 天。")
    return note + clipped % {"first": days.first, "last": days.last, "days": days.days}


def _no_hours(days: Period | None) -> Any:
    return _EMPTY if days else _("这段时间太早，小时的数字已经不留了。换一个近三个月内的时间范围看看。")


def heat_of_week(wanted: str, weeks: dict[str, Week] | None, days: Period | None, filters: Filters) -> Chart:
    """Per hour of an average week: a weekday that the days have twice counts half."""
    times = weekdays_in(days) if days else [0] * 7
    total = _summed(weeks, wanted)
    values = [
        [total[day][hour] / times[day] if times[day] else None for hour in range(24)] for day in range(7)
    ]
    if not any(count for row in total for count in row):
        empty = Table([], [])
        return Chart("heat", _("一周里的什么时候"), {}, empty, empty=_no_hours(days))
    return heat(
        "heat",
        _("一周里的什么时候：%s") % SHOWN[wanted][0],
        [f"{hour}" for hour in range(24)],
        [str(name) for name in (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))],
        values,
        x_label=_("几点"),
        y_label=_("星期"),
        note=_about_hours(
            _(
                "每格是这一小时平均每次的次数（业务时区）。切换上面的三种，对照大家什么时候在、我们什么时候发。"
            ),
            days,
            filters,
        ),
        height=24,
    )


def hours_of_day(weeks: dict[str, Week] | None, days: Period | None, filters: Filters) -> Chart:
    """A day: how much was posted against how much people did, per day."""

    def per_day(name: str) -> list[float]:
        found, count = _summed(weeks, name), days.days if days else 1
        return [round(sum(found[day][hour] for day in range(7)) / count, 2) for hour in range(24)]

    drawn = [
        Series(_("发出消息"), per_day("sent"), Unit.COUNT),
        Series(_("活跃"), per_day("active"), Unit.COUNT, kind="line", axis=1),
        Series(_("点击和来访"), per_day("came"), Unit.COUNT, kind="line", axis=1),
    ]
    is_empty = not any(value for one in drawn for value in one.values)
    return bars(
        "hours",
        _("发的时间和人在的时间"),
        [] if is_empty else [_("%d 点") % hour for hour in range(24)],
        [Series(one.name, [], one.unit) for one in drawn] if is_empty else drawn,
        x_label=_("几点"),
        y_label=_("次"),
        note=_about_hours(
            _(
                "平均每天每小时。柱子是发出的消息（左轴），线是人的动作（右轴）：线高柱低的时候，可以多发一点。"
            ),
            days,
            filters,
        ),
        empty=_no_hours(days),
    )
