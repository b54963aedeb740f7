"""The Monte Carlo: all runs advance together, step by step through the window.

In each step contributions land, some of those people go on to open entries, others of the audience open of their own
accord, and for the new entries it is drawn how many contributions each will get in time and what that leads to. An
entry's rewards, stock and budget are set aside when it opens, so that neither stock nor budget is ever passed; they
show over time as its contributions land.
"""

from dataclasses import dataclass

import numpy as np

from apps.analytics.simulation.draws import draw_ends, draw_landings
from apps.analytics.simulation.limits import fitted
from apps.analytics.simulation.priors import PRIOR_NAMES, Floats, Integers, Priors
from apps.analytics.simulation.setting import Setting
from apps.analytics.simulation.table import table_of
from apps.campaigns.mechanics.base.forecast import Payment, Shape

#: Steps that a window is cut into at most.
MOST_STEPS = 60
#: Nobody brings more people than this, even where no limit is set.
MOST_PEOPLE = 10_000_000


@dataclass(frozen=True)
class Trial:
    """What came of each run: arrays of one number per run, money in yuan; ``new_over_time`` and ``entries_over_time``
    are cumulative, shape (runs, steps), at the ends of the steps (``hours``). ``stock_out`` is the hour when the last
    unit was gone, NaN where it was not; ``budget_reached``: more would have been given had there been money.
    ``believed`` holds the values that each run drew from the priors, by name."""

    entries: Integers
    contributions: Integers
    successes: Integers
    new_members: Integers
    cost: Floats
    revenue: Floats
    stock_used: Integers
    stock_out: Floats
    budget_reached: np.ndarray
    hours: Floats
    new_over_time: Integers
    entries_over_time: Integers
    believed: dict[str, Floats]

    @property
    def roi(self) -> Floats:
        """(revenue − cost) / cost; NaN where nothing was spent."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.cost > 0, (self.revenue - self.cost) / self.cost, np.nan)


def simulate(shape: Shape, setting: Setting, priors: Priors, *, seed: int, runs: int = 10_000) -> Trial:
    """Play ``runs`` runs. The same arguments give the same numbers; different rules with the same ``seed`` meet the
    same people (common random numbers)."""
    believed = {
        name: getattr(priors, name).draw(_stream(seed, 1, number), runs)
        for number, name in enumerate(PRIOR_NAMES)
    }
    return _Play(shape, setting, priors.spread, believed, seed, runs).play()


def _stream(*names: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(names)))


class _Play:
    def __init__(
        self,
        shape: Shape,
        setting: Setting,
        spread: float,
        believed: dict[str, Floats],
        seed: int,
        runs: int,
    ) -> None:
        self.shape, self.setting, self.spread, self.believed = shape, setting, spread, believed
        self.seed, self.runs = seed, runs
        self.table = table_of(shape, setting)
        self.steps = min(setting.hours, MOST_STEPS)
        self.step_hours = setting.hours / self.steps
        self.reach = MOST_PEOPLE if setting.reach is None else min(setting.reach, MOST_PEOPLE)
        self.audience = round(setting.audience * (1 - setting.holdout))
        self.seeds = round(setting.seeds * (1 - setting.holdout))
        #: Delays by step: how many of them go into one.
        self.pace = self.step_hours / np.maximum(believed["delay"], 1e-9)
        self.came = believed["invites"] * believed["accepts"]
        if shape.is_new_only:
            self.came = self.came * believed["newcomers"]
        if shape.payment == Payment.EVERYBODY:
            self.came = self.came * believed["pays"]
        self._begin()

    def _begin(self) -> None:
        def zeros() -> Integers:
            return np.zeros(self.runs, dtype=np.int64)

        self.entries, self.contributions, self.new, self.won = zeros(), zeros(), zeros(), zeros()
        self.left = np.full(self.runs, self.audience - self.seeds)
        #: Contributions that will come, in all and by step, and the units that come with them.
        self.coming = zeros()
        self.due = np.zeros((self.runs, self.steps), dtype=np.int64)
        self.coming_stock = np.zeros(self.runs)
        self.cost, self.pays, self.stock, self.landed_stock = zeros(), zeros(), zeros(), np.zeros(self.runs)
        none = np.iinfo(np.int64).max
        limit = self.setting
        self.stock_left = np.full(self.runs, none if limit.stock is None else limit.stock)
        self.money_left = np.full(self.runs, none if limit.budget is None else int(limit.budget * 100))
        self.out_of_stock = np.zeros(self.runs, dtype=bool)
        self.out_of_money = np.zeros(self.runs, dtype=bool)
        self.stock_out = np.full(self.runs, np.nan)

    def play(self) -> Trial:
        new_over_time = np.empty((self.runs, self.steps), dtype=np.int64)
        entries_over_time = np.empty((self.runs, self.steps), dtype=np.int64)
        own = self._own_shares()
        for step in range(self.steps):
            passing = self._land(step) if step else np.zeros(self.runs, dtype=np.int64)
            opening = _stream(self.seed, 3, step).binomial(self.left, own[step])
            self.left -= opening
            opening = opening + passing + (self.seeds if step == 0 else 0)
            if self.shape.payment in (Payment.OPENER, Payment.EVERYBODY):
                opening = _stream(self.seed, 4, step).binomial(opening, self.believed["pays"])
            self._open(step, opening)
            self._note_stock_out(step)
            new_over_time[:, step], entries_over_time[:, step] = self.new, self.entries
        self._give_prizes()
        each = self.shape.entries_per_open
        return Trial(
            entries=self.entries * each,
            contributions=self.contributions,
            successes=self.won,
            new_members=self.new,
            cost=self.cost / 100,
            revenue=self.pays / 100,
            stock_used=self.stock,
            stock_out=self.stock_out,
            budget_reached=self.out_of_money,
            hours=np.arange(1, self.steps + 1, dtype=np.float64) * self.step_hours,
            new_over_time=new_over_time,
            entries_over_time=entries_over_time * each,
            believed=self.believed,
        )

    def _own_shares(self) -> list[Floats]:
        """For each step: the chance that somebody of the audience who has not yet opened does so now."""
        attention = np.maximum(self.believed["attention"], 1e-9)
        edges = np.arange(self.steps + 1) * self.step_hours
        seen = -np.expm1(-edges[:, None] / attention[None, :])
        seen /= seen[-1]
        share = self.believed["opens"]
        return [
            np.clip(share * (seen[n + 1] - seen[n]) / np.maximum(1 - share * seen[n], 1e-12), 0, 1)
            for n in range(self.steps)
        ]

    def _land(self, step: int) -> Integers:
        """Contributions of earlier steps arrive; returns how many of those people open an entry now."""
        landed = self.due[:, step]
        part = landed / np.maximum(self.coming, 1)
        self.landed_stock += self.coming_stock * part
        self.coming_stock -= self.coming_stock * part
        self.coming -= landed
        newcomers = self._newcomers(landed)
        self.contributions += landed
        came = _stream(self.seed, 6, step).binomial(landed, newcomers)
        self.new = np.minimum(self.new + came, int(self.reach))
        return _stream(self.seed, 7, step).binomial(landed, self.believed["passes_on"])

    def _newcomers(self, landed: Integers) -> Floats:
        """The chance that somebody who contributes now does so for the first time, and is new to us."""
        if not self.shape.is_new_only:
            return self.believed["newcomers"] * np.clip(1 - self.new / max(self.reach, 1), 0, 1)
        # Each of so many people has as many contributions to make: whoever has made none yet keeps all of theirs
        # through these with the power of the share that is left.
        each = max(self.shape.per_contributor, 1)
        before = np.clip(self.reach * each - self.contributions, 0, None)
        after = np.clip(before - landed, 0, None)
        first = np.clip(self.reach - self.new, 0, None) * (1 - (after / np.maximum(before, 1)) ** each)
        return np.clip(first / np.maximum(landed, 1), 0, 1)

    def _thinned(self, opening: Integers, mean: Floats) -> Floats:
        """``mean`` contributions per new entry, less those whom others have had: of so many calls on the people there
        are, some meet the same person, and some one who has helped already."""
        people = self.reach if self.shape.is_new_only else self.reach + self.audience
        room = max(people * max(self.shape.per_contributor, 1), 1e-9)
        left = np.clip(room - self.contributions - self.coming, 0, None)
        calls = opening * mean
        reached = left * -np.expm1(-calls / room)
        return np.where(calls > 0, reached / np.maximum(opening, 1), 0.0)

    def _open(self, step: int, opening: Integers) -> None:
        if not opening.any():
            return
        steps_left = self.steps - 1 - step
        ahead = min(self.shape.hours / self.step_hours or steps_left, steps_left)
        in_time = -np.expm1(-self.pace * ahead)
        drawn = draw_ends(
            _stream(self.seed, 8, step),
            opening,
            self._thinned(opening, self.came * in_time),
            self.spread,
            self.believed["pays"],
            self.table,
        )
        taken = fitted(_stream(self.seed, 9, step), drawn, self.table, self.stock_left, self.money_left)
        self.out_of_stock |= taken.out_of_stock
        self.out_of_money |= taken.out_of_money
        self.entries += taken.opened
        self.cost += taken.cost
        self.pays += taken.pays
        self.won += taken.won
        self.stock += taken.stock
        self.stock_left -= taken.stock
        self.money_left -= taken.cost
        at_once = taken.opened * self.table.stock[0]
        self.landed_stock += at_once
        self.coming_stock += taken.stock - at_once
        self.coming += taken.count
        if taken.count.any():
            landings = draw_landings(_stream(self.seed, 10, step), taken.count, self.pace, ahead)
            self.due[:, step + 1 : step + 1 + landings.shape[1]] += landings

    def _note_stock_out(self, step: int) -> None:
        if self.setting.stock is None:
            return
        gone = self.out_of_stock & np.isnan(self.stock_out) & (self.landed_stock >= self.stock * 0.999)
        self.stock_out[gone] = (step + 1) * self.step_hours

    def _give_prizes(self) -> None:
        """Ranked mechanics: so many prizes as there are candidates, the best ranks first, while there is money."""
        if not self.setting.prizes:
            return
        candidates, self.won = self.won, np.zeros(self.runs, dtype=np.int64)
        for prize in self.setting.prizes:
            each = int(prize.cost * 100)
            count = np.clip(candidates - prize.first + 1, 0, prize.last - prize.first + 1)
            given = np.minimum(count, self.money_left // each) if each else count
            self.out_of_money |= given < count
            self.cost += given * each
            self.money_left -= given * each
            self.won = np.maximum(self.won, np.minimum(candidates, prize.last))
