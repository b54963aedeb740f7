"""Where a goal stands, and why, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from apps.analytics.enums import Direction, Standing
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Goal
from apps.analytics.models.subject import About
from apps.analytics.selectors.daily import Daily, can_follow, daily, earlier, total
from apps.analytics.selectors.forecast import FEWEST_DAYS, Day, Forecast, forecast
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.scope import Scope

#: So many weeks before a period tell what a weekday is like.
_WEEKS = 8

type Say = Callable[[Decimal | float | None], str]


@dataclass(frozen=True)
class Progress:
    """The figure so far, its forecast, the curve [[ISO day, so far]], and what follows."""

    reading: Reading
    forecast: Forecast | None
    track: list[list[str | float | None]]
    standing: Standing


def scope_of_subject(about: About) -> Scope:
    """The facts of a subject: those of its team; groups, campaigns and runs are told apart by key."""
    return Scope(frozenset({about.team_id})) if about.team_id else Scope(None)


def progress_of(goal: Goal, *, now: datetime) -> Progress | None:
    """None for a metric that is no longer there. At most three queries."""
    metric = all_metrics().get(goal.metric)
    if metric is None or not can_follow(metric, goal.dimension):
        return None
    today = day_of(now)
    period = Period(goal.starts_on, goal.ends_on)
    if today < period.first:
        return Progress(Reading(None), None, [], Standing.COMING)
    until = min(today, period.last)
    known = daily(
        metric,
        scope=scope_of_subject(goal),
        period=earlier(Period(period.first, until), _WEEKS),
        dim=goal.dimension,
        key=goal.key,
    )
    growing = known.growing(period.first)
    reading = growing[until]
    ended = today > period.last
    ending = _ending(known, growing, period, today)
    if ending and not ended and _only_grows(metric, reading) and reading.value is not None:
        # What is there already stays there.
        so_far = float(reading.value)
        ending = Forecast(max(ending.value, so_far), max(ending.low, so_far), max(ending.high, so_far))
    track: list[list[str | float | None]] = [
        [day.isoformat(), None if one.value is None else round(float(one.value), 6)]
        for day, one in growing.items()
    ]
    return Progress(reading, ending, track, standing_of(metric, goal.target, reading, ending, ended=ended))


def _ending(known: Daily, growing: dict[date, Reading], period: Period, today: date) -> Forecast | None:
    """Today is not over: it is among the days to come."""
    over = [day for day in growing if day < today]
    to_come = [day for day in period if day >= today]
    alone = known.days()
    if total(alone[day] for day in over) == _parts(growing[over[-1]] if over else None):
        past = [_day(day, one) for day, one in alone.items() if day < period.first]
        # Before the first fact of all there was nothing to count, which is not a pace.
        first = next((n for n, day in enumerate(past) if day.above or day.below), len(past))
        return forecast([_day(day, alone[day]) for day in over], to_come, past=past[first:], seed=1)
    # Distinct members do not add up from days; what each day adds to the figure so far does.
    steps = []
    before: tuple[float, float | None] = (0.0, None)
    for day in over:
        after = _parts(growing[day])
        below = None if after[1] is None else after[1] - (before[1] or 0.0)
        steps.append(Day(day, after[0] - before[0], below))
        before = after
    return forecast(steps, to_come, seed=1)


def _day(day: date, reading: Reading) -> Day:
    return Day(day, *_parts(reading))


def _parts(reading: Reading | None) -> tuple[float, float | None]:
    if reading is None:
        return 0.0, None
    return total([reading])


def _only_grows(metric: Metric, reading: Reading) -> bool:
    return reading.denominator is None and metric.direction == Direction.HIGHER


def standing_of(
    metric: Metric, target: Decimal, reading: Reading, ending: Forecast | None, *, ended: bool
) -> Standing:
    """Ahead or behind only when the whole interval of the forecast says so."""
    goal = float(target)
    is_lower = metric.direction == Direction.LOWER
    value = None if reading.value is None else float(reading.value)
    if ended:
        if value is None:
            return Standing.UNCLEAR
        return Standing.REACHED if (value <= goal if is_lower else value >= goal) else Standing.MISSED
    if reading.denominator is None and value is not None:
        if is_lower and value > goal:
            return Standing.MISSED
        if not is_lower and value >= goal:
            return Standing.REACHED
    if ending is None:
        return Standing.UNCLEAR
    if is_lower:
        return (
            Standing.AHEAD
            if ending.high <= goal
            else Standing.BEHIND
            if ending.low > goal
            else Standing.ON_TRACK
        )
    return (
        Standing.AHEAD if ending.low >= goal else Standing.BEHIND if ending.high < goal else Standing.ON_TRACK
    )


def why(goal: Goal, say: Say, *, now: datetime) -> str:
    """One sentence: the pace, its interval, and what it means. ``say`` puts a figure in the metric's unit."""
    today = day_of(now)
    left = (goal.ends_on - max(today, goal.starts_on)).days + 1
    words = {
        "target": say(goal.target),
        "value": say(goal.value),
        "forecast": say(goal.forecast),
        "low": say(goal.low),
        "high": say(goal.high),
        "days": left,
        "date": goal.starts_on.isoformat(),
        "fewest": FEWEST_DAYS,
    }
    match goal.standing:
        case Standing.COMING:
            return _("%(date)s 开始计算。") % words
        case Standing.REACHED if today > goal.ends_on:
            return _("到期 %(value)s，达到目标 %(target)s。") % words
        case Standing.REACHED:
            return _("已经 %(value)s，提前达到目标 %(target)s；还有 %(days)d 天。") % words
        case Standing.MISSED if today > goal.ends_on:
            return _("到期 %(value)s，目标是 %(target)s。复盘一下差在哪一步。") % words
        case Standing.MISSED:
            return _("已经 %(value)s，超过了上限 %(target)s。") % words
        case Standing.UNCLEAR:
            return _("完整的天数还不到 %(fewest)d 天，或还没有可以相除的数据，先不下结论。") % words
        case Standing.AHEAD:
            return _("按现在的节奏到期预计 %(forecast)s（%(low)s～%(high)s），整个区间都达标。") % words
        case Standing.BEHIND:
            pace = _needed(goal, left)
            tail = _("剩下 %(days)d 天每天要 %(pace)s 才够。") % {**words, "pace": say(pace)} if pace else ""
            return (
                _("按现在的节奏到期预计 %(forecast)s（%(low)s～%(high)s），整个区间都不达标。") % words + tail
            )
    return _("按现在的节奏到期预计 %(forecast)s（%(low)s～%(high)s），目标在区间里，还说不准。") % words


def _needed(goal: Goal, left: int) -> Decimal | None:
    """How much a day it takes from now on; None for what does not add up."""
    metric = all_metrics().get(goal.metric)
    if metric is None or metric.direction != Direction.HIGHER or left <= 0 or goal.value is None:
        return None
    adds_up = metric.unit in {"money", "count", "people", "points"} and bool(goal.track)
    rises = [row[1] for row in goal.track if row[1] is not None]
    if not adds_up or any(after < before for before, after in pairwise(rises)):
        return None
    return (goal.target - goal.value) / left


def elapsed(goal: Goal, now: datetime) -> float:
    """How much of the period is over, 0 to 1."""
    today = day_of(now)
    if today > goal.ends_on:
        return 1.0
    days = (goal.ends_on - goal.starts_on).days + 1
    return max(0.0, min(1.0, (today - goal.starts_on) / timedelta(days=days)))
