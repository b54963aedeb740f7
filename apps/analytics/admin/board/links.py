"""Addresses behind figures (A2)."""

from functools import cache
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from apps.analytics.admin.board.filters import Filters
from apps.analytics.enums import Dimension
from apps.analytics.selectors.funnel import Passage
from apps.analytics.selectors.periods import Period


def rows_url(
    metric_key: str,
    filters: Filters,
    *,
    dim: Dimension | None = None,
    key: str = "",
    period: Period | None = None,
    team_id: int | None = None,
    kind: str = "",
    variant: str | None = None,
    passed: Passage | None = None,
) -> str:
    """The rows behind a metric for ``period`` (the page's, unless named), one key of ``dim`` (the page's slice,
    unless named) and ``team_id`` (the page's, unless named). "" on a shared page, which opens nothing.

    A figure of fewer facts than the metric's names them: those of one ``kind`` or ``variant``, or those by which
    members passed a step of the funnel.
    """
    if filters.is_shared:
        return ""
    if dim is None:
        dim, key = filters.slice
    shown = period or filters.period
    wanted = {"metric": metric_key, "from": shown.first.isoformat(), "to": shown.last.isoformat()}
    if dim:
        wanted |= {"dim": dim.value, "key": key}
    if (team := filters.team_id if team_id is None else team_id) is not None:
        wanted["team"] = str(team)
    if kind:
        wanted["kind"] = kind
    if variant is not None:
        wanted["variant"] = variant
    if passed is not None:
        wanted |= {"step": passed.step}
        if passed.dim:
            wanted |= {"by": passed.dim.value, "of": passed.key}
    return _address("analytics_rows", wanted)


def page_url(page_key: str, filters: Filters, **changes: object) -> str:
    """Another page with the same choice; "" on a shared page or where there is no such page."""
    if filters.is_shared:
        return ""
    found = _address(f"analytics_{page_key}", {})
    return f"{found}?{filters.query(**changes)}" if found else ""


#: A page of groups has thousands of links to the same few places.
_path = cache(reverse)


def _address(name: str, query: dict[str, str]) -> str:
    try:
        found = _path(f"admin:{name}")
    except NoReverseMatch:
        return ""
    return f"{found}?{urlencode(query)}" if query else found
