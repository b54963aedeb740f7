"""One campaign run by run, whatever the page's days: whether it wears off (疲劳度), and its money so far."""

from django.utils.translation import gettext as _

from apps.analytics.admin.board.charts import Chart, Column, Series, Table, line, reading_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.enums import Dimension, Unit
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.fatigue import FEWEST, fatigue_of
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.runs import of_runs, runs_of, whole_time
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run

#: A year of fortnightly runs.
_LATEST = 26
_DRAWN = ("participants", "invited", "k_factor")
_TABLE = (
    "participants", "entries", "invited", "effective_invites", "k_factor", "success_rate", "orders", "revenue",
    "reward_cost", "product_cost", "spend", "roi", "cost_per_new",
)  # fmt: skip
_OVER = frozenset({RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED})


def wearing_off(filters: Filters, known: dict[str, Metric]) -> dict[str, Chart]:
    """``over_runs``, drawn, and ``each_run`` with every figure and its rows; four queries."""
    today = day_of(filters.now)
    runs = list(
        runs_of(filters.scope)
        .filter(campaign=filters.campaign_id, opens_at__lte=filters.now)
        .order_by("-opens_at", "-pk")[:_LATEST]
    )[::-1]
    metrics = [known[key] for key in _TABLE]
    found = of_runs(metrics, runs, scope=filters.scope, today=today)
    period = whole_time(runs, today) if runs else filters.period
    names = [_("第 %d 期") % run.number for run in runs]
    drawn = [
        Series(
            known[key].label,
            [found[run.pk][key].value for run in runs],
            known[key].unit,
            [_rows(key, filters, run, period) for run in runs],
            axis=1 if known[key].unit == Unit.RATIO else 0,
            is_dashed=known[key].unit == Unit.RATIO,
        )
        for key in _DRAWN
    ]
    chart = line(
        "over_runs",
        _("一期一期看"),
        names,
        drawn,
        x_label=_("活动期"),
        note=_said(runs, found),
        empty=_("这个活动还没有开过一期。"),
        beyond=("period",),
    )
    rows = [
        [
            text_cell(f"{name} · {day_of(run.opens_at)}"),
            *(
                reading_cell(found[run.pk][metric.key], metric.unit, _rows(metric.key, filters, run, period))
                for metric in metrics
            ),
        ]
        for run, name in zip(runs, names, strict=True)
    ]
    columns = [Column(_("活动期"), is_number=False), *(Column(metric.label) for metric in metrics)]
    note = _("每一期从头到今天的全部数字；结束后才退的货、才发的礼品也算在这一期。")
    empty = _("这个活动还没有开过一期。")
    return {
        "over_runs": chart,
        "each_run": Chart(
            "each_run", _("每一期"), {}, Table(columns, rows), note=note, empty=empty, beyond=("period",)
        ),
    }


def _rows(key: str, filters: Filters, run: Run, period: Period) -> str:
    return rows_url(key, filters, dim=Dimension.RUN, key=str(run.pk), period=period)


def _said(runs: list[Run], found: dict[int, dict[str, Reading]]) -> str:
    """In words, over the runs that are over: a run that goes on has fewer people because it goes on."""
    over = [found[run.pk]["participants"].value or 0 for run in runs if run.state in _OVER]
    fatigue = fatigue_of([int(value) for value in over])
    if fatigue is None:
        return _("结束的期数不到 %d 期，还看不出疲劳。") % FEWEST
    words = {
        "runs": fatigue.runs,
        "change": f"{abs(fatigue.change):.0%}",
        "chance": f"{fatigue.chance:.0%}",
    }
    if fatigue.is_tired:
        return (
            _(
                "有疲劳：%(runs)d 期结束的活动，发起人数每期大约少 %(change)s（碰巧这样的机会只有 %(chance)s）。换礼品、换玩法，或隔久一点再开。"
            )
            % words
        )
    if fatigue.change < 0:
        return (
            _("还说不上疲劳：%(runs)d 期里发起人数每期大约少 %(change)s，但碰巧也会这样（机会 %(chance)s）。")
            % words
        )
    return _("没有疲劳：%(runs)d 期里发起人数没有越来越少。") % words
