"""指标词典: every metric with its words, unit, direction, and how it is computed."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.registry import all_families
from apps.events.enums import EventKind


@dataclass(frozen=True)
class Word:
    """One metric, ready to be read."""

    metric: Metric
    facts: list[str]
    dimensions: list[str]
    sql: str
    url: str


def build(filters: Filters) -> dict[str, Any]:
    search = filters.more.get("q", "").strip().casefold()
    families = [
        (family, [_word(metric, filters) for metric in family.metrics if _matches(metric, search)])
        for family in all_families().values()
    ]
    return {
        "families": [(family, words) for family, words in families if words],
        "search": search,
        "charts": {},
    }


def _matches(metric: Metric, search: str) -> bool:
    return search in f"{metric.key} {metric.label} {metric.definition}".casefold()


def _word(metric: Metric, filters: Filters) -> Word:
    kinds = dict(EventKind.choices)
    facts = [str(kinds[kind]) for kind in dict.fromkeys([*metric.needs, *metric.rows]) if kind in kinds]
    lines = [row.rstrip() for row in metric.sql.strip("\n").split("\n")]
    indent = min((len(row) - len(row.lstrip()) for row in lines if row), default=0)
    sql = "\n".join(row[indent:] for row in lines).strip()
    dimensions = [str(dim.label) for dim in metric.dimensions]
    return Word(metric, facts, dimensions, sql, rows_url(metric.key, filters))


PAGE = Page(
    key="dictionary",
    label=_("指标词典"),
    icon="menu_book",
    template="analytics/dictionary.html",
    build=build,
    filters=(),
    order=980,
    can_share=False,
    help=_("每个数字怎么算，用哪些事实，朝哪边是好。"),
)
