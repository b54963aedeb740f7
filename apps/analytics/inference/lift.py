"""What a campaign really added: those whom it was open to against those who were held out."""

from dataclasses import dataclass
from math import sqrt

from apps.analytics.inference.student import student_quantile
from apps.core.proportions import newcombe


@dataclass(frozen=True)
class Sums:
    """One side: ``people``, how many of them ``did`` it, the ``total`` of what each brought, and of its ``squares``."""

    people: int
    did: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float | None:
        return self.total / self.people if self.people else None

    @property
    def share(self) -> float | None:
        return self.did / self.people if self.people else None


@dataclass(frozen=True)
class Lift:
    """Per person: ``value`` more with the campaign, between ``low`` and ``high`` with 95 %; None for a side with too
    few people."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        """Does chance not explain it?"""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def times(self, people: int) -> "Lift":
        """For so many people together."""
        return Lift(*(None if one is None else one * people for one in (self.value, self.low, self.high)))


NOTHING = Lift(None, None, None)


def mean_lift(treated: Sums, held: Sums) -> Lift:
    """The difference of means (Welch): what each person brought more, in the unit of ``total``.

    Most people bring nothing and a few bring much. Where by chance hardly anybody of the smaller side did, its own
    variance would say that there is none, and the interval would be far too narrow: each side is taken to vary at
    least as much as the larger one does.
    """
    if treated.people < 2 or held.people < 2:
        return NOTHING
    least = _variance(max(treated, held, key=lambda side: side.people))
    parts = [(max(_variance(side), least) / side.people, side.people) for side in (treated, held)]
    value = treated.total / treated.people - held.total / held.people
    error2 = sum(part for part, _n in parts)
    if error2 <= 0:
        return Lift(value, value, value)
    freedom = error2**2 / sum(part**2 / (n - 1) for part, n in parts)
    half = student_quantile(0.975, freedom) * sqrt(error2)
    return Lift(value, value - half, value + half)


def share_lift(treated: Sums, held: Sums) -> Lift:
    """The difference of shares (Newcombe)."""
    if not treated.people or not held.people:
        return NOTHING
    interval = newcombe(treated.did, treated.people, held.did, held.people)
    return Lift(treated.did / treated.people - held.did / held.people, interval.low, interval.high)


def _variance(side: Sums) -> float:
    return max((side.squares - side.total**2 / side.people) / (side.people - 1), 0.0)
