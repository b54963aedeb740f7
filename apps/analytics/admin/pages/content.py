"""内容: when to post, what works, and what did not go out."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    bars,
    heat,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import tile_of
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.facts import ACTIVE, CLICKED, CONVERTED, VISITED
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.hours import days_with_hours
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.posts import Came, PostRow, post_rows, together, unsent_reasons
from apps.analytics.selectors.weeks import Week, by_weekday_and_hour, weekdays_in
from apps.channels.enums import ContentKind
from apps.core.sentences import with_note
from apps.events.enums import EventKind

_TILES = ("messages_sent", "messages_unsent", "sent_rate", "clicks", "visits", "acquire_rate")
_SENT = EventKind.POST_SENT.value
_ROWS = 50
#: What the heat map can show: key → (words, kinds).
_SHOWN: dict[str, tuple[Any, tuple[str, ...]]] = {
    "active": (gettext_lazy("活跃"), (ACTIVE,)),
    "came": (gettext_lazy("点击和来访"), (CLICKED, VISITED)),
    "sent": (gettext_lazy("发出消息"), (_SENT,)),
}


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    shown = [known[key] for key in _TILES]
    dim, key = filters.slice
    dim, key = (dim, key) if dim == Dimension.GROUP else (Dimension.TOTAL, "")
    asked: dict[str, Any] = {"scope": filters.scope, "dim": dim, "keys": [key]}
    now = readings(shown, period=filters.period, **asked)[key]
    was = readings(shown, period=filters.previous, **asked)[key]
    kinds = [kind for _words, found in _SHOWN.values() for kind in found]
    days = days_with_hours(filters.period, day_of(filters.now))
    weeks = by_weekday_and_hour(filters.scope, days, kinds, dim=dim, key=key) if days else None
    wanted = filters.more.get("heat", "")
    wanted = wanted if wanted in _SHOWN else "active"
    rows = post_rows(filters.scope, filters.period)
    return {
        "tiles": [
            tile_of(
                metric,
                now[metric.key],
                was[metric.key],
                rows_url(metric.key, filters, dim=dim, key=key),
                is_over=not filters.is_today,
            )
            for metric in shown
        ],
        "choices": [
            (words, filters.query(heat=name), name == wanted) for name, (words, _k) in _SHOWN.items()
        ],
        "charts": {
            "heat": _heat(wanted, weeks, days, filters),
            "hours": _hours(weeks, days, filters),
            "posts": _posts(rows, filters),
            "materials": _materials(rows),
            "kinds": _kinds(rows),
            "unsent": _unsent(filters, dim, key),
        },
    }


def _summed(weeks: dict[str, Week] | None, name: str) -> Week:
    kinds = _SHOWN[name][1]
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


def _heat(wanted: str, weeks: dict[str, Week] | None, days: Period | None, filters: Filters) -> Chart:
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
        _("一周里的什么时候：%s") % _SHOWN[wanted][0],
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


def _hours(weeks: dict[str, Week] | None, days: Period | None, filters: Filters) -> Chart:
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


def _columns(first: Any) -> list[Column]:
    words = (
        _("到达"), _("发出"), _("没发成"), _("点击"), _("来访"), _("转化"), _("成交额"), _("每百人点击"),
        _("每百人来访"), _("每百人成交"),
    )  # fmt: skip
    return [Column(first, is_number=False), *(Column(word) for word in words)]


def _cells(came: Came, urls: dict[str, str]) -> list[Cell]:
    return [
        number_cell(came.reached, Unit.PEOPLE),
        number_cell(came.sent, Unit.COUNT, urls.get("messages_sent", "")),
        number_cell(came.unsent, Unit.COUNT, urls.get("messages_unsent", ""), "bad" if came.unsent else ""),
        number_cell(came.clicks, Unit.COUNT, urls.get("clicks", "")),
        number_cell(came.visits, Unit.COUNT, urls.get("visits", "")),
        number_cell(came.conversions, Unit.COUNT, urls.get(CONVERTED, "")),
        number_cell(came.revenue, Unit.MONEY, urls.get("revenue", "")),
        _per_hundred(came, came.clicks),
        _per_hundred(came, came.visits),
        number_cell(came.per_hundred(came.revenue), Unit.MONEY, tone="dim" if came.is_small else ""),
    ]


def _per_hundred(came: Came, count: int) -> Cell:
    """With its interval; few cases are said as such."""
    value, between = came.per_hundred(count), came.interval(count)
    if value is None or between is None:
        return Cell(None, "—")
    if came.is_small:
        return Cell(value, _("样本少（%d 次）") % count, tone="dim")
    return Cell(value, with_note(f"{value:,.1f}", f"{between[0]:,.1f}–{between[1]:,.1f}"))


_BEHIND = ("messages_sent", "messages_unsent", "clicks", "visits", "revenue")


def _post_urls(filters: Filters, key: str) -> dict[str, str]:
    at: dict[str, Any] = {"dim": Dimension.POST, "key": key}
    converted = rows_url("acquire_rate", filters, kind=CONVERTED, **at)
    return {name: rows_url(name, filters, **at) for name in _BEHIND} | {CONVERTED: converted}


def _posts(rows: list[PostRow], filters: Filters) -> Chart:
    lines = [
        [
            text_cell(
                row.post.title if row.post else _("已删除（%s）") % row.key,
                row.post.get_absolute_url() if row.post else "",
            ),
            *_cells(row.came, _post_urls(filters, row.key)),
        ]
        for row in rows[:_ROWS]
    ]
    return Chart(
        "posts",
        _("帖子：哪些带来了人"),
        {},
        Table(_columns(_("帖子")), lines),
        beyond=("group",),
        note=_(
            "按每百个到达的人带来的点击和来访排，括号里是 95% 区间，样本少的排在后面。到达是发到的群现在的人数之和；"
            "点击来自帖子里的短链，群里看到没点的数不出来。"
        ),
        empty=_("这段时间没有发过帖子。去内容日历排一条，发出后这里看效果。"),
    )


def _materials(rows: list[PostRow]) -> Chart:
    found = together(rows, lambda post: post.image)
    lines = [
        [
            text_cell(_("%(name)s（%(posts)d 帖）") % {"name": image.name, "posts": came.posts}),
            *_cells(came, {}),
        ]
        for image, came in found[:_ROWS]
    ]
    return Chart(
        "materials",
        _("素材：哪张图好用"),
        {},
        Table(_columns(_("素材")), lines),
        beyond=("group",),
        note=_("用了同一张图的帖子合在一起。"),
        empty=_("这段时间发的帖子都没有配图。"),
    )


def _kinds(rows: list[PostRow]) -> Chart:
    found = together(rows, lambda post: post.kind)
    lines = [
        [
            text_cell(_("%(name)s（%(posts)d 帖）") % {"name": ContentKind(kind).label, "posts": came.posts}),
            *_cells(came, {}),
        ]
        for kind, came in found
    ]
    return Chart(
        "kinds",
        _("内容类型"),
        {},
        Table(_columns(_("内容类型")), lines),
        beyond=("group",),
        empty=_("这段时间没有发过帖子。"),
    )


def _unsent(filters: Filters, dim: Dimension, key: str) -> Chart:
    words = {"failed": _("发送失败"), "missed": _("过了时间没发"), "unknown": _("结果未知")}
    lines = [
        [
            text_cell(words.get(state, state or _("未说明"))),
            number_cell(
                count, Unit.COUNT, rows_url("messages_unsent", filters, dim=dim, key=key, variant=state)
            ),
        ]
        for state, count in unsent_reasons(filters.scope, filters.period, dim=dim, key=key)
    ]
    return Chart(
        "unsent",
        _("没发成的"),
        {},
        Table([Column(_("结果"), is_number=False), Column(_("次数"))], lines),
        empty=_("这段时间没有没发成的消息。"),
    )


_EMPTY = gettext_lazy("这段时间没有发帖，也没有人的动作。换一个时间范围看看。")

PAGE = Page(
    key="content",
    label=gettext_lazy("内容效果"),
    icon="article",
    template="analytics/content.html",
    build=build,
    order=50,
    preset="30d",
    filters=("period", "team", "group"),
    help=gettext_lazy("什么时候发、发什么、用哪张图效果好；哪些没发成。"),
)
