"""How many contributions new entries get, and when they come: drawn one by one where they are few, by category where
they are many."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from apps.analytics.simulation.priors import Floats, Integers
from apps.analytics.simulation.table import Table, chances

#: Up to so many new entries a run and step, drawing each is cheaper than drawing how many came to each end.
FEW = 20


@dataclass(frozen=True)
class Each:
    """Entry by entry: ``run`` it belongs to, and its ``end`` (a column of the table)."""

    run: Integers
    end: Integers
    runs: int

    def total(self, column: Integers) -> Integers:
        """The sum of a column of the table over each run's entries."""
        return np.bincount(self.run, weights=column[self.end], minlength=self.runs).astype(np.int64)

    def of(self, rows: Integers, ends: int) -> Integers:
        """How many entries of each of the runs ``rows`` came to each end: shape (len(rows), ends)."""
        place = np.full(self.runs, -1)
        place[rows] = np.arange(len(rows))
        where = place[self.run]
        mine = where >= 0
        flat = np.bincount(where[mine] * ends + self.end[mine], minlength=len(rows) * ends)
        return flat.reshape(len(rows), ends)


@dataclass(frozen=True)
class Counted:
    """The same as counts, shape (runs, ends)."""

    counts: Integers

    def total(self, column: Integers) -> Integers:
        return self.counts @ column

    def of(self, rows: Integers, ends: int) -> Integers:
        return self.counts[rows]


type Drawn = Each | Counted


def draw_ends(
    rng: np.random.Generator, opening: Integers, mean: Floats, spread: float, pays: Floats, table: Table
) -> Drawn:
    """The ends of ``opening`` new entries of each run, whose contributions have ``mean`` and ``spread``; ``pays`` is
    the chance that a winner does."""
    if opening.sum() > FEW * len(opening):
        chance = chances(mean, spread, table.seats)
        if table.splits:
            chance = np.hstack([chance * pays[:, None], chance * (1 - pays[:, None])])
        return Counted(rng.multinomial(opening, chance))
    run = np.repeat(np.arange(len(opening)), opening)
    each = mean[run]
    if np.isfinite(spread):
        each = rng.gamma(spread, each / spread)
    end = np.minimum(rng.poisson(each), table.seats)
    if table.splits:
        end = np.where(rng.random(len(end)) < pays[run], end, end + table.seats + 1)
    return Each(run, end, len(opening))


def draw_landings(rng: np.random.Generator, count: Integers, pace: Floats, ahead: float) -> Integers:
    """When ``count`` contributions of each run come, all of them within ``ahead`` steps: exponential delays of ``pace``
    per step, cut off there. How many come in each step from the next one on: shape (runs, ⌈ahead⌉)."""
    width = ceil(ahead)
    whole = -np.expm1(-pace * ahead)
    if count.sum() > FEW * len(count):
        edges = np.minimum(np.arange(width + 1), ahead)
        chance = np.diff(-np.expm1(-pace[:, None] * edges), axis=1)
        return rng.multinomial(count, chance / chance.sum(axis=1, keepdims=True))
    run = np.repeat(np.arange(len(count)), count)
    later = -np.log1p(-rng.random(len(run)) * whole[run]) / pace[run]
    step = np.minimum(later.astype(np.int64), width - 1)
    return np.bincount(run * width + step, minlength=len(count) * width).reshape(len(count), width)
