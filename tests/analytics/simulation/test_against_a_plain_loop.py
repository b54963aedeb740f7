"""活动推演 against the same model written as a plain loop: where stock, budget, time and people bind, in any mechanic.

Both sides are seeded, so that the numbers are always the same. What is believed is certain: a bias of a few percent
would drown in the spread of beliefs.
"""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.analytics.simulation.engine import simulate
from apps.analytics.simulation.priors import Priors, rate, share
from apps.analytics.simulation.setting import Setting
from apps.campaigns.mechanics.registry import all_mechanics
from benchmarks._plain_campaign import compared, play

PRIORS = Priors(
    opens=share(0.05),
    invites=rate(8.0),
    accepts=share(0.35),
    newcomers=share(0.5),
    passes_on=share(0.3),
    pays=share(0.6),
    delay=rate(12.0),
    attention=rate(24.0),
    spread=0.8,
)
SETTING = Setting(audience=400, seeds=40, reach=2_000, hours=72)
CASES = {
    "nothing binds": ("assist", {}, {}, {}),
    "entries end before their friends come": ("assist", {"hours": 12}, {}, {"delay": rate(40.0)}),
    "the money is gone at once": ("assist", {}, {"seeds": 300, "budget": Decimal(250)}, {}),
    "money goes little by little, opening costs some": ("coupon", {}, {"budget": Decimal(250)}, {}),
    "most people have helped": ("assist", {}, {"reach": 120}, {}),
    "few units, winners may not pay": ("bargain", {}, {"stock": 2}, {"invites": rate(20.0)}),
    "everybody pays, prices by size": ("group_buy", {}, {"stock": 30}, {}),
    "the opener pays": ("gift", {}, {}, {}),
}
ENGINE_RUNS, LOOP_RUNS = 1_500, 120


def apart(case, *, loop=LOOP_RUNS, **believed):
    key, raw, limits, priors = CASES[case]
    mechanic = all_mechanics()[key]
    rules = mechanic.rules_type.load(raw)
    shape = mechanic.forecast_shape(rules)
    prices = {slot.key: Decimal("2.00") for slot in mechanic.slots(rules)}
    setting, priors = replace(SETTING, prices=prices, **limits), replace(PRIORS, **priors)
    trial = simulate(shape, setting, replace(priors, **believed), seed=7, runs=ENGINE_RUNS)
    return compared(trial, [play(shape, setting, priors, random.Random(seed)) for seed in range(loop)])


@pytest.mark.parametrize("case", CASES)
def test_every_figure_has_the_mean_of_the_plain_loop(case):
    found = apart(case)
    assert len(found) >= 4
    assert all(abs(errors) < 4 for errors in found.values()), found


def test_a_bias_of_one_in_ten_would_be_seen():
    """The control: one side believes in ten percent more helpers."""
    found = apart("nothing binds", invites=rate(8.8))
    assert found["contributions"] > 4
