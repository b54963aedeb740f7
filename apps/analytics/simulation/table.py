"""What each possible end of an entry is worth, as arrays."""

from dataclasses import dataclass

import numpy as np

from apps.analytics.simulation.priors import Floats, Integers
from apps.analytics.simulation.setting import Setting
from apps.campaigns.mechanics.base.forecast import Payment, Result, Shape

#: Contributions that an entry is followed up to. One who brings more is counted with so many.
MOST_SEATS = 60


@dataclass(frozen=True)
class Table:
    """One column per end that an entry may come to: ``count`` contributions and what they lead to. Money in cents.

    The first column is an entry that nobody joins. ``splits`` is true where the winner may not pay: then the columns
    after ``seats + 1`` repeat the counts for those who do not.
    """

    seats: int
    count: Integers
    cost: Integers
    pays: Integers
    stock: Integers
    won: Integers
    splits: bool


def table_of(shape: Shape, setting: Setting) -> Table:
    """Asks the mechanic what every end leads to, at the setting's prices."""
    seats = min(shape.seats, MOST_SEATS)
    counts = range(seats + 1)
    splits = shape.payment == Payment.WINNER
    ends = [(count, shape.result(count, True)) for count in counts]
    if splits:
        ends += [(count, shape.result(count, False)) for count in counts]
    return Table(
        seats=seats,
        count=np.array([count for count, _end in ends]),
        cost=np.array([_cost(end, setting) for _count, end in ends]),
        pays=np.array([int(end.pays * 100) for _count, end in ends]),
        stock=np.array([end.stock for _count, end in ends]),
        won=np.array([end.won for _count, end in ends]),
        splits=splits,
    )


def _cost(end: Result, setting: Setting) -> int:
    return int(sum(setting.prices.get(slot, 0) * times for slot, times in end.slots.items()) * 100)


def chances(mean: Floats, spread: float, seats: int) -> Floats:
    """For each run the chance of 0, 1 … ``seats`` or more contributions: negative binomial with the run's ``mean``
    (Poisson for an infinite ``spread``), all beyond the last seat in the last column. Shape (runs, seats + 1)."""
    found = np.empty((len(mean), seats + 1))
    if np.isinf(spread):
        now = np.exp(-mean)
        for count in range(seats):
            found[:, count] = now
            now = now * mean / (count + 1)
    else:
        share = mean / (spread + mean)
        now = (1 - share) ** spread
        for count in range(seats):
            found[:, count] = now
            now = now * share * (spread + count) / (count + 1)
    found[:, seats] = np.clip(1 - found[:, :seats].sum(axis=1), 0, 1)
    found /= found.sum(axis=1, keepdims=True)
    return found
