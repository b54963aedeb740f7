"""活动推演: 10,000 runs of a month of helping, against a plain Python loop of the same model on fewer runs.

The loop knows no NumPy: one run after the other, one entry after the other, with Python's own random numbers. Both
follow the same rules (generations, delays, saturation, stages, budget); medians of three, the loop scaled to 10,000.
``difference_in_errors`` is how far the means of new members lie apart, in standard errors of the loop's: chance, both
are samples.
"""

import random
import statistics
import time
from collections.abc import Iterator
from decimal import Decimal
from math import exp, log
from typing import Any

RUNS, LOOPED, ROUNDS = 10_000, 200, 3


def run() -> Iterator[dict[str, Any]]:
    """One dict per mechanic."""
    from apps.analytics.simulation.engine import simulate
    from apps.analytics.simulation.priors import Priors
    from apps.analytics.simulation.setting import Setting
    from apps.analytics.simulation.summary import summarise
    from apps.campaigns.mechanics.registry import all_mechanics

    for key, mechanic in all_mechanics().items():
        rules = mechanic.rules_type()
        shape = mechanic.forecast_shape(rules)
        prices = {slot.key: Decimal("2.00") for slot in mechanic.slots(rules)}
        setting = Setting(
            audience=20_000, seeds=50, reach=100_000, hours=168, budget=Decimal(20_000), prices=prices
        )
        taken = []
        for seed in range(ROUNDS):
            began = time.perf_counter()
            trial = simulate(shape, setting, Priors(), seed=seed, runs=RUNS)
            summarise(trial)
            taken.append(time.perf_counter() - began)
        line: dict[str, Any] = {"case": key, "runs": RUNS, "seconds": round(statistics.median(taken), 2)}
        if key == "assist":
            began = time.perf_counter()
            brought = [_plain_run(shape, setting, Priors(), random.Random(seed)) for seed in range(LOOPED)]
            loop = (time.perf_counter() - began) / LOOPED * RUNS
            ours = float(statistics.fmean(trial.new_members))
            line |= {
                "plain_loop_seconds": round(loop, 1),
                "times_faster": round(loop / statistics.median(taken), 1),
                "difference_in_errors": round(
                    (statistics.fmean(brought) - ours) / (statistics.stdev(brought) / LOOPED**0.5), 2
                ),
            }
        yield line


def _plain_run(shape: Any, setting: Any, priors: Any, rng: random.Random) -> int:
    """One run of a mechanic without orders, as one would write it; returns its new members."""

    def draw(prior: Any) -> float:
        if not prior.cases:
            return float(prior.mean)
        hits = prior.mean * prior.cases
        if prior.kind == "share":
            return rng.betavariate(hits, prior.cases - hits)
        return rng.gammavariate(hits, 1 / prior.cases)

    opens, invites, accepts = draw(priors.opens), draw(priors.invites), draw(priors.accepts)
    newcomers, passes_on = draw(priors.newcomers), draw(priors.passes_on)
    delay, attention = draw(priors.delay), draw(priors.attention)
    mean = invites * accepts * (newcomers if shape.is_new_only else 1)
    hours = min(setting.hours, 60)
    step_hours = setting.hours / hours
    openings = [0] * hours
    openings[0] = setting.seeds
    whole = 1 - exp(-setting.hours / attention)
    for _member in range(setting.audience - setting.seeds):
        if rng.random() < opens:
            at = -attention * log(1 - rng.random() * whole)
            openings[min(int(at / step_hours), hours - 1)] += 1
    room = setting.reach * max(shape.per_contributor, 1)
    used = new = 0
    money = None if setting.budget is None else int(setting.budget * 100)
    for step in range(hours):
        for _entry in range(openings[step]):
            wait = min(shape.hours or setting.hours, (hours - 1 - step) * step_hours)
            expected = mean * (1 - exp(-wait / delay)) * max(1 - used / room, 0)
            lam = rng.gammavariate(priors.spread, expected / priors.spread) if expected > 0 else 0.0
            count = min(_poisson(rng, lam), shape.seats)
            slots = shape.result(count, True).slots
            cost = int(sum(setting.prices.get(slot, 0) * times for slot, times in slots.items()) * 100)
            if money is not None:
                if cost > money:
                    count = cost = 0
                money -= cost
            used += count
            new += count
            for _friend in range(count):
                if rng.random() < passes_on:
                    later = rng.expovariate(1 / delay)
                    while later > wait:
                        later = rng.expovariate(1 / delay)
                    at = step + 1 + int(later / step_hours)
                    if at < hours:
                        openings[at] += 1
    return new


def _poisson(rng: random.Random, mean: float) -> int:
    limit, count, product = exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
