"""Stock and budget."""

from dataclasses import dataclass

import numpy as np

from apps.analytics.simulation.draws import Drawn
from apps.analytics.simulation.priors import Integers
from apps.analytics.simulation.table import Table


@dataclass(frozen=True)
class Taken:
    """What the new entries of one step come to in each run, within stock and budget; money in cents."""

    opened: Integers
    count: Integers
    cost: Integers
    pays: Integers
    stock: Integers
    won: Integers
    out_of_stock: np.ndarray
    out_of_money: np.ndarray


def fitted(
    rng: np.random.Generator, drawn: Drawn, table: Table, stock_left: Integers, money_left: Integers
) -> Taken:
    """Of the new entries those that what is left allows, first come first served; never takes more than there is.

    An entry whose gifts do not fit brings nobody; if even opening it takes something that is not there, it is not
    opened.
    """
    ones = np.ones_like(table.count)
    columns = (ones, table.count, table.cost, table.pays, table.stock, table.won)
    sums = [drawn.total(column) for column in columns]
    short = (sums[4] > stock_left) | (sums[2] > money_left)
    no_stock, no_money = np.zeros(len(short), dtype=bool), np.zeros(len(short), dtype=bool)
    if short.any():
        rows = np.flatnonzero(short)
        turns = _Turns(rng, drawn.of(rows, len(ones)), table, stock_left[rows], money_left[rows])
        taken = turns.take()
        no_stock[rows], no_money[rows] = turns.no_stock, turns.no_money
        for total, column in zip(sums, columns, strict=True):
            total[rows] = taken @ column
    opened, count, cost, pays, stock, won = sums
    return Taken(opened, count, cost, pays, stock, won, no_stock, no_money)


class _Turns:
    """Entries ask one after the other, in random order, for what they need; each run (row) by itself.

    Only how many entries come to each end is known, and the order is drawn as far as it matters: where the next ones
    do not fit all together, half of them are drawn to come first, and so on down to the first that does not fit.
    """

    def __init__(
        self, rng: np.random.Generator, wanted: Integers, table: Table, stock: Integers, money: Integers
    ) -> None:
        self.rng, self.table = rng, table
        self.stock, self.money = stock.copy(), money.copy()
        self.no_stock, self.no_money = (np.zeros(len(wanted), dtype=bool) for _flag in range(2))
        free = (table.cost == 0) & (table.stock == 0)
        self.taken = np.where(free, wanted, 0)
        self.asking = wanted - self.taken
        self.is_opening_free = bool(free[0])

    def take(self) -> Integers:
        """How many entries of each end are taken: shape of what was wanted."""
        while True:
            self._turn_away()
            rows = np.flatnonzero(self.asking.any(axis=1))
            if not rows.size:
                return self.taken
            self._up_to_the_first_that_does_not_fit(rows)

    def _turn_away(self) -> None:
        """What is left only grows less: an end that does not fit now never will. It becomes the first one, an entry
        that nobody joins."""
        no_stock = (self.table.stock > self.stock[:, None]) & (self.asking > 0)
        no_money = (self.table.cost > self.money[:, None]) & (self.asking > 0)
        self.no_stock |= no_stock.any(axis=1)
        self.no_money |= no_money.any(axis=1)
        away = np.where(no_stock | no_money, self.asking, 0)
        self.asking -= away
        if self.is_opening_free:
            self.taken[:, 0] += away.sum(axis=1)
        else:
            fits = (self.table.stock[0] <= self.stock) & (self.table.cost[0] <= self.money)
            self.asking[:, 0] += np.where(fits, away.sum(axis=1), 0)

    def _up_to_the_first_that_does_not_fit(self, rows: Integers) -> None:
        block = self.asking[rows]
        while rows.size:
            fits = (block @ self.table.stock <= self.stock[rows]) & (
                block @ self.table.cost <= self.money[rows]
            )
            self._give(rows[fits], block[fits])
            rows, block = rows[~fits], block[~fits]
            several = block.sum(axis=1) > 1
            rows, block = rows[several], block[several]
            if not rows.size:
                return
            half = _some(self.rng, block, block.sum(axis=1) // 2)
            fits = (half @ self.table.stock <= self.stock[rows]) & (
                half @ self.table.cost <= self.money[rows]
            )
            self._give(rows[fits], half[fits])
            block = np.where(fits[:, None], block - half, half)

    def _give(self, rows: Integers, block: Integers) -> None:
        self.taken[rows] += block
        self.asking[rows] -= block
        self.stock[rows] -= block @ self.table.stock
        self.money[rows] -= block @ self.table.cost


def _some(rng: np.random.Generator, counts: Integers, size: Integers) -> Integers:
    """``size`` of each row's entries, drawn without putting back: how many of each end."""
    found = np.zeros_like(counts)
    rest, size = counts.sum(axis=1), size.copy()
    for end in np.flatnonzero(counts.any(axis=0)):
        rest -= counts[:, end]
        found[:, end] = rng.hypergeometric(counts[:, end], rest, size)
        size -= found[:, end]
    return found
