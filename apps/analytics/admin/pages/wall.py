"""大屏: few huge figures of today, dark, fresh by itself."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.charts import Series, line
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import tile_of
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.hours import hours_of
from apps.analytics.selectors.periods import Period, business_zone, day_of
from apps.events.enums import EventKind

_HUGE = ("revenue", "orders", "active_members", "joins", "participants", "invited")
_PAID = EventKind.ORDER_PAID.value


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    shown = [known[key] for key in _HUGE if key in known]
    now = readings(shown, scope=filters.scope, period=filters.period)[""]
    was = readings(shown, scope=filters.scope, period=filters.previous)[""]
    day = filters.period.last
    before = Period(day, day).previous().first
    today = hours_of(filters.scope, day, (_PAID,))
    earlier = hours_of(filters.scope, before, (_PAID,))
    last = filters.now.astimezone(business_zone()).hour if day == day_of(filters.now) else 23
    so_far = [value if hour <= last else None for hour, (_count, value) in enumerate(today[_PAID])]
    money = [
        Series(_("成交额"), so_far, Unit.MONEY),
        Series(_("前一天"), [value for _count, value in earlier[_PAID]], Unit.MONEY, is_dashed=True),
    ]
    hours = [f"{hour:02d}:00" for hour in range(24)]
    return {
        "tiles": [
            tile_of(
                metric,
                now[metric.key],
                was[metric.key],
                rows_url(metric.key, filters, dim=Dimension.TOTAL),
                is_over=not filters.is_today,
            )
            for metric in shown
        ],
        "charts": {"money": line("money", _("每小时成交"), hours, money, x_label=_("钟点"), height=24)},
    }


PAGE = Page(
    key="wall",
    label=_("大屏"),
    icon="monitor",
    template="analytics/wall.html",
    filters=("team",),
    build=build,
    order=990,
    preset="today",
    refresh_seconds=30,
    base="analytics/bare.html",
    is_dark=True,
    help=_("挂在墙上看的：今天的几个大数字，30 秒自动更新。"),
)
