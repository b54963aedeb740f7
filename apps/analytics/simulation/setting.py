"""What surrounds the rules: how many people, how long, how much there is to give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True)
class Prize:
    """``cost`` yuan for each rank from ``first`` to ``last``."""

    first: int
    last: int
    cost: Decimal


@dataclass(frozen=True)
class Setting:
    """``audience``: members who may see it. ``seeds``: members who are certain to begin at once. ``reach``: people
    outside who could be brought at all, ``None`` for no limit. ``hours``: the run's window. ``stock`` and ``budget``
    (yuan) as the run has them, ``None`` for no limit. ``prices``: yuan that each slot's benefits cost. ``prizes``:
    by rank at the end. ``holdout``: share of the audience that the run is not open to."""

    audience: int
    seeds: int = 0
    reach: int | None = None
    hours: int = 72
    stock: int | None = None
    budget: Decimal | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    prizes: tuple[Prize, ...] = ()
    holdout: float = 0.0

    def __post_init__(self) -> None:
        if min(self.audience, self.seeds) < 0 or self.hours < 1 or self.seeds > self.audience:
            raise ValueError(f"{self.seeds} of {self.audience} for {self.hours} hours")
        if not 0 <= self.holdout < 1:
            raise ValueError(f"a holdout of {self.holdout}")

    def dump(self) -> dict[str, Any]:
        """JSON that ``load`` reads back; money as text."""
        return {
            "audience": self.audience,
            "seeds": self.seeds,
            "reach": self.reach,
            "hours": self.hours,
            "stock": self.stock,
            "budget": None if self.budget is None else str(self.budget),
            "prices": {slot: str(price) for slot, price in self.prices.items()},
            "prizes": [[prize.first, prize.last, str(prize.cost)] for prize in self.prizes],
            "holdout": self.holdout,
        }

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        """Raises ``KeyError``, ``TypeError``, ``ValueError`` for what ``dump`` did not write."""
        return cls(
            audience=int(data["audience"]),
            seeds=int(data["seeds"]),
            reach=None if data["reach"] is None else int(data["reach"]),
            hours=int(data["hours"]),
            stock=None if data["stock"] is None else int(data["stock"]),
            budget=None if data["budget"] is None else Decimal(data["budget"]),
            prices={slot: Decimal(price) for slot, price in data["prices"].items()},
            prizes=tuple(Prize(first, last, Decimal(cost)) for first, last, cost in data["prizes"]),
            holdout=float(data["holdout"]),
        )
