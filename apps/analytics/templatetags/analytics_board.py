"""``{% tiles tiles %}``, ``{% chart chart %}``, ``{% figure_table table %}``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import template
from django.template.context import Context

if TYPE_CHECKING:  # the template engine reads this before the admin is there
    from apps.analytics.admin.board.charts import Chart, Table
    from apps.analytics.admin.board.tiles import Tile

register = template.Library()


@register.inclusion_tag("analytics/_tiles.html", takes_context=True)
def tiles(context: Context, tiles: "Sequence[Tile]") -> dict[str, Any]:
    """A row of tiles."""
    return {"tiles": tiles, "is_shared": _is_shared(context)}


@register.inclusion_tag("analytics/_chart.html", takes_context=True)
def chart(context: Context, chart: "Chart | None") -> dict[str, Any]:
    """A chart with its table and exports; nothing for None."""
    return {
        "chart": chart,
        "data_id": f"chart-data-{chart.key}" if chart else "",
        "filters": context.get("filters"),
        "is_shared": _is_shared(context),
    }


@register.inclusion_tag("analytics/_table.html", takes_context=True)
def figure_table(context: Context, table: "Table", caption: str = "") -> dict[str, Any]:
    """A table of figures; each opens its rows."""
    return {"table": table, "caption": caption, "is_shared": _is_shared(context)}


def _is_shared(context: Context) -> bool:
    filters = context.get("filters")
    return bool(filters is not None and filters.is_shared)
