"""活动推演 against what can be worked out with a pencil."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from apps.analytics.simulation.engine import simulate
from apps.analytics.simulation.priors import Priors, rate, share
from apps.analytics.simulation.setting import Prize, Setting
from apps.analytics.simulation.summary import spread_of, summarise
from apps.campaigns.mechanics.base.forecast import Payment, Result, Shape
from apps.campaigns.mechanics.registry import all_mechanics
from tests.campaigns.eighth import eighth_mechanic

EVERYBODY = Shape(seats=60, result=lambda count, has_paid: Result())
HELP = Shape(
    seats=5, result=lambda count, has_paid: Result({"helper": count, "prize": count // 5}, won=count // 5)
)


def certain(**changes) -> Priors:
    """Nothing is uncertain but chance itself; everybody brings ``invites`` on average, and all pass it on."""
    plain = Priors(
        opens=share(0),
        invites=rate(1.0),
        accepts=share(1),
        newcomers=share(1),
        passes_on=share(1),
        pays=share(1),
        delay=rate(0),
        attention=rate(1),
        spread=float("inf"),
    )
    return replace(plain, **changes)


@pytest.mark.parametrize("k", [0.5, 1.0, 1.4])
def test_generations_of_a_branching_process_grow_by_k(k):
    """With no delay a step is a generation: Z_n has mean S·K^n (Galton and Watson)."""
    setting = Setting(audience=20, seeds=20, hours=7)
    trial = simulate(EVERYBODY, setting, certain(invites=rate(k)), seed=5, runs=4_000)
    sizes = np.diff(trial.entries_over_time.mean(axis=0), prepend=0)
    assert sizes == pytest.approx([20 * k**n for n in range(7)], rel=0.06)


@pytest.mark.parametrize("spread", [float("inf"), 0.5])
def test_below_one_the_total_is_one_over_one_minus_k(spread):
    """However unevenly people invite: the mean is the same, the chance of nothing is not."""
    setting = Setting(audience=50, seeds=50, hours=60)
    trial = simulate(EVERYBODY, setting, certain(invites=rate(0.6), spread=spread), seed=1, runs=3_000)
    assert trial.entries.mean() == pytest.approx(50 / (1 - 0.6), rel=0.02)
    # Var of the total progeny of S Poisson trees: S·K/(1−K)³.
    expected = 50 * 0.6 / 0.4**3 if np.isinf(spread) else 50 * (0.6 + 0.6**2 / 0.5) / 0.4**3
    assert trial.entries.var() == pytest.approx(expected, rel=0.15)


def test_without_invitations_only_the_audience_opens():
    trial = simulate(
        EVERYBODY,
        Setting(audience=1_010, seeds=10),
        certain(opens=share(0.2), invites=rate(0)),
        seed=3,
        runs=4_000,
    )
    assert not trial.contributions.any()
    assert not trial.new_members.any()
    assert trial.entries.mean() == pytest.approx(10 + 1_000 * 0.2, rel=0.01)
    assert trial.entries.var() == pytest.approx(1_000 * 0.2 * 0.8, rel=0.1)


def test_delay_and_window_leave_out_who_would_come_too_late():
    """One generation: P(delay < window) = 1 − e^(−47/12), the last step being for those who open, not land."""
    priors = certain(invites=rate(2.0), passes_on=share(0), delay=rate(12.0))
    trial = simulate(EVERYBODY, Setting(audience=100, seeds=100, hours=48), priors, seed=9, runs=2_000)
    assert trial.contributions.mean() == pytest.approx(200 * (1 - np.exp(-47 / 12)), rel=0.01)


def test_nobody_can_be_brought_twice_beyond_the_people_there_are():
    trial = simulate(
        replace(EVERYBODY, is_new_only=True, per_contributor=1),
        Setting(audience=50, seeds=50, reach=300, hours=200),
        certain(invites=rate(4.0)),
        seed=2,
        runs=500,
    )
    assert trial.new_members.mean() == pytest.approx(300, rel=0.06)
    assert trial.new_members.max() <= 300 * 1.15


def test_seats_bind():
    """Full entries stop at their seats; the share of full ones is the tail of a Poisson."""
    trial = simulate(
        HELP,
        Setting(audience=400, seeds=400),
        certain(invites=rate(4.0), passes_on=share(0)),
        seed=4,
        runs=1_000,
    )
    assert (trial.contributions <= 5 * trial.entries).all()
    assert trial.successes.mean() == pytest.approx(400 * 0.371163, rel=0.02)  # P(Poisson(4) ≥ 5)


def test_stock_binds_exactly_and_never_more():
    shape = Shape(
        seats=3, result=lambda count, has_paid: Result(stock=count, won=count, pays=Decimal(10) * count)
    )
    setting = Setting(audience=500, seeds=500, stock=137)
    trial = simulate(shape, setting, certain(invites=rate(3.0)), seed=6, runs=500)
    assert (trial.stock_used == 137).all()
    assert (trial.revenue == 1_370).all()
    assert (~np.isnan(trial.stock_out)).all()
    plenty = simulate(
        shape, replace(setting, stock=10**7, hours=3), certain(invites=rate(3.0)), seed=6, runs=50
    )
    assert np.isnan(plenty.stock_out).all()


@pytest.mark.parametrize("budget", ["0.00", "7.30", "250.01"])
def test_the_budget_is_never_passed(budget):
    prices = {"helper": Decimal("0.37"), "prize": Decimal("2.99")}
    setting = Setting(audience=300, seeds=40, budget=Decimal(budget), prices=prices)
    priors = certain(invites=rate(2.0, 3), opens=share(0.1, 5), passes_on=share(0.4))
    trial = simulate(HELP, setting, priors, seed=8, runs=2_000)
    cents = np.round(trial.cost * 100).astype(int)
    assert cents.max() <= int(Decimal(budget) * 100)
    assert trial.budget_reached.mean() > 0.3
    free = simulate(HELP, replace(setting, budget=None), priors, seed=8, runs=2_000)
    assert not free.budget_reached.any()
    assert free.cost.mean() > trial.cost.mean()


def test_prizes_go_by_rank_while_there_is_money():
    shape = Shape(seats=10, result=lambda count, has_paid: Result(won=int(count >= 1)))
    setting = Setting(audience=4, seeds=4, prizes=(Prize(1, 1, Decimal(50)), Prize(2, 10, Decimal(5))))
    trial = simulate(shape, setting, certain(invites=rate(8.0), passes_on=share(0)), seed=1, runs=300)
    assert np.median(trial.cost) == 50 + 3 * 5
    poor = simulate(shape, replace(setting, budget=Decimal(56)), certain(invites=rate(8.0)), seed=1, runs=300)
    assert poor.cost.max() == 55


def test_winners_who_do_not_pay_bring_no_money():
    shape = Shape(
        seats=1,
        result=lambda count, has_paid: Result(pays=Decimal(49), won=1) if count and has_paid else Result(),
        payment=Payment.WINNER,
    )
    priors = certain(invites=rate(30.0), passes_on=share(0), pays=share(0.25))
    trial = simulate(shape, Setting(audience=1_000, seeds=1_000), priors, seed=2, runs=400)
    assert trial.successes.mean() == pytest.approx(250, rel=0.02)
    assert trial.revenue.mean() == pytest.approx(250 * 49, rel=0.02)


def test_the_same_seed_gives_the_same_numbers_and_pairs_rule_sets():
    """Common random numbers: a lucky run is lucky under both rule sets."""
    setting = Setting(audience=2_000, seeds=10, reach=20_000, prices={"helper": Decimal(1)})
    first, again, other, stranger = (
        simulate(replace(HELP, seats=seats), setting, Priors(), seed=seed, runs=1_000)
        for seats, seed in ((5, 11), (5, 11), (8, 11), (8, 12))
    )
    assert (first.new_members == again.new_members).all()
    assert (first.cost == again.cost).all()

    def likeness(one, two):
        return np.corrcoef(np.log1p(one.new_members), np.log1p(two.new_members))[0, 1]

    assert likeness(first, other) > 0.8
    assert abs(likeness(first, stranger)) < 0.15


def test_many_and_few_entries_are_drawn_from_the_same_law(monkeypatch):
    setting = Setting(audience=300, seeds=30, prices={"helper": Decimal(1)})
    priors = certain(invites=rate(1.2), spread=0.7, passes_on=share(0.5))
    few = simulate(HELP, setting, priors, seed=1, runs=3_000)
    monkeypatch.setattr("apps.analytics.simulation.draws.FEW", -1)
    many = simulate(HELP, setting, priors, seed=1, runs=3_000)
    for name in ("entries", "contributions", "successes", "cost"):
        assert getattr(few, name).mean() == pytest.approx(getattr(many, name).mean(), rel=0.05), name


@pytest.mark.parametrize("key", sorted(all_mechanics()))
def test_every_mechanic_can_be_played_through(key):
    mechanic = all_mechanics()[key]
    rules = mechanic.rules_type()
    shape = mechanic.forecast_shape(rules)
    prices = {slot.key: Decimal("2.50") for slot in mechanic.slots(rules)}
    setting = Setting(audience=800, seeds=8, reach=5_000, stock=60, budget=Decimal(200), prices=prices)
    trial = simulate(shape, setting, Priors(), seed=3, runs=300)
    said = summarise(trial)
    assert said["figures"]["entries"]["p50"] > 0
    assert trial.stock_used.max() <= 60
    assert trial.cost.max() <= 200
    assert said["tornado"]
    assert len(said["fan"]["p50"]) == len(said["fan"]["hours"])
    known = set(prices)
    for count in range(min(shape.seats, 20) + 1):
        assert set(shape.result(count, True).slots) <= known


def test_an_eighth_mechanic_needs_no_word_about_forecasts(tmp_path):
    with eighth_mechanic(tmp_path) as key:
        mechanic = all_mechanics()[key]
        shape = mechanic.forecast_shape(mechanic.rules_type())
        trial = simulate(
            shape, Setting(audience=500, seeds=5, prices={"waver": Decimal(2)}), Priors(), seed=1, runs=200
        )
    assert trial.successes.any()
    assert (trial.cost == 2 * trial.successes).all()


def test_a_figure_that_hardly_varies_is_one_bar():
    """A ratio of money is the same in every run but for its last digit."""
    said = spread_of(np.array([0.1 + 0.2, 0.3, 0.3, 3 * 0.1]))
    assert said["counts"] == [4]
    assert spread_of(np.array([5, 5, 5]))["counts"] == [3]
    assert spread_of(np.array([np.nan])) is None


def test_an_empty_audience_is_an_empty_campaign():
    said = summarise(simulate(HELP, Setting(audience=0), Priors(), seed=1, runs=50))
    assert said["figures"]["entries"]["p95"] == 0
    assert said["figures"]["roi"] is None
    assert said["loss"] is None
