"""Two shares compared, by formulas that are written out: Wilson, Newcombe, and how many visitors it takes.

Pure: numbers in, numbers out. Shares are between 0 and 1.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

#: Two-sided 95 %.
CONFIDENCE = 0.95
#: How often a difference that is there is to be seen.
POWER = 0.80


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def z_of(confidence: float = CONFIDENCE) -> float:
    """The normal quantile of a two-sided interval: 1.959964 for 95 %."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


#: The same for the confidence that everything here uses.
Z = z_of()


def wilson(hits: float, total: int, confidence: float = CONFIDENCE) -> Interval:
    """The score interval of one share (Wilson 1927): never outside of 0 to 1, sensible for 0 hits.

    ``hits`` may be an average over days, hence no whole number.

    With nobody counted it is the whole range. Raises ``ValueError`` if ``hits`` are not among ``total``.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total}")
    if total == 0:
        return Interval(0.0, 1.0)
    z2 = z_of(confidence) ** 2
    share = hits / total
    middle = share + z2 / (2 * total)
    half = sqrt(z2) * sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    whole = 1 + z2 / total
    low = (middle - half) / whole if hits else 0.0
    high = (middle + half) / whole if hits < total else 1.0
    return Interval(low, high)


def newcombe(
    hits: int, total: int, other_hits: int, other_total: int, confidence: float = CONFIDENCE
) -> Interval:
    """The interval of ``hits/total − other_hits/other_total`` (Newcombe 1998, method 10: from two score intervals).

    With nobody on one side it is as wide as can be.
    """
    mine, theirs = wilson(hits, total, confidence), wilson(other_hits, other_total, confidence)
    if not total or not other_total:
        return Interval(-1.0, 1.0)
    a, b = hits / total, other_hits / other_total
    low = a - b - sqrt((a - mine.low) ** 2 + (theirs.high - b) ** 2)
    high = a - b + sqrt((mine.high - a) ** 2 + (b - theirs.low) ** 2)
    return Interval(max(low, -1.0), min(high, 1.0))


def visitors_needed(
    base: float, lift: float, *, share: float = 0.5, confidence: float = CONFIDENCE, power: float = POWER
) -> int:
    """How many visitors on both sides together show a change of ``base`` by the part ``lift`` with ``power``.

    ``share`` of them see the second variant; the formula is that of two independent shares without pooling.
    Raises ``ValueError`` for shares outside of 0 to 1 or no change at all.
    """
    changed = base * (1 + lift)
    if not (0 < base < 1 and 0 < changed < 1 and 0 < share < 1 and lift):
        raise ValueError(f"{base} by {lift}, {share} of visitors")
    z = z_of(confidence) + NormalDist().inv_cdf(power)
    spread = base * (1 - base) / (1 - share) + changed * (1 - changed) / share
    return ceil(z * z * spread / (changed - base) ** 2)


def is_split_off(seen: int, total: int, share: float) -> bool:
    """Do the two sides differ from the planned ``share`` by more than chance explains (one in a thousand)?

    Then visitors were not divided as planned, and nothing that is read from them can be trusted.
    """
    if not total:
        return False
    return abs(seen - total * share) > NormalDist().inv_cdf(1 - 0.0005) * sqrt(total * share * (1 - share))
