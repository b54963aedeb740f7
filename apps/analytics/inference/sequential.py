"""Looking as often as one likes: a p-value that stays honest (mixture sequential probability ratio test).

Johari, Koomen, Pekelis and Walsh 2017, "Peeking at A/B Tests": the likelihood ratio of the difference, averaged over
differences drawn from N(0, τ²), is a martingale if there is none; by Ville's inequality it passes 1/α with a chance of
at most α, however often one looks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt


@dataclass(frozen=True)
class Look:
    """What had been counted at one look: hits of cases on each side, never fewer than at the one before."""

    hits: int
    cases: int
    other_hits: int
    other_cases: int


#: So few on one side say nothing by the normal law that the test leans on.
LEAST_CASES = 100


def ratio(look: Look, tau: float) -> float:
    """The log of the mixture likelihood ratio at one look; 0 while there is too little to go by.

    Raises ``ValueError`` for a ``tau`` that is not positive.
    """
    if tau <= 0:
        raise ValueError(f"tau {tau}")
    if min(look.cases, look.other_cases) < LEAST_CASES:
        return 0.0
    pooled = (look.hits + look.other_hits) / (look.cases + look.other_cases)
    spread = pooled * (1 - pooled)
    if spread <= 0:
        return 0.0
    variance = spread * (1 / look.cases + 1 / look.other_cases)
    difference = look.hits / look.cases - look.other_hits / look.other_cases
    total = variance + tau * tau
    return 0.5 * log(variance / total) + difference**2 * tau * tau / (2 * variance * total)


def always_valid_p(looks: Iterable[Look], tau: float) -> float:
    """The p-value after these looks, in order: it only falls. 1 for none."""
    p = 1.0
    for look in looks:
        p = min(p, exp(-ratio(look, tau)))
    return p


def tau_for(base: float, minimum_effect: float) -> float:
    """How large differences the test is tuned to: the smallest one that is worth finding, in points.

    Raises ``ValueError`` outside of 0 < base < 1 or for no effect.
    """
    if not 0 < base < 1 or not minimum_effect:
        raise ValueError(f"{base} by {minimum_effect}")
    return max(abs(base * minimum_effect), sqrt(base * (1 - base)) * 1e-3)
