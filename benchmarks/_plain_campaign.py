"""One run of a campaign as one would write it down: entry by entry, contribution by contribution, with Python's own
random numbers. The reference of ``apps.analytics.simulation``: the same model, nothing of its code."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import fmean, pvariance
from typing import Any

from apps.campaigns.mechanics.base.forecast import Payment

MOST_STEPS, MOST_SEATS = 60, 60


@dataclass
class Came:
    """What came of one run; money in cents."""

    entries: int = 0
    contributions: int = 0
    successes: int = 0
    new_members: int = 0
    cost: int = 0
    revenue: int = 0
    stock_used: int = 0
    new_halfway: int = 0


def play(shape: Any, setting: Any, priors: Any, rng: random.Random) -> Came:
    """Without prizes by rank and without a holdout; ``setting.reach`` must be known."""
    return _Run(shape, setting, priors, rng).play()


def compared(trial: Any, runs: Sequence[Came]) -> dict[str, float]:
    """For each figure that varies: how far the trial's mean lies above that of ``runs``, in joint standard errors."""
    half = trial.new_over_time.shape[1] // 2
    ours = {
        "entries": trial.entries,
        "contributions": trial.contributions,
        "successes": trial.successes,
        "new_members": trial.new_members,
        "cost": trial.cost * 100,
        "revenue": trial.revenue * 100,
        "stock_used": trial.stock_used,
        "new_halfway": trial.new_over_time[:, half],
    }
    found = {}
    for name, values in ours.items():
        theirs = [getattr(one, name) for one in runs]
        error = sqrt(float(values.var()) / len(values) + pvariance(theirs) / len(theirs))
        # What a limit holds to one number differs in its last digit only.
        if error > 1e-6 * max(1.0, abs(float(values.mean()))):
            found[name] = (float(values.mean()) - fmean(theirs)) / error
    return found


class _Run:
    opens: float
    invites: float
    accepts: float
    newcomers: float
    passes_on: float
    pays: float
    delay: float
    attention: float

    def __init__(self, shape: Any, setting: Any, priors: Any, rng: random.Random) -> None:
        self.shape, self.setting, self.rng, self.spread = shape, setting, rng, priors.spread
        names = ("opens", "invites", "accepts", "newcomers", "passes_on", "pays", "delay", "attention")
        for name in names:
            setattr(self, name, _drawn(getattr(priors, name), rng))
        self.seats = min(shape.seats, MOST_SEATS)
        self.steps = min(setting.hours, MOST_STEPS)
        self.step_hours = setting.hours / self.steps
        self.people = setting.reach if shape.is_new_only else setting.reach + setting.audience
        self.came = Came()
        self.landing: list[int] = [0] * (self.steps + 1)
        self.used = 0
        self.stock = inf if setting.stock is None else setting.stock
        self.money = inf if setting.budget is None else int(setting.budget * 100)

    def play(self) -> Came:
        openings = self._of_their_own()
        for step in range(self.steps):
            openings[step] += self._land(self.landing[step])
            for _opener in range(openings[step]):
                self._open(step)
            if step == self.steps // 2:
                self.came.new_halfway = self.came.new_members
        return self.came

    def _of_their_own(self) -> list[int]:
        found = [0] * self.steps
        found[0] = self.setting.seeds
        whole = 1 - exp(-self.setting.hours / self.attention)
        for _member in range(self.setting.audience - self.setting.seeds):
            if self.rng.random() < self.opens:
                at = -self.attention * log(1 - self.rng.random() * whole)
                found[min(int(at / self.step_hours), self.steps - 1)] += 1
        return found

    def _land(self, count: int) -> int:
        """Contributions arrive; how many of those people open an entry now."""
        came, passing = self.came, 0
        reach, each = self.setting.reach, max(self.shape.per_contributor, 1)
        for _friend in range(count):
            if self.shape.is_new_only:
                new = (reach - came.new_members) * each / max(reach * each - came.contributions, 1)
            else:
                new = self.newcomers * (1 - came.new_members / reach)
            came.contributions += 1
            came.new_members += self.rng.random() < new
            passing += self.rng.random() < self.passes_on
        return passing

    def _open(self, step: int) -> None:
        shape, rng, came = self.shape, self.rng, self.came
        if shape.payment in (Payment.OPENER, Payment.EVERYBODY) and rng.random() >= self.pays:
            return
        left = (self.steps - 1 - step) * self.step_hours
        wait = min(shape.hours or left, left)
        count = self._count(wait)
        has_paid = shape.payment != Payment.WINNER or rng.random() < self.pays
        end = shape.result(count, has_paid)
        if not self._fits(end):
            end = shape.result(0, has_paid)
            count = 0
            if not self._fits(end):
                return
        cost = self._cost(end)
        self.money -= cost
        self.stock -= end.stock
        self.used += count
        came.entries += 1
        came.cost += cost
        came.revenue += int(end.pays * 100)
        came.stock_used += end.stock
        came.successes += end.won
        for _friend in range(count):
            later = self._delay(wait)
            at = step + 1 + int(later / self.step_hours)
            self.landing[min(at, self.steps - 1)] += 1

    def _count(self, wait: float) -> int:
        """Negative binomial, less those whom others have had, up to the seats."""
        shape = self.shape
        mean = self.invites * self.accepts
        if shape.is_new_only:
            mean *= self.newcomers
        if shape.payment == Payment.EVERYBODY:
            mean *= self.pays
        mean *= 1 - exp(-wait / self.delay) if self.delay else wait > 0
        mean *= max(1 - self.used / (self.people * max(shape.per_contributor, 1)), 0)
        if not mean:
            return 0
        lam = mean if self.spread == inf else self.rng.gammavariate(self.spread, mean / self.spread)
        return min(_poisson(self.rng, lam), self.seats)

    def _delay(self, wait: float) -> float:
        """Exponential, given that it is over in time."""
        if not self.delay:
            return 0.0
        inside = 1 - exp(-wait / self.delay)
        return min(-self.delay * log(1 - self.rng.random() * inside), wait * (1 - 1e-12))

    def _cost(self, end: Any) -> int:
        return int(sum(self.setting.prices.get(slot, 0) * times for slot, times in end.slots.items()) * 100)

    def _fits(self, end: Any) -> bool:
        return end.stock <= self.stock and self._cost(end) <= self.money


def _drawn(prior: Any, rng: random.Random) -> float:
    if not prior.cases or not prior.mean or (prior.kind == "share" and prior.mean == 1):
        return float(prior.mean)
    hits = prior.mean * prior.cases
    if prior.kind == "share":
        return rng.betavariate(hits, prior.cases - hits)
    return rng.gammavariate(hits, 1 / prior.cases)


def _poisson(rng: random.Random, mean: float) -> int:
    """By counting in pieces of at most 30, beyond which e^−mean loses its digits."""
    count = 0
    while mean > 30:
        count += _poisson(rng, 30.0)
        mean -= 30
    limit, product = exp(-mean), rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
