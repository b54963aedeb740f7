"""A metric day by day, and as it grew: for goals, alerts and reviews."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.figures import figures, first_days
from apps.analytics.selectors.kept import Kept
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope

type _Row = tuple[date, str, str, int, Decimal, BitMap | None]


def can_follow(metric: Metric, dim: Dimension) -> bool:
    """Whether a metric can be read day by day: not those that look at the whole, the period before, or further, and
    not those of who is in a group now, which has no past."""
    return dim in metric.dimensions and not (metric.context or metric.before or metric.extras or metric.sets)


@dataclass
class Daily:
    """What a metric needs of every day of ``period``, read once; at most three queries.

    ``facts`` {day: facts of the kinds that the metric reads} tells how much a day's figure was counted from.
    """

    metric: Metric
    period: Period
    rows: list[_Row]
    firsts: dict[str, dict[date, BitMap]]
    sets: dict[str, BitMap]

    def days(self) -> dict[date, Reading]:
        """Each day on its own."""
        by_day = self._by_day()
        return {day: next(iter(self._readings([day], by_day)))[1] for day in self.period}

    def growing(self, since: date) -> dict[date, Reading]:
        """From ``since`` up to each day of the period."""
        return dict(self._readings((day for day in self.period if day >= since), self._by_day()))

    def _by_day(self) -> dict[date, list[_Row]]:
        found: dict[date, list[_Row]] = {}
        for row in self.rows:
            found.setdefault(row[0], []).append(row)
        return found

    def _readings(
        self, days: Iterable[date], by_day: dict[date, list[_Row]]
    ) -> Iterator[tuple[date, Reading]]:
        """From the first of ``days`` up to each of them: each row is added once."""
        first = None
        grown = Kept(self.period)
        for day in days:
            first = first or day
            for _day, kind, variant, count, value, members in by_day.get(day, ()):
                name = (kind, variant)
                before = grown.sums.get(name, (0, Decimal(0)))
                grown.sums[name] = (before[0] + count, before[1] + value)
                if members is not None:
                    grown.days_of.setdefault(name, []).append((day, members))
            for kind, firsts in self.firsts.items():
                grown.firsts[kind] = grown.firsts.get(kind, BitMap()) | firsts.get(day, BitMap())
            # Each day's own: a Kept remembers what it was asked, and does not expect to grow.
            kept = Kept(
                Period(first, day), grown.sums, grown.days_of, grown.firsts, self.sets, cohorts=self.firsts
            )
            yield day, self.metric.formula(kept)

    @property
    def facts(self) -> dict[date, int]:
        found: dict[date, int] = {}
        for day, _kind, _variant, count, _value, _members in self.rows:
            found[day] = found.get(day, 0) + count
        return found


def daily(
    metric: Metric, *, scope: Scope, period: Period, dim: Dimension = Dimension.TOTAL, key: str = ""
) -> Daily:
    """Read ``metric`` for one key of ``dim`` (a total for "")."""
    found = Daily(metric, period, [], {}, {})
    if scope.team_ids is not None and not scope.team_ids:
        return found
    where = "dim = %(dim)s AND key = %(key)s AND kind = ANY(%(kinds)s) AND day BETWEEN %(first)s AND %(last)s"
    if scope.teams is not None:
        where += " AND team_id = ANY(%(teams)s)"
    values = {
        "dim": dim.value,
        "key": key,
        "kinds": [str(kind) for kind in metric.needs],
        "first": period.first,
        "last": period.last,
        "teams": scope.teams,
    }
    with binary_cursor() as cursor:
        cursor.execute(
            f"SELECT day, kind, variant, count, value, members FROM analytics_dayfigure WHERE {where}",
            values,
            binary=True,
        )
        found.rows = [
            (day, kind, variant, int(count), value, None if raw is None else BitMap.deserialize(raw))
            for day, kind, variant, count, value, raw in cursor
        ]
    if metric.first_kinds and dim == Dimension.TOTAL:
        since = Period(period.first - timedelta(days=metric.lookback), period.last)
        found.firsts = first_days(scope, since, metric.first_kinds)
    if metric.sets:
        now = figures(scope=scope, period=period, kinds=(), dim=dim, keys=[key], sets=metric.sets)
        found.sets = now[key].sets
    return found


def earlier(period: Period, weeks: int) -> Period:
    """``period`` with so many weeks before it."""
    return Period(period.first - timedelta(weeks=weeks), period.last)


def total(readings: Iterable[Reading]) -> tuple[float, float | None]:
    """Upper and lower sums; None where nothing is divided."""
    rows = list(readings)
    lower = [float(row.denominator) for row in rows if row.denominator is not None]
    return sum(float(row.numerator) for row in rows), sum(lower) if lower else None
