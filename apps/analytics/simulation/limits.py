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


def fitted(drawn: Drawn, table: Table, stock_left: Integers, money_left: Integers) -> Taken:
    """Of the new entries those that what is left allows; never takes more than there is.

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
        wanted = drawn.of(rows, len(ones))
        taken, no_stock[rows], no_money[rows] = _greedy(wanted, table, stock_left[rows], money_left[rows])
        for total, column in zip(sums, columns, strict=True):
            total[rows] = taken @ column
    opened, count, cost, pays, stock, won = sums
    return Taken(opened, count, cost, pays, stock, won, no_stock, no_money)


def _greedy(
    wanted: Integers, table: Table, stock: Integers, money: Integers
) -> tuple[Integers, np.ndarray, np.ndarray]:
    taken = np.zeros_like(wanted)
    no_stock, no_money = np.zeros(len(wanted), dtype=bool), np.zeros(len(wanted), dtype=bool)
    for end in range(wanted.shape[1]):
        units, cents, most = table.stock[end], table.cost[end], wanted[:, end]
        by_stock = stock // units if units else most
        by_money = money // cents if cents else most
        fits = np.minimum(np.minimum(most, by_stock), by_money)
        no_stock |= by_stock < most
        no_money |= by_money < most
        taken[:, end] = fits
        stock, money = stock - fits * units, money - fits * cents
    if not table.cost[0] and not table.stock[0]:
        taken[:, 0] += (wanted - taken).sum(axis=1)
    return taken, no_stock, no_money
