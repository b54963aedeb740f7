"""Versions that whole groups were given: people of one group are alike, so that groups are what is counted.

A version's figure is the ratio of two sums over its groups (orders ÷ members, active ÷ members). Its variance comes
from how groups differ (the linearised ratio), never from how many people there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray

from apps.analytics.inference.student import student_quantile

#: All ways to deal out the groups are tried up to so many, otherwise so many at random.
MOST_WAYS = 20_000
_AT_RANDOM = 4_000
_CELLS = 1_000_000


@dataclass(frozen=True)
class Arm:
    """One version: the ratio of sums over its groups, with its standard error."""

    groups: int
    numerator: float
    denominator: float
    value: float | None
    error: float | None


@dataclass(frozen=True)
class Difference:
    """``value`` is second − first, between ``low`` and ``high`` with 95 %. ``p`` is the permutation test's chance of a
    difference at least as large if the versions were alike. None where it cannot be said."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    ways: int = 0


def arm_of(numerators: Sequence[float], denominators: Sequence[float]) -> Arm:
    """The ratio estimator of one version. Raises ``ValueError`` for sequences of different lengths."""
    y, x = _arrays(numerators, denominators)
    top, bottom, groups = float(y.sum()), float(x.sum()), len(y)
    if not bottom:
        return Arm(groups, top, bottom, None, None)
    value = top / bottom
    if groups < 2:
        return Arm(groups, top, bottom, value, None)
    rest = y - value * x
    return Arm(groups, top, bottom, value, sqrt(groups / (groups - 1) * float((rest**2).sum())) / bottom)


def compare(
    first: tuple[Sequence[float], Sequence[float]],
    second: tuple[Sequence[float], Sequence[float]],
    *,
    seed: int = 0,
) -> tuple[Arm, Arm, Difference]:
    """Two versions, each as (numerators, denominators) by group: Student interval with Welch's degrees of freedom, and
    the exact (or Monte Carlo) permutation test over groups of the studentised difference."""
    a, b = arm_of(*first), arm_of(*second)
    if a.value is None or b.value is None or a.error is None or b.error is None:
        value = None if a.value is None or b.value is None else b.value - a.value
        return a, b, Difference(value, None, None, None)
    value = b.value - a.value
    error = sqrt(a.error**2 + b.error**2)
    low = high = value
    if error:
        freedom = error**4 / (a.error**4 / (a.groups - 1) + b.error**4 / (b.groups - 1))
        half = student_quantile(0.975, freedom) * error
        low, high = value - half, value + half
    p, ways = _permutation(first, second, seed=seed)
    return a, b, Difference(value, low, high, p, ways)


def _permutation(
    first: tuple[Sequence[float], Sequence[float]],
    second: tuple[Sequence[float], Sequence[float]],
    *,
    seed: int,
) -> tuple[float, int]:
    y = np.concatenate([first[0], second[0]]).astype(float)
    x = np.concatenate([first[1], second[1]]).astype(float)
    groups, size = len(y), len(second[0])
    seen = np.zeros(groups, dtype=bool)
    seen[groups - size :] = True
    is_exact = comb(groups, size) <= MOST_WAYS
    as_large = ways = 0
    for picked in [_all_ways(groups, size)] if is_exact else _some_ways(groups, size, seed):
        # Together with the ways, so that the same way has the same figure to the last digit.
        figures = np.abs(_statistic(np.vstack([seen[None, :], picked]), y, x))
        as_large += int((figures[1:] >= figures[0] * (1 - 1e-9)).sum())
        ways += len(picked)
    # A sample of ways counts the one that was seen too, or p could be 0.
    return (as_large / ways, ways) if is_exact else ((as_large + 1) / (ways + 1), ways)


def _all_ways(groups: int, size: int) -> NDArray[np.bool_]:
    ways = np.zeros((comb(groups, size), groups), dtype=bool)
    for row, chosen in enumerate(combinations(range(groups), size)):
        ways[row, list(chosen)] = True
    return ways


def _some_ways(groups: int, size: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """``_AT_RANDOM`` ways, some at a time: thousands of groups must not fill the memory."""
    rng, left = np.random.default_rng(seed), _AT_RANDOM
    while left:
        rows = min(left, max(_CELLS // groups, 1))
        yield rng.random((rows, groups)).argsort(axis=1) < size
        left -= rows


def _statistic(
    picked: NDArray[np.bool_], y: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The studentised difference for each way (row) of picking the second version's groups."""
    second = picked.astype(float)
    parts = []
    for mask in (1 - second, second):
        count, top, bottom = mask.sum(axis=1), mask @ y, mask @ x
        ratio = top / np.where(bottom > 0, bottom, np.nan)
        # Σ m (y − r x)² = Σ m y² − 2 r Σ m xy + r² Σ m x²
        squares = mask @ (y * y)
        rest = squares - 2 * ratio * (mask @ (x * y)) + ratio**2 * (mask @ (x * x))
        rest = np.where(rest > 1e-12 * squares, rest, 0.0)  # groups that are all alike, but for rounding
        variance = count / np.maximum(count - 1, 1) * rest / bottom**2
        parts.append((ratio, variance))
    (one, one_variance), (two, two_variance) = parts
    error = np.sqrt(one_variance + two_variance)
    difference = two - one
    scale = abs(float(y.sum() / x.sum())) or 1.0
    return np.nan_to_num(difference / np.maximum(error, 1e-9 * scale), nan=0.0)


def _arrays(
    numerators: Sequence[float], denominators: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(numerators) != len(denominators):
        raise ValueError(f"{len(numerators)} numerators, {len(denominators)} denominators")
    return np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)


def icc_of(numerators: Sequence[float], denominators: Sequence[float]) -> float | None:
    """How alike people of one group are (intraclass correlation, ANOVA estimator for shares), 0 to 1; None for fewer
    than two groups or people that do not differ. ``numerators`` ≤ ``denominators``, people by group."""
    y, x = _arrays(numerators, denominators)
    y, x = y[x > 0], x[x > 0]
    groups, people = len(x), float(x.sum())
    if groups < 2 or people <= groups:
        return None
    mean = float(y.sum()) / people
    between = float((x * (y / x - mean) ** 2).sum()) / (groups - 1)
    within = float((y * (1 - y / x)).sum()) / (people - groups)
    usual = (people - float((x**2).sum()) / people) / (groups - 1)
    bottom = between + (usual - 1) * within
    if bottom <= 0:
        return None
    return min(max((between - within) / bottom, 0.0), 1.0)
