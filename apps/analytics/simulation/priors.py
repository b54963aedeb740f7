"""What is believed of how people behave, each with how sure one is of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]


class Kind(StrEnum):
    SHARE = "share"  # between 0 and 1: beta
    RATE = "rate"  # 0 or more: gamma


class Source(StrEnum):
    ASSUMED = "assumed"
    HISTORY = "history"
    TYPED = "typed"


@dataclass(frozen=True)
class Prior:
    """A belief about a share or a rate: its ``mean``, and the number of ``cases`` that it is worth.

    A share is beta with ``mean · cases`` hits of ``cases``, a rate gamma with ``mean · cases`` events in ``cases``
    trials: what counting them would leave one with. ``cases`` 0 stands for certainty. ``source`` says where it is
    from, ``seen`` how many cases of our own were counted.
    """

    kind: Kind
    mean: float
    cases: float
    source: Source = Source.ASSUMED
    seen: int = 0

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean) or self.mean < 0 or self.cases < 0:
            raise ValueError(f"{self.mean} of {self.cases} cases")
        if self.kind == Kind.SHARE and self.mean > 1:
            raise ValueError(f"a share of {self.mean}")

    def draw(self, rng: np.random.Generator, runs: int) -> Floats:
        """One value for each of ``runs`` runs."""
        if not self.cases or not self.mean or (self.kind == Kind.SHARE and self.mean == 1):
            return np.full(runs, self.mean)
        hits = self.mean * self.cases
        if self.kind == Kind.SHARE:
            return rng.beta(hits, self.cases - hits, runs)
        return rng.gamma(hits, 1 / self.cases, runs)

    def updated(self, hits: float, cases: int) -> "Prior":
        """The same after ``hits`` were counted in ``cases`` of our own: belief and evidence added up."""
        if cases <= 0:
            return self
        total = self.cases + cases
        mean = (self.mean * self.cases + hits) / total
        return Prior(self.kind, mean, total, Source.HISTORY, cases)

    def dump(self) -> dict[str, Any]:
        return {"mean": self.mean, "cases": self.cases, "source": self.source.value, "seen": self.seen}


def share(mean: float, cases: float = 0) -> Prior:
    return Prior(Kind.SHARE, mean, cases)


def rate(mean: float, cases: float = 0) -> Prior:
    return Prior(Kind.RATE, mean, cases)


@dataclass(frozen=True)
class Priors:
    """``opens``: share of the audience that opens an entry of its own accord. ``invites``: people that one opener
    asks; ``accepts``: share of those who come. ``newcomers``: share of contributors who are new to us. ``passes_on``:
    share of contributors who go on to open an entry. ``pays``: share who pay when it comes to it. ``delay``: hours
    from opening to a contribution, on average; ``attention``: hours in which most of the audience sees it.

    ``spread``: how alike openers are. The number that one brings is negative binomial with this size: below 1 a few
    bring most; infinite is Poisson.

    The defaults are assumptions of the house, wide on purpose: no published figure stands behind them.
    """

    opens: Prior = field(default=share(0.03, 60))
    invites: Prior = field(default=rate(8.0, 3))
    accepts: Prior = field(default=share(0.35, 30))
    newcomers: Prior = field(default=share(0.50, 12))
    passes_on: Prior = field(default=share(0.15, 20))
    pays: Prior = field(default=share(0.60, 15))
    delay: Prior = field(default=rate(10.0, 0.8))
    attention: Prior = field(default=rate(24.0, 0.5))
    spread: float = 0.8

    def dump(self) -> dict[str, Any]:
        """JSON that ``load`` reads back."""
        plain = {name: getattr(self, name).dump() for name in PRIOR_NAMES}
        return {**plain, "spread": self.spread if np.isfinite(self.spread) else None}

    def having(self, name: str, prior: Prior) -> Self:
        """The same with another belief of that name."""
        changes: dict[str, Any] = {name: prior}
        return replace(self, **changes)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """Names that are missing take their defaults. Raises ``ValueError``, ``TypeError`` or ``KeyError``."""
        priors = cls()
        for name in PRIOR_NAMES:
            if name in data:
                old, raw = getattr(priors, name), data[name]
                source = Source(raw.get("source", Source.ASSUMED))
                new = Prior(
                    old.kind, float(raw["mean"]), float(raw["cases"]), source, int(raw.get("seen", 0))
                )
                priors = priors.having(name, new)
        if "spread" in data:
            spread = data["spread"]
            priors = replace(priors, spread=float("inf") if spread is None else float(spread))
        return priors


PRIOR_NAMES: tuple[str, ...] = tuple(item.name for item in fields(Priors) if item.name != "spread")
