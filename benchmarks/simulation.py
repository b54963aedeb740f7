"""活动推演: 10,000 runs of a week of each mechanic, against a plain Python loop of the same model on fewer runs.

The loop (``_plain_campaign``) knows no NumPy: one run after the other, one entry after the other, with Python's own
random numbers; medians of three, the loop scaled to 10,000.

``difference_in_errors`` is how far the means of the figure that agrees least lie apart, in joint standard errors, of
``figures`` looked at: within 3 or so it is chance. It is read from runs that take the beliefs' means for certain: what
is believed varies so much that a mean over a few hundred runs hangs on the few wild ones among them.
"""

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from benchmarks._plain_campaign import compared, play

RUNS, LOOPED, AGREEING, ROUNDS = 10_000, 100, 1_000, 3
_LOOPED = ("assist", "bargain", "group_buy")


def run() -> Iterator[dict[str, Any]]:
    """One dict per mechanic."""
    from apps.analytics.simulation.engine import simulate
    from apps.analytics.simulation.priors import PRIOR_NAMES, Priors
    from apps.analytics.simulation.setting import Setting
    from apps.analytics.simulation.summary import summarise
    from apps.campaigns.mechanics.registry import all_mechanics

    certain = Priors()
    for name in PRIOR_NAMES:
        certain = certain.having(name, replace(getattr(certain, name), cases=0))
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
            summarise(simulate(shape, setting, Priors(), seed=seed, runs=RUNS))
            taken.append(time.perf_counter() - began)
        line: dict[str, Any] = {"case": key, "runs": RUNS, "seconds": round(statistics.median(taken), 2)}
        if key in _LOOPED:
            began = time.perf_counter()
            for seed in range(LOOPED):
                play(shape, setting, Priors(), random.Random(seed))
            loop = (time.perf_counter() - began) / LOOPED * RUNS
            small = replace(setting, audience=2_000, seeds=20, reach=5_000, budget=Decimal(300))
            trial = simulate(shape, small, certain, seed=1, runs=RUNS)
            apart = compared(
                trial, [play(shape, small, certain, random.Random(seed)) for seed in range(AGREEING)]
            )
            line |= {
                "plain_loop_seconds": round(loop, 1),
                "times_faster": round(loop / statistics.median(taken), 1),
                "figures": len(apart),
                "difference_in_errors": round(max(apart.values(), key=lambda one: abs(one)), 2),
            }
        yield line
