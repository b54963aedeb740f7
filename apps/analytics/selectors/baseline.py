"""What was to be expected of a day, and whether it was odd. Pure.

**Expected** is the median of the same weekday of the last eight weeks. Figures are looked at on a scale on which
counting noise has the same size everywhere: the square root for counts (Anscombe's 2√(n+3/8), whose noise is 1
whatever n is), the arcsine for shares. Money counts as so many orders of average size. Small counts never fire: a
difference of fewer than ten counts (or orders) is never odd.

**How far is far** is measured on all 56 days against their own weekday's median (the median absolute deviation, which
a few mad days do not move), but never below counting noise.

**How odd is odd** follows from how many figures are watched. All rules together may bring so many false alarms a week
(``BUDGETS``); with k rules each looked at on seven days the chance of a false alarm per look is budget/7k, and the
band is as wide as Student's t asks for at that chance. Whoever watches fifty figures gets wider bands, not fifty times
as many false alarms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import asin, pi, sin, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

from apps.analytics.enums import Sensitivity

WEEKS = 8
QUOTIENTS = frozenset({"share", "mean"})
#: Fewer weeks of the same weekday say nothing.
FEWEST_WEEKS = 4
#: False alarms per week that all rules together may bring.
BUDGETS: dict[str, float] = {Sensitivity.LOW: 0.05, Sensitivity.NORMAL: 0.25, Sensitivity.HIGH: 1.0}
#: A difference of fewer counts, or orders, than this never fires, however quiet the figure is otherwise.
LEAST = 10
_MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class Seen:
    """A complete day. ``cases`` is what the figure was counted from: for a share or mean what it was divided by; for money the
    number of payments; for counts it is not looked at."""

    day: date
    value: float
    cases: float = 0.0


@dataclass(frozen=True, slots=True)
class Band:
    expected: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def band(
    history: Sequence[Seen], today: Seen, *, rules: int, sensitivity: str, scale: str = "count"
) -> Band | None:
    """What ``today`` was to be expected to be. ``scale`` is ``count``, ``money``, ``share`` or ``mean`` (any
    other quotient).

    ``history`` are days before; only the same weekdays of the last eight weeks count for the expectation. None when
    there are too few of them, or there was nothing to divide by.
    """
    since = today.day - timedelta(weeks=WEEKS)
    past = [
        seen
        for seen in history
        if since <= seen.day < today.day and (scale not in QUOTIENTS or seen.cases > 0)
    ]
    own = [seen for seen in past if seen.day.weekday() == today.day.weekday()]
    if len(own) < FEWEST_WEEKS or (scale in QUOTIENTS and today.cases <= 0):
        return None
    to, back, noise, least = _scale(past, scale)
    middles = {
        weekday: median(to(seen.value) for seen in past if seen.day.weekday() == weekday)
        for weekday in {seen.day.weekday() for seen in past}
    }
    off = [abs(to(seen.value) - middles[seen.day.weekday()]) / noise(seen) for seen in past]
    weeks = max(len(past) / len(middles), FEWEST_WEEKS)
    # A median of few days is drawn towards those very days, which shrinks the distances, and it is itself uncertain.
    # The three constants are those of normal noise, found by simulation (4 to 8 weeks; the tests repeat it).
    rough = max(1.0, _MAD_TO_SD * median(off) * (1 + 1.6 / weeks))
    middle = middles[today.day.weekday()]
    wide = critical(rules, sensitivity, freedom=2.25 * weeks) * sqrt(1 + 1.3 / weeks)
    half = wide * rough * noise(today)
    expected, low, high = back(middle), back(middle - half), back(middle + half)
    return Band(expected, min(low, expected - least), max(high, expected + least))


def critical(rules: int, sensitivity: str, freedom: float = 2.25 * WEEKS) -> float:
    """So many noise widths away is odd, when ``rules`` figures are watched."""
    chance = min(BUDGETS[sensitivity] / (7 * max(rules, 1)), 0.2)
    return student(1 - chance / 2, freedom)


def student(quantile: float, freedom: float) -> float:
    """Student's t by the expansion of Cornish and Fisher; within 1 % for what is asked here."""
    z = NormalDist().inv_cdf(quantile)
    z2 = z * z
    return z * (
        1
        + (z2 + 1) / (4 * freedom)
        + (5 * z2 * z2 + 16 * z2 + 3) / (96 * freedom**2)
        + (3 * z2**3 + 19 * z2**2 + 17 * z2 - 15) / (384 * freedom**3)
    )


def _scale(past: Sequence[Seen], scale: str) -> "_Scale":
    if scale == "share":
        return _Scale(
            lambda value: 2 * asin(sqrt(min(max(value, 0.0), 1.0))),
            lambda place: sin(min(max(place, 0.0), pi) / 2) ** 2,
            lambda seen: 1 / sqrt(max(seen.cases, 1.0)),
        )
    if scale == "mean":
        # Cases that differ as much as they are large.
        level = abs(median(seen.value for seen in past)) or 1.0
        return _Scale(float, float, lambda seen: level / sqrt(max(seen.cases, 1.0)))
    unit = 1.0
    if scale == "money":
        cases = sum(seen.cases for seen in past)
        # The sum of n payments that differ as much as they are large varies like twice as few of them.
        unit = 2 * sum(max(seen.value, 0.0) for seen in past) / cases if cases else 1.0
        unit = unit or 1.0
    return _Scale(
        lambda value: 2 * sqrt(max(value, 0.0) / unit + 0.375),
        lambda place: unit * max((max(place, 0.0) / 2) ** 2 - 0.375, 0.0),
        lambda _seen: 1.0,
        LEAST * (unit / 2 if scale == "money" else 1.0),
    )


class _Scale(NamedTuple):
    """To the even scale, back from it, the noise of a day on it, and the least difference that counts."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    noise: Callable[[Seen], float]
    least: float = 0.0
