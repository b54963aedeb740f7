"""活动推演 against the mechanics themselves: a small crowd that behaves as the priors say plays through the engine."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from apps.accounts.enums import Role
from apps.analytics.selectors.forecasts import actual_of
from apps.analytics.selectors.priors import dispersion_of, priors_of
from apps.analytics.services.rolling import rebuild
from apps.analytics.simulation.engine import simulate
from apps.analytics.simulation.priors import Priors, Source, rate, share
from apps.analytics.simulation.setting import Setting
from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Run
from apps.campaigns.services.engine import act, open_entry
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_members, make_run

pytestmark = pytest.mark.django_db

SEEDS, K, PASSES_ON = 12, 1.3, 0.4


def crowd(run: Run, verb: str, now: datetime, rng: random.Random) -> int:
    """Seeds open entries; each brings Poisson(K) newcomers, four in ten of whom open one too. Every step goes through
    the services; what the engine refuses does not happen. Returns how often it refused."""
    newcomers: Iterator = iter(make_members(250))
    opening = [next(newcomers) for _n in range(SEEDS)]
    refused = number = 0
    while opening:
        later = []
        for owner in opening:
            number += 1
            try:
                entry = open_entry(run_id=run.pk, member_id=owner.pk, params={}, key=f"o{number}", now=now)
                for _friend in range(np.random.default_rng(rng.randrange(2**32)).poisson(K)):
                    friend = next(newcomers)
                    number += 1
                    try:
                        act(
                            code=entry.code,
                            verb=verb,
                            member_id=friend.pk,
                            params={},
                            key=f"f{number}",
                            now=now,
                        )
                    except Refused:
                        refused += 1
                        continue
                    if rng.random() < PASSES_ON:
                        later.append(friend)
            except Refused:
                refused += 1
        opening = later
    return refused


CASES = {
    "assist": (
        "help",
        {"stages": [2, 3]},
        {"stage_2": "2.00", "stage_3": "5.00", "helper": "0.50"},
        None,
        None,
    ),
    "assist, budget": (
        "help",
        {"stages": [2, 3]},
        {"stage_2": "2.00", "helper": "0.50"},
        None,
        Decimal("6.00"),
    ),
    "coupon, stock": ("accept", {"invites": 4}, {"friend": "1.00", "inviter": "1.00"}, 8, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_engine_does_lies_where_the_simulation_says(case):
    """All of entries, contributions, successes, new members and cost within the middle 99 % of 2,000 simulated runs;
    stock and budget bind in both alike."""
    verb, raw, prices, stock, budget = CASES[case]
    key = case.split(",")[0]
    mechanic = get_mechanic(key)
    slots = {slot: make_benefit(cost=Decimal(price)) for slot, price in prices.items()}
    if key == "coupon":
        slots["self"] = make_benefit(cost=Decimal("0.00"))
    run = make_run(key, raw, slots=slots, stock=stock, budget=budget)
    now = timezone.now()
    refused = crowd(run, verb, now, random.Random(20))
    rebuild(now=database_now())
    actual = actual_of(run).values
    setting = Setting(
        audience=SEEDS,
        seeds=SEEDS,
        hours=48,
        stock=stock,
        budget=budget,
        prices={slot: Decimal(price) for slot, price in prices.items()},
    )
    priors = Priors(
        opens=share(0),
        invites=rate(K),
        accepts=share(1),
        newcomers=share(1),
        passes_on=share(PASSES_ON),
        delay=rate(0),
        attention=rate(1),
        spread=float("inf"),
    )
    rules = mechanic.rules_type.load(raw)
    trial = simulate(mechanic.forecast_shape(rules), setting, priors, seed=1, runs=2_000)
    for name in (
        ("cost",) if budget or stock else ("entries", "contributions", "successes", "new_members", "cost")
    ):
        low, high = np.percentile(getattr(trial, name), [0.5, 99.5])
        assert low <= actual[name] <= high, (name, low, actual[name], high)
    if stock:
        assert actual["contributions"] == stock == trial.stock_used.max()
        assert refused
    if budget:
        assert actual["cost"] <= budget
        assert trial.cost.max() <= float(budget)
        assert trial.budget_reached.mean() > 0.9


def test_priors_are_found_again_in_our_own_history(make_user, team):
    """The same crowd's behaviour, estimated from the facts that it left, with the number of cases."""
    run = make_run("assist", {"stages": [10]})
    type(run.campaign).objects.filter(pk=run.campaign_id).update(team=team)
    crowd(run, "help", timezone.now() - timedelta(minutes=5), random.Random(20))
    user = make_user("lab", Role.GROUP_OPERATOR, team)
    before = priors_of("assist", user)
    assert before.runs == 0
    assert before.priors == Priors()
    Run.objects.filter(pk=run.pk).update(state=RunState.CLOSED)
    found = priors_of("assist", user)
    priors = found.priors
    assert (found.runs, priors.invites.source, priors.accepts.mean) == (1, Source.HISTORY, 1)
    assert priors.invites.seen == found.entries >= SEEDS
    assert found.contributions / found.entries == pytest.approx(K, rel=0.45)
    assert priors.newcomers.mean > 0.85
    assert priors.passes_on.mean == pytest.approx(PASSES_ON, abs=0.2)
    stranger = make_user("stranger", Role.GROUP_OPERATOR)
    assert priors_of("assist", stranger).runs == 0


def test_spread_by_moments():
    assert dispersion_of(0, 0) == dispersion_of(2, 1.5) == float("inf")
    assert dispersion_of(2.0, 6.0) == pytest.approx(1.0)
    assert dispersion_of(1.0, 1_000.0) == 0.1
