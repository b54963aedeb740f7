"""When a copied group has become what its model was (复制)."""

from dataclasses import dataclass
from decimal import Decimal

#: The days from the first member that a group and its model are compared by.
FIRST_DAYS = 30
#: A copy has made it with four fifths of each of its model's figures.
_ENOUGH = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Start:
    """A group's first days: members who joined, members with an own act in it, net revenue in yuan."""

    joined: int
    active: int
    revenue: Decimal


def reaches(copy: Start, model: Start) -> bool:
    """Whether ``copy`` has at least 80 % of every figure of ``model``."""
    return (
        copy.joined >= _ENOUGH * model.joined
        and copy.active >= _ENOUGH * model.active
        and copy.revenue >= _ENOUGH * model.revenue
    )
