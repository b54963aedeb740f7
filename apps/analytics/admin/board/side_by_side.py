"""Two to four runs beside each other, from their first day on, with what chance alone would do."""

from collections.abc import Sequence
from math import exp, log, sqrt

from django.utils.translation import gettext as _

from apps.analytics.admin.board.charts import (
    Cell,
    Chart,
    Column,
    Series,
    Table,
    line,
    reading_cell,
    text_cell,
)
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.wording import say_interval
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.runs import of_runs, reach_by_day, runs_of, whole_time
from apps.campaigns.models import Run
from apps.core.numbers import wholes
from apps.core.proportions import Z

MOST = 4
_MOST_DAYS = 31
#: Counts of people and acts: their ratio to the first run's has an interval.
_COUNTED = (Unit.COUNT, Unit.PEOPLE)


def picked_runs(filters: Filters, offered: Sequence[Run]) -> list[Run]:
    """The runs that ``pick1`` … ``pick4`` name, as far as they may be seen."""
    wanted = [filters.more.get(f"pick{number}", "") for number in range(1, MOST + 1)]
    numbers = list(dict.fromkeys(wholes(wanted)))
    known = {run.pk: run for run in offered}
    missing = [number for number in numbers if number not in known]
    if missing:
        known |= {run.pk: run for run in runs_of(filters.scope).filter(pk__in=missing)}
    return [known[number] for number in numbers if number in known]


def side_by_side(filters: Filters, runs: Sequence[Run], metrics: Sequence[Metric]) -> dict[str, Chart]:
    """``pace`` and ``beside``; none for fewer than two runs."""
    if len(runs) < 2:
        return {}
    today = day_of(filters.now)
    found = of_runs(metrics, runs, scope=filters.scope, today=today)
    period = whole_time(runs, today)
    rows: list[list[Cell]] = []
    for metric in metrics:
        first = found[runs[0].pk][metric.key]
        cells = [text_cell(metric.label)]
        for run in runs:
            reading = found[run.pk][metric.key]
            url = rows_url(metric.key, filters, dim=Dimension.RUN, key=str(run.pk), period=period)
            cell = reading_cell(reading, metric.unit, url)
            more = _beside(reading, first, metric) if run != runs[0] else _alone(reading)
            cells.append(Cell(cell.value, f"{cell.text} {more}".strip(), cell.url, cell.tone))
        rows.append(cells)
    columns = [Column(_("指标"), is_number=False), *(Column(str(run)) for run in runs)]
    return {
        "pace": _pace(filters, runs),
        "beside": Chart(
            "beside",
            _("并排比较"),
            {},
            Table(columns, rows),
            note=_(
                "每一期从头到今天。括号里是 95% 的把握下的范围：比例是它自己的，人数和次数是相对第一列的倍数；"
                "范围跨过 1 倍就分不出高下。"
            ),
        ),
    }


def _pace(filters: Filters, runs: Sequence[Run]) -> Chart:
    today = day_of(filters.now)
    longest = max((day_of(run.closes_at) - day_of(run.opens_at)).days + 1 for run in runs)
    days = min(max(longest, 1), _MOST_DAYS)
    reached = reach_by_day(runs, scope=filters.scope, today=today, days=days)
    return line(
        "pace",
        _("同样的第几天，到了多少人"),
        [_("第 %d 天") % (number + 1) for number in range(days)],
        [Series(str(run), reached[run.pk], Unit.PEOPLE) for run in runs],
        x_label=_("开始后的天数"),
        note=_("累计发起人数，各期从自己的第一天算起。"),
    )


def _alone(reading: Reading) -> str:
    interval = say_interval(reading)
    return _("（%(interval)s）") % {"interval": interval} if interval and not reading.is_small else ""


def _beside(reading: Reading, first: Reading, metric: Metric) -> str:
    if metric.unit not in _COUNTED:
        return _alone(reading)
    found = ratio(float(reading.value or 0), float(first.value or 0))
    if found is None:
        return ""
    low, high = found
    return _("（%(low)s–%(high)s 倍）") % {"low": f"{low:.2f}", "high": f"{high:.2f}"}


def ratio(count: float, other: float) -> tuple[float, float] | None:
    """The 95 % interval of the ratio of two counts (Poisson, on the logarithm); None where either is zero or less."""
    if count <= 0 or other <= 0:
        return None
    half = Z * sqrt(1 / count + 1 / other)
    middle = log(count / other)
    return exp(middle - half), exp(middle + half)
