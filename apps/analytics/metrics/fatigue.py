"""疲劳度: whether a repeated campaign wears off run by run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, factorial, log
from statistics import median

#: Fewer runs say nothing about a trend.
FEWEST = 3
#: A fall that chance would show more often than this is not called one.
_CHANCE = 0.1


@dataclass(frozen=True, slots=True)
class Fatigue:
    """``change`` per run (-0.2: each run brings a fifth less than the one before); ``chance``: how often a series
    without any trend would fall at least as clearly (exact, one-sided, Mann–Kendall)."""

    runs: int
    change: float
    chance: float

    @property
    def is_tired(self) -> bool:
        return self.change < 0 and self.chance <= _CHANCE


def fatigue_of(figures: Sequence[int | float]) -> Fatigue | None:
    """The trend of one figure over runs in their order; None for fewer than three runs.

    The change is the Theil–Sen slope of the logarithms, which a single odd run does not move.
    """
    if len(figures) < FEWEST:
        return None
    logs = [log(value + 0.5) for value in figures]
    slopes = [(logs[j] - logs[i]) / (j - i) for i, j in combinations(range(len(logs)), 2)]
    falls = sum(b < a for a, b in combinations(figures, 2))
    return Fatigue(len(figures), exp(median(slopes)) - 1, chance_of_falls(len(figures), falls))


def chance_of_falls(runs: int, falls: int) -> float:
    """The share of all orders of ``runs`` different figures that have at least ``falls`` falling pairs."""
    ways = [1]
    for size in range(2, runs + 1):
        total = [0]
        for count in ways:
            total.append(total[-1] + count)
        total += [total[-1]] * (size - 1)
        lows = [0] * size + total[1:]
        ways = [high - low for high, low in zip(total[1:], lows, strict=False)]
    assert sum(ways) == factorial(runs)
    return sum(ways[falls:]) / factorial(runs)
