"""目标: where each goal stands and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.admin.about_form import label_of, unit_of
from apps.analytics.admin.board.charts import Chart, Column, Series, Table, line, number_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.goal import STANDING_COLOURS
from apps.analytics.enums import Direction, Standing, Unit
from apps.analytics.metrics.base import Metric
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.metrics.wording import say_number
from apps.analytics.models import Goal
from apps.analytics.selectors.goals import elapsed, why
from apps.analytics.selectors.periods import Period, day_of, month_before
from apps.core.sentences import with_note

_MOST = 200
_SHOWS: dict[str, str | Promise] = {
    "running": _lazy("进行中"),
    "over": _lazy("已结束"),
    "coming": _lazy("未开始"),
}
_TONES = {"success": "good", "warning": "warn", "danger": "bad", "info": "info", "default": "dim"}


@dataclass(frozen=True)
class Card:
    """``percent`` of the target reached so far, ``time`` of the period over, both 0 to 100."""

    goal: Goal
    label: str
    value: str
    target: str
    percent: int
    percent_text: str
    time: int
    tone: str
    why: str
    url: str


def build(filters: Filters) -> dict[str, Any]:
    show = filters.more.get("show", "running")
    show = show if show in _SHOWS else "running"
    goals = _goals(filters, show)
    cards = [_card(goal, filters) for goal in goals]
    wanted = filters.more.get("goal", "")
    chosen = next((goal for goal in goals if str(goal.pk) == wanted), goals[0] if goals else None)
    kinds = {card.goal.subject_kind for card in cards}
    user = filters.user
    return {
        "tiles": [],
        "shows": [
            (key, label, filters.query(show=key, goal=None), key == show) for key, label in _SHOWS.items()
        ],
        "show": show,
        "sections": [
            (kind, [card for card in cards if card.goal.subject_kind == kind]) for kind in sorted(kinds)
        ],
        "chosen": chosen,
        "charts": {
            **({"track": _track(chosen)} if chosen else {}),
            "goals": _table(cards, filters),
        },
        "may_add": not filters.is_shared and user.has_perm("analytics.add_goal"),
        "may_change": not filters.is_shared and user.has_perm("analytics.change_goal"),
        "last_month": month_before(day_of(filters.now)).first,
        "counts": _counts(cards),
    }


def _goals(filters: Filters, show: str) -> list[Goal]:
    today = day_of(filters.now)
    # By the scope, not by the user: a shared page keeps to what was shared.
    goals = Goal.objects.of_teams(filters.scope.team_ids).with_subjects().select_related("owner")
    match show:
        case "over":
            goals = goals.filter(ends_on__lt=today).order_by("-ends_on", "pk")
        case "coming":
            goals = goals.filter(starts_on__gt=today).order_by("starts_on", "pk")
        case _:
            goals = goals.filter(starts_on__lte=today, ends_on__gte=today).order_by("ends_on", "pk")
    return list(goals[:_MOST])


def _card(goal: Goal, filters: Filters) -> Card:
    metric = all_metrics().get(goal.metric)
    unit = unit_of(metric)
    share = float(goal.value / goal.target) if goal.value is not None and goal.target else None
    url = ""
    if metric is not None and goal.starts_on <= day_of(filters.now):
        until = min(goal.ends_on, day_of(filters.now))
        url = rows_url(
            goal.metric,
            filters,
            dim=goal.dimension,
            key=goal.key,
            period=Period(goal.starts_on, until),
            team_id=goal.team_id,
        )
    return Card(
        goal=goal,
        label=label_of(goal.metric),
        value=say_number(goal.value, unit),
        target=_target(goal, metric),
        percent=max(0, min(100, round((share or 0) * 100))),
        percent_text="—" if share is None else f"{share:.0%}",
        time=round(elapsed(goal, filters.now) * 100),
        tone=_TONES[STANDING_COLOURS[Standing(goal.standing)]],
        why=why(goal, lambda value: say_number(value, unit), now=filters.now),
        url=url,
    )


def _target(goal: Goal, metric: Metric | None) -> str:
    said = say_number(goal.target, unit_of(metric))
    is_upper_limit = metric is not None and metric.direction == Direction.LOWER
    return with_note(said, _("不超过")) if is_upper_limit else said


def _counts(cards: Sequence[Card]) -> list[tuple[str, int, str]]:
    found = []
    for standing in Standing:
        number = sum(card.goal.standing == standing for card in cards)
        if number:
            found.append((str(standing.label), number, _TONES[STANDING_COLOURS[standing]]))
    return found


def _track(goal: Goal) -> Chart:
    """So far, the target, and where it is going."""
    unit = unit_of(all_metrics().get(goal.metric))
    known = dict(goal.track)
    days = [goal.starts_on + timedelta(days=n) for n in range((goal.ends_on - goal.starts_on).days + 1)]
    names = [f"{day:%m-%d}" for day in days]
    values = [known.get(day.isoformat()) for day in days]
    series = [Series(_("目前"), values, unit)]
    series.append(Series(_("目标"), [float(goal.target)] * len(days), unit, is_dashed=True))
    last = max((n for n, value in enumerate(values) if value is not None), default=-1)
    if goal.forecast is not None and 0 <= last < len(days) - 1:
        for name, end in ((_("预计"), goal.forecast), (_("预计下限"), goal.low), (_("预计上限"), goal.high)):
            series.append(Series(name, _way(values, last, len(days), end), unit, is_dashed=True))
    return line(
        "track",
        _("%(metric)s · %(subject)s") % {"metric": label_of(goal.metric), "subject": goal.subject_label},
        names,
        series,
        x_label=_("日期"),
        empty=_("目标还没有开始，或还没有计算。后台每 15 分钟算一次。"),
        note=_("虚线是按现在的节奏走下去的样子，上下限之间是九成的可能。"),
    )


def _way(values: Sequence[float | None], last: int, days: int, end: Any) -> list[float | None]:
    start = values[last] or 0.0
    step = (float(end) - start) / (days - 1 - last)
    return [None if n < last else start + step * (n - last) for n in range(days)]


def _table(cards: Sequence[Card], filters: Filters) -> Chart:
    columns = [
        Column(_("对象"), is_number=False),
        Column(_("指标"), is_number=False),
        Column(_("目标")),
        Column(_("目前")),
        Column(_("完成")),
        Column(_("到期预计")),
        Column(_("下限")),
        Column(_("上限")),
        Column(_("开始")),
        Column(_("结束")),
        Column(_("进展"), is_number=False),
    ]
    rows = []
    for card in cards:
        goal, unit = card.goal, unit_of(all_metrics().get(card.goal.metric))
        rows.append(
            [
                text_cell(goal.subject_label),
                text_cell(card.label),
                number_cell(goal.target, unit),
                number_cell(goal.value, unit, card.url),
                number_cell(goal.value / goal.target if goal.value is not None else None, Unit.PERCENT),
                number_cell(goal.forecast, unit),
                number_cell(goal.low, unit),
                number_cell(goal.high, unit),
                _day(goal.starts_on),
                _day(goal.ends_on),
                text_cell(goal.get_standing_display()),
            ]
        )
    return Chart(
        "goals",
        _("全部目标"),
        {},
        Table(columns, rows),
        empty=_("还没有目标。点“定目标”，选指标、对象和时段。"),
    )


def _day(day: date) -> Any:
    return text_cell(day.isoformat())


PAGE = Page(
    key="goals",
    label=_lazy("目标"),
    icon="flag",
    template="analytics/goals.html",
    build=build,
    permission="analytics.view_goal",
    filters=("team",),
    order=91,
    help=_lazy("每个目标走到哪了，照现在的节奏到期会怎样。"),
)
