"""内容: when to post, what works, and what did not go out."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Table,
    number_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.posting_hours import SHOWN, heat_of_week, hours_of_day
from apps.analytics.admin.board.tiles import tile_of
from apps.analytics.admin.fact_words import UNSENT
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.facts import CONVERTED
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.hours import days_with_hours
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.posts import Came, PostRow, post_rows, together, unsent_reasons
from apps.analytics.selectors.weeks import by_weekday_and_hour
from apps.channels.enums import ContentKind
from apps.core.sentences import with_note

_TILES = ("messages_sent", "messages_unsent", "sent_rate", "clicks", "visits", "acquire_rate")
_ROWS = 50


def build(filters: Filters) -> dict[str, Any]:
    known = all_metrics()
    shown = [known[key] for key in _TILES]
    dim, key = filters.slice
    dim, key = (dim, key) if dim == Dimension.GROUP else (Dimension.TOTAL, "")
    asked: dict[str, Any] = {"scope": filters.scope, "dim": dim, "keys": [key]}
    now = readings(shown, period=filters.period, **asked)[key]
    was = readings(shown, period=filters.previous, **asked)[key]
    kinds = [kind for _words, found in SHOWN.values() for kind in found]
    days = days_with_hours(filters.period, day_of(filters.now))
    weeks = by_weekday_and_hour(filters.scope, days, kinds, dim=dim, key=key) if days else None
    wanted = filters.more.get("heat", "")
    wanted = wanted if wanted in SHOWN else "active"
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
        "choices": [(words, filters.query(heat=name), name == wanted) for name, (words, _k) in SHOWN.items()],
        "charts": {
            "heat": heat_of_week(wanted, weeks, days, filters),
            "hours": hours_of_day(weeks, days, filters),
            "posts": _posts(rows, filters),
            "materials": _materials(rows),
            "kinds": _kinds(rows),
            "unsent": _unsent(filters, dim, key),
        },
    }


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
    lines = [
        [
            text_cell(UNSENT.get(state, state) or _("未说明")),
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
