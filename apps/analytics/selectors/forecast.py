"""Where a figure ends at the current pace. Pure.

A figure of a period is a quotient of two sums over its days (for plain sums the lower one is missing). What is to come
is drawn from the days that were: each day of the past, freed of its weekday, is as likely as any other, and upper and
lower sum are drawn together, so that a share stays a share. The forecast is the middle of many such endings; the
interval holds nine tenths of them and includes that the pace itself is known from few days only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

#: Fewer days than this say nothing about a pace.
FEWEST_DAYS = 3
_DRAWS = 2_000
#: A weekday's own level is trusted from so many weeks on; before, it is drawn towards the common level.
_WEEKS_OF_TRUST = 0.5
#: Fewer days cannot tell weekdays from chance.
_FEWEST_FOR_WEEKDAYS = 28


@dataclass(frozen=True, slots=True)
class Day:
    """One complete day: upper and lower sum; ``below`` is None for plain sums."""

    day: date
    above: float
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The figure at the end of the period, with its 90 % interval."""

    value: float
    low: float
    high: float


def forecast(
    so_far: Sequence[Day], to_come: Sequence[date], *, past: Sequence[Day] = (), seed: int = 0
) -> Forecast | None:
    """The ending of a period whose days ``so_far`` are over and whose days ``to_come`` are not.

    ``past`` are days before the period: they help to know weekdays, and count for the pace when the period has few
    days. None when fewer than ``FEWEST_DAYS`` days are known, or there is nothing to divide by. With no day to come
    the figure is what it is. The same input gives the same answer.
    """
    above, below = _sums(so_far)
    is_share = any(day.below is not None for day in (*so_far, *past))
    if not to_come:
        value = _quotient(above, below, is_share=is_share)
        return None if value is None else Forecast(value, value, value)
    known = _pace_days(so_far, past)
    if len(known) < FEWEST_DAYS:
        return None
    everything = [*past, *so_far]
    ups = _weekdays(everything, [day.above for day in everything])
    downs = _weekdays(everything, [day.below or 0.0 for day in everything])
    rng = np.random.default_rng([seed, len(known), len(to_come)])
    up = np.array([day.above / ups[day.day.weekday()] for day in known])
    down = np.array([(day.below or 0.0) / downs[day.day.weekday()] for day in known])
    # The pace is known from these days only: each draw first draws the days that it believes in (bootstrap), then
    # the days to come from those.
    believed = rng.integers(0, len(known), size=(_DRAWS, len(known)))
    picked = rng.integers(0, len(known), size=(_DRAWS, len(to_come)))
    chosen = np.take_along_axis(believed, picked, axis=1)
    to_up = np.array([ups[day.weekday()] for day in to_come])
    to_down = np.array([downs[day.weekday()] for day in to_come])
    # Resampled days vary less than the days they stand for by the factor (n-1)/n.
    spread = np.sqrt(len(known) / (len(known) - 1))
    ends_up = above + _widened(up[chosen] * to_up, spread).sum(axis=1)
    if not is_share:
        return _told(ends_up)
    ends_down = (below or 0.0) + _widened(down[chosen] * to_down, spread).sum(axis=1)
    usable = ends_down > 0
    if not usable.any():
        return None
    return _told(ends_up[usable] / ends_down[usable])


def _widened(drawn: np.ndarray, spread: float) -> np.ndarray:
    middle = drawn.mean(axis=0)
    return middle + (drawn - middle) * spread


def _told(ends: np.ndarray) -> Forecast:
    low, value, high = np.quantile(ends, [0.05, 0.5, 0.95])
    return Forecast(float(value), float(low), float(high))


def _sums(days: Sequence[Day]) -> tuple[float, float | None]:
    lower = [day.below for day in days if day.below is not None]
    return sum(day.above for day in days), sum(lower) if lower else None


def _quotient(above: float, below: float | None, *, is_share: bool) -> float | None:
    if not is_share:
        return above
    return above / below if below else None


def _pace_days(so_far: Sequence[Day], past: Sequence[Day]) -> list[Day]:
    """The period's own days; while they are fewer than two weeks, the last days before it fill up."""
    missing = max(0, 14 - len(so_far))
    return [*list(past)[-missing:], *so_far] if missing and past else list(so_far)


def _weekdays(days: Sequence[Day], values: Sequence[float]) -> list[float]:
    """How much of the common level each weekday has, drawn towards 1 while there are few weeks."""
    total, number = sum(values), len(values)
    if total <= 0 or number < _FEWEST_FOR_WEEKDAYS:
        return [1.0] * 7
    level = total / number
    factors = []
    for weekday in range(7):
        own = [value for day, value in zip(days, values, strict=True) if day.day.weekday() == weekday]
        mean = (sum(own) / level + _WEEKS_OF_TRUST) / (len(own) + _WEEKS_OF_TRUST)
        factors.append(max(mean, 0.05))
    return factors
