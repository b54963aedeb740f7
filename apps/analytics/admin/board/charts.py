"""Charts as data: an ECharts option for the eye and a table for everybody else.

Values keep their unit: shares are fractions, money is yuan. ``static/analytics/board.js`` writes them by the units
named in ``option["units"]`` and gives colours, fonts and tooltips; a builder says only what is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from apps.analytics.admin.board.wording import say, say_number
from apps.analytics.enums import Unit
from apps.analytics.metrics.base import Number, Reading

type Text = str | Any  # str or a lazy translation
type Value = Number | None
type Option = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """``value`` goes into exports (a number, a date or text), ``text`` is what is read, ``url`` opens the rows behind."""

    value: object
    text: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Column:
    label: Text
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    columns: list[Column]
    rows: list[list[Cell]]

    @property
    def lines(self) -> list[list[tuple[Column, Cell]]]:
        """The rows, each cell with the column that it stands in."""
        return [list(zip(self.columns, row, strict=False)) for row in self.rows]

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Chart:
    """``option`` {} shows the table alone. ``height`` in rem; ``empty`` is said instead of an empty picture.

    ``beyond`` names the page's choices that it does not follow; the page says so beneath its title.
    """

    key: str
    title: Text
    option: Option
    table: Table
    note: Text = ""
    height: int = 20
    empty: Text = ""
    is_open: bool = False
    beyond: tuple[str, ...] = ()

    @property
    def is_drawn(self) -> bool:
        return bool(self.option) and not self.table.is_empty


@dataclass(frozen=True)
class Series:
    """One line or one set of bars: ``values`` in the order of the axis. ``urls`` open the rows behind each value."""

    name: Text
    values: Sequence[Value]
    unit: Unit = Unit.COUNT
    urls: Sequence[str] = ()
    kind: str = ""  # "line" among bars, or the other way round
    is_dashed: bool = False
    axis: int = 0
    stack: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a funnel."""

    name: Text
    value: int
    url: str = ""
    note: str = ""


def text_cell(text: object, url: str = "") -> Cell:
    return Cell(str(text), str(text), url)


def number_cell(value: Value, unit: Unit, url: str = "", tone: str = "") -> Cell:
    return Cell(value, say_number(value, unit), url if value is not None else "", tone)


def reading_cell(reading: Reading | None, unit: Unit, url: str = "", tone: str = "") -> Cell:
    """A reading; a small sample is said as such, its value still goes into exports."""
    if reading is None:
        return Cell(None, "—")
    small = "dim" if reading.is_small else ""
    return Cell(reading.value, say(reading, unit), url if reading.value is not None else "", tone or small)


def plain(value: Value) -> float | int | None:
    """A value that JSON can hold."""
    if isinstance(value, Decimal):
        return float(value)
    return round(value, 6) if isinstance(value, float) else value


def line(key: str, title: Text, x: Sequence[str], series: Sequence[Series], **settings: Any) -> Chart:
    """Lines over ``x`` (days, hours). Settings as of :func:`bars`."""
    return _axes("line", key, title, x, series, **settings)


def bars(key: str, title: Text, x: Sequence[str], series: Sequence[Series], **settings: Any) -> Chart:
    """Bars by category.

    Settings: ``x_label`` names the axis and the table's first column, ``y_label`` the value axis, ``horizontal``,
    ``note``, ``height``, ``empty``, ``is_open`` (the table), ``x_urls`` (links of the first column).
    """
    return _axes("bar", key, title, x, series, **settings)


def _axes(
    kind: str,
    key: str,
    title: Text,
    x: Sequence[str],
    series: Sequence[Series],
    *,
    x_label: Text = "",
    y_label: Text = "",
    horizontal: bool = False,
    x_urls: Sequence[str] = (),
    **settings: Any,
) -> Chart:
    axes = max((one.axis for one in series), default=0) + 1
    units = [next((one.unit for one in series if one.axis == axis), Unit.COUNT) for axis in range(axes)]
    category = {"type": "category", "data": list(x), "name": str(x_label)}
    values = [
        {"type": "value", "name": str(y_label) if axis == 0 else "", "unit": units[axis].value}
        for axis in range(axes)
    ]
    option: Option = {
        "legend": {"show": len(series) > 1},
        "tooltip": {"trigger": "axis"},
        "xAxis": values if horizontal else category,
        "yAxis": {**category, "inverse": True} if horizontal else values,
        "series": [_drawn(kind, one, horizontal=horizontal) for one in series],
    }
    columns = [
        Column(x_label or title, is_number=False),
        *(Column(one.name) for one in series),
    ]
    rows = [
        [
            text_cell(name, x_urls[index] if index < len(x_urls) else ""),
            *(
                number_cell(one.values[index], one.unit, one.urls[index] if index < len(one.urls) else "")
                for one in series
            ),
        ]
        for index, name in enumerate(x)
    ]
    return Chart(key, title, option, Table(columns, rows), **settings)


def _drawn(kind: str, one: Series, *, horizontal: bool) -> Option:
    drawn: Option = {
        "type": one.kind or kind,
        "name": str(one.name),
        "data": [plain(value) for value in one.values],
        "unit": one.unit.value,
    }
    if one.axis:
        drawn["xAxisIndex" if horizontal else "yAxisIndex"] = one.axis
    if one.stack:
        drawn["stack"] = one.stack
    if one.is_dashed:
        drawn["lineStyle"] = {"type": "dashed"}
    return drawn


def heat(
    key: str,
    title: Text,
    x: Sequence[str],
    y: Sequence[str],
    values: Sequence[Sequence[Value]],
    *,
    unit: Unit = Unit.COUNT,
    x_label: Text = "",
    y_label: Text = "",
    urls: Sequence[Sequence[str]] = (),
    texts: Sequence[Sequence[str]] = (),
    **settings: Any,
) -> Chart:
    """A heat map: ``values[row][column]`` for ``y[row]`` and ``x[column]``; None is left blank.

    ``texts`` replaces the words of the table's cells (small samples), ``urls`` opens them.
    """
    known = [float(value) for row in values for value in row if value is not None]
    option: Option = {
        "tooltip": {"position": "top"},
        "xAxis": {"type": "category", "data": list(x), "name": str(x_label), "splitArea": {"show": True}},
        "yAxis": {"type": "category", "data": list(y), "name": str(y_label), "inverse": True},
        "visualMap": {"min": min(known, default=0), "max": max(known, default=1) or 1, "unit": unit.value},
        "series": [
            {
                "type": "heatmap",
                "name": str(title),
                "unit": unit.value,
                "data": [
                    [column, row, plain(value)]
                    for row, line_of in enumerate(values)
                    for column, value in enumerate(line_of)
                    if value is not None
                ],
            }
        ],
    }
    rows = []
    for row, name in enumerate(y):
        cells = [text_cell(name)]
        for column in range(len(x)):
            cell = number_cell(values[row][column], unit, urls[row][column] if urls else "")
            cells.append(replace(cell, text=texts[row][column]) if texts and cell.value is not None else cell)
        rows.append(cells)
    columns = [Column(y_label or title, is_number=False), *(Column(name) for name in x)]
    return Chart(key, title, option, Table(columns, rows), **settings)


def funnel(
    key: str, title: Text, steps: Sequence[Step], *, labels: Mapping[str, Text], **settings: Any
) -> Chart:
    """Steps from top to bottom. ``labels`` names the table's columns: ``step``, ``count``, ``from_first``, ``from_last``."""
    option: Option = {
        "tooltip": {"trigger": "item"},
        "series": [
            {
                "type": "funnel",
                "name": str(title),
                "sort": "none",
                "unit": Unit.PEOPLE.value,
                "data": [{"name": str(step.name), "value": step.value} for step in steps],
            }
        ],
    }
    rows = []
    for index, step in enumerate(steps):
        first, before = steps[0].value, steps[index - 1].value if index else 0
        rows.append(
            [
                text_cell(step.name),
                number_cell(step.value, Unit.PEOPLE, step.url),
                number_cell(step.value / first if first else None, Unit.PERCENT),
                number_cell(step.value / before if before else None, Unit.PERCENT),
            ]
        )
    columns = [
        Column(labels["step"], is_number=False),
        Column(labels["count"]),
        Column(labels["from_first"]),
        Column(labels["from_last"]),
    ]
    return Chart(key, title, option, Table(columns, rows), **settings)


def picture(key: str, title: Text, series: Option, table: Table, **settings: Any) -> Chart:
    """Any other kind of series (sankey, tree, graph, scatter): ``series`` as ECharts wants it."""
    return Chart(key, title, {"tooltip": {"trigger": "item"}, "series": [series]}, table, **settings)
