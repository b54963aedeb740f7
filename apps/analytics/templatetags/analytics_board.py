"""``{% tiles tiles %}``, ``{% chart chart %}``, ``{% figure_table table %}``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

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
        "beyond": _beyond(chart, context.get("filters")) if chart else [],
        "data_id": f"chart-data-{chart.key}" if chart else "",
        "filters": context.get("filters"),
        "is_shared": _is_shared(context),
    }


@register.inclusion_tag("analytics/_table.html", takes_context=True)
def figure_table(context: Context, table: "Table", caption: str = "") -> dict[str, Any]:
    """A table of figures; each opens its rows."""
    return {"table": table, "caption": caption, "is_shared": _is_shared(context)}


def _beyond(chart: "Chart", filters: Any) -> list[str]:
    """What is said of the choices that a chart does not follow: of the days always, of the others once one is made."""
    words = {
        "period": _("不随时间范围变。"),
        "group": _("这里是全部社群的，不随所选的社群变。"),
        "campaign": _("这里是全部活动的，不随所选的活动变。"),
    }
    return [words[name] for name in chart.beyond if name == "period" or getattr(filters, f"{name}_id", None)]


def _is_shared(context: Context) -> bool:
    filters = context.get("filters")
    return bool(filters is not None and filters.is_shared)
