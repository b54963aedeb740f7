"""明细: the facts behind a figure, to read, to follow and to take along masked (A2)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page, Route
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import NOTHING, say, say_interval, say_number
from apps.analytics.admin.fact_words import UNSENT, columns, table_of
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Reading
from apps.analytics.metrics.registry import all_families, all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.funnel import Passage
from apps.analytics.selectors.rows import Behind, Fact, Totals, every_row, rows, totals
from apps.analytics.services.views import note_export
from apps.core.errors import DomainError
from apps.core.numbers import whole
from apps.core.sentences import labelled
from apps.core.spreadsheets import csv_lines
from apps.events.enums import EventKind

#: A file that people can open; more is for the API.
MOST_EXPORTED = 20_000


def build(filters: Filters) -> dict[str, Any]:
    behind = _behind(filters)
    if behind is None:
        return {"families": _choices(filters), "is_unknown": bool(filters.more.get("metric"))}
    try:
        facts, place = rows(behind, before=_place(filters.more.get("before", "")))
    except DomainError as error:
        return _about(behind, None) | {"problem": error}
    sums = totals(behind)
    return _about(behind, sums) | {
        "kinds": _kinds(behind, filters),
        "tiles": _tiles(sums),
        "table": table_of(facts, filters.user),
        "first_query": filters.query(before=None) if filters.more.get("before") else "",
        "next_query": "" if place is None else filters.query(before=f"{place[0].isoformat()}_{place[1]}"),
        "export_url": f"{reverse('admin:analytics_rows_export')}?{filters.query(before=None)}",
        "is_cut": sums is None or sums.facts > MOST_EXPORTED,
        "most": MOST_EXPORTED,
    }


def _about(behind: Behind, sums: Totals | None) -> dict[str, Any]:
    return {
        "metric": behind.metric,
        "figure": _figure(behind, sums),
        "slice": _slice(behind),
        "about": behind.metric.definition
        if behind.passed is None
        else _("走到漏斗这一步的人，和他们从走到的那天起做的这件事。"),
    }


def _tiles(sums: Totals | None) -> list[Tile]:
    if sums is None:
        return [Tile(label=_("事实"), text=NOTHING, note=_("太多了，没有数完。缩短时间范围再看。"))]
    return [
        Tile(label=_("事实"), text=say_number(sums.facts, Unit.COUNT)),
        Tile(label=_("成员"), text=say_number(sums.members, Unit.PEOPLE)),
    ]


def export(request: HttpRequest) -> HttpResponse:
    """All the facts behind a figure as CSV, names masked, formulas neutralised; at most ``MOST_EXPORTED``, which the
    file says of itself where it is cut. Audited."""
    if not request.user.has_perm(PAGE.permission):
        raise PermissionDenied
    filters = Filters.from_request(request)
    behind = _behind(filters)
    if behind is None:
        raise Http404(_("没有这个指标。"))
    user = cast(User, request.user)
    try:
        pages = list(every_row(behind, at_most=MOST_EXPORTED + 1))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('admin:analytics_rows')}?{filters.query()}")
    count = sum(map(len, pages))
    note_export(
        actor=user,
        page=PAGE.key,
        what=behind.metric.key,
        query=filters.query(),
        count=min(count, MOST_EXPORTED),
    )
    header = [str(column.label) for column in columns()]
    response = StreamingHttpResponse(
        csv_lines(header, _exported(pages, user)), content_type="text/csv; charset=utf-8"
    )
    name = f"{behind.metric.label}-{filters.period.first}-{filters.period.last}.csv"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, response)


def _exported(pages: list[list[Fact]], user: User) -> Iterator[list[object]]:
    left = MOST_EXPORTED
    for page in pages:
        for row in table_of(page[:left], user).rows:
            yield [cell.value for cell in row]
        if len(page) > left:
            yield [_("只含最近的 %d 条；要全部，请缩短时间范围分几次导出。") % MOST_EXPORTED]
        left -= len(page)


def _behind(filters: Filters) -> Behind | None:
    metric = all_metrics().get(filters.more.get("metric", ""))
    if metric is None:
        return None
    dim, key = (filters.dim, filters.key) if filters.dim else filters.slice
    if dim not in metric.dimensions:
        dim, key = Dimension.TOTAL, ""
    more = filters.more
    passed = None
    if step := more.get("step", ""):
        by = more.get("by", "")
        known = Dimension(by) if by in Dimension.values else Dimension.TOTAL
        passed = Passage(step, known, more.get("of", "") if known else "")
    return Behind(
        metric, filters.scope, filters.period, dim, key, more.get("kind", ""), more.get("variant"), passed
    )


def _figure(behind: Behind, sums: Totals | None) -> dict[str, Any]:
    """The metric's reading; of a part of its facts only what was counted of them."""
    if behind.passed is not None or behind.variant is not None:
        count = None if sums is None else sums.facts if behind.passed is None else sums.members
        return {"text": say_number(count, Unit.COUNT), "interval": "", "numerator": "", "denominator": ""}
    keys = [behind.key] if behind.dim else None
    found = readings([behind.metric], scope=behind.scope, period=behind.period, dim=behind.dim, keys=keys)
    reading = found.get(behind.key, {}).get(behind.metric.key, Reading(None))
    return {
        "text": say(reading, behind.metric.unit),
        "interval": say_interval(reading),
        "numerator": _part(reading.numerator),
        "denominator": "" if reading.denominator is None else _part(reading.denominator),
    }


def _part(number: Any) -> str:
    return NOTHING if number is None else f"{number:,.2f}".rstrip("0").rstrip(".")


def _slice(behind: Behind) -> str:
    parts: list[Any] = []
    if behind.dim:
        parts.append(_labelled(behind.dim, behind.key))
    if behind.passed is not None:
        parts += [_("漏斗"), _STEPS.get(behind.passed.step, behind.passed.step)]
        if behind.passed.dim:
            parts.append(_labelled(behind.passed.dim, behind.passed.key))
    if behind.variant is not None:
        parts.append(UNSENT.get(behind.variant, behind.variant) or _("未说明"))
    return " · ".join(str(part) for part in parts)


def _labelled(dim: Dimension, key: str) -> str:
    return labelled(dim.label, key or _("未标明"))


#: Steps of the funnel in words.
_STEPS = {
    "acquire": gettext_lazy("引流：入群"),
    "activate": gettext_lazy("激活：有动作"),
    "convert": gettext_lazy("成交：付款"),
    "refer": gettext_lazy("裂变：带来新人"),
    "repurchase": gettext_lazy("复购：再次付款"),
}


def _kinds(behind: Behind, filters: Filters) -> list[tuple[str, str, bool]]:
    """(query, words, whether it is shown): all kinds, then each alone, where there are several."""
    kinds = behind.metric.rows
    if len(kinds) < 2:
        return []
    words = {kind: EventKind(kind).label if kind in EventKind.values else kind for kind in kinds}
    shown = behind.kind if behind.kind in kinds else ""
    return [
        (filters.query(kind=None, before=None), _("全部"), not shown),
        *((filters.query(kind=kind, before=None), str(word), kind == shown) for kind, word in words.items()),
    ]


def _choices(filters: Filters) -> list[tuple[Any, list[tuple[Any, Any, str]]]]:
    return [
        (
            family.label,
            [(metric.label, metric.definition, rows_url(metric.key, filters)) for metric in family.metrics],
        )
        for family in all_families().values()
    ]


def _place(text: str) -> tuple[datetime, int] | None:
    """Where the page before ended; the beginning for what nobody could have got from us."""
    moment, _line, end = text.partition("_")
    number = whole(end)
    try:
        # In UTC: offsets that Python reads and no time zone has would not be read by the database.
        at = datetime.fromisoformat(moment)
        at = at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (at, number) if number is not None and at.tzinfo is not None else None


PAGE = Page(
    key="rows",
    label=gettext_lazy("数字背后的明细"),
    icon="data_table",
    template="analytics/rows.html",
    build=build,
    named=("group", "campaign", "run"),
    help=gettext_lazy("每个数字都由一条条事实算出来；姓名已遮挡，点进去看各自的页面。"),
    can_share=False,
    in_sidebar=False,
)
ROUTE = Route("rows_export", "rows/export/", export)
