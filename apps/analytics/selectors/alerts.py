"""The band of a watched figure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from apps.analytics.enums import Unit
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import AlertRule
from apps.analytics.selectors.baseline import WEEKS, Band, Seen, band
from apps.analytics.selectors.daily import Daily, can_follow, daily
from apps.analytics.selectors.goals import scope_of_subject
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope


@dataclass(frozen=True)
class Judged:
    """A day with what was to be expected of it; ``band`` is None where nothing can be said."""

    day: date
    value: Decimal | None
    band: Band | None
    is_odd: bool = False


def judged_days(rule: AlertRule, *, last: date, days: int = 1, watched: int | None = None) -> list[Judged]:
    """The last ``days`` complete days up to ``last``. At most three queries, and one to count the active rules.

    ``watched`` is how many rules are active in the house: the more, the wider the bands (``selectors.baseline``).
    """
    metric = all_metrics().get(rule.metric)
    if metric is None or not can_follow(metric, rule.dimension):
        return []
    if watched is None:
        watched = AlertRule.objects.filter(is_active=True).count()
    first = last - timedelta(days=days - 1)
    known = daily(
        metric,
        scope=scope_of_subject(rule),
        period=Period(first - timedelta(weeks=WEEKS), last),
        dim=rule.dimension,
        key=rule.key,
    )
    readings = known.days()
    scale = scale_of(metric, readings.values())
    history = _history(known, readings, scale)
    seen = {one.day: one for one in history}
    return [
        _judge(day, readings[day], seen.get(day), history, watched, rule.sensitivity, scale, metric.unit)
        for day in Period(first, last)
    ]


def scale_of(metric: Metric, readings: Iterable[Reading]) -> str:
    """Which noise the figure has, see ``selectors.baseline``."""
    rows = list(readings)
    if metric.unit == Unit.PERCENT and any(row.low is not None for row in rows):
        return "share"
    if any(row.denominator is not None for row in rows):
        return "mean"
    return "money" if metric.unit in {Unit.MONEY, Unit.POINTS} else "count"


def _history(known: Daily, readings: dict[date, Reading], scale: str) -> list[Seen]:
    facts = known.facts
    # Before the first fact of all there was nothing to count: those days are no baseline.
    first = min(facts, default=None)
    rows = []
    for day, reading in readings.items():
        if first is None or day < first or reading.value is None:
            continue
        cases = facts.get(day, 0) if scale == "money" else float(reading.denominator or 0)
        rows.append(Seen(day, float(reading.value), float(cases)))
    return rows


def _judge(
    day: date,
    reading: Reading,
    seen: Seen | None,
    history: list[Seen],
    watched: int,
    sensitivity: str,
    scale: str,
    unit: str,
) -> Judged:
    value = None if reading.value is None else Decimal(str(reading.value)).quantize(Decimal("0.0001"))
    if seen is None or value is None:
        return Judged(day, value, None)
    expected = band(history, seen, rules=watched, sensitivity=sensitivity, scale=scale)
    if expected is not None and unit == Unit.PEOPLE:
        expected = replace(expected, low=max(expected.low, 0.0))  # Nobody counts less than no people.
    is_odd = expected is not None and not expected.holds(float(value))
    return Judged(day, value, expected, is_odd)


def watched_in(scope: Scope) -> list[AlertRule]:
    """The rules about a scope's teams and what belongs to them, with their subjects."""
    rules = AlertRule.objects.of_teams(scope.team_ids).with_subjects().select_related("owner")
    return list(rules.order_by("metric", "pk"))
