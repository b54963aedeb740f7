"""疲劳度: known answers, and what chance says."""

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics.enums import Dimension
from apps.analytics.metrics.fatigue import chance_of_falls, fatigue_of
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.reference import reference
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.campaigns.enums import RunState
from apps.core.clock import database_now
from tests.analytics.facts import at, fact, record_facts
from tests.campaigns.factories import make_run

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def test_a_campaign_that_halves_each_time_is_tired():
    """Half of it each time: five falls out of five pairs of four runs' order are 1 of 24."""
    found = fatigue_of([800, 400, 200, 100])
    assert found is not None
    assert found.change == pytest.approx(-0.5, abs=0.002)
    assert found.chance == pytest.approx(1 / 24)
    assert found.is_tired


def test_one_bad_run_is_no_fatigue():
    found = fatigue_of([100, 101, 20, 103, 104])
    assert found is not None
    assert found.change > 0
    assert not found.is_tired


def test_three_falls_in_a_row_may_be_chance_and_two_runs_say_nothing():
    found = fatigue_of([100, 90, 80])
    assert found is not None
    assert found.chance == pytest.approx(1 / 6)
    assert not found.is_tired
    assert fatigue_of([100, 10]) is None


@pytest.mark.parametrize("runs", [2, 3, 4, 5, 6])
def test_the_chance_is_what_counting_all_orders_gives(runs):
    falls = [
        sum(order[i] > order[j] for i in range(runs) for j in range(i + 1, runs))
        for order in permutations(range(runs))
    ]
    for least in range(runs * (runs - 1) // 2 + 1):
        assert chance_of_falls(runs, least) == pytest.approx(sum(n >= least for n in falls) / len(falls))


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=12))
def test_any_history_has_a_trend_within_bounds(figures):
    found = fatigue_of(figures)
    assert found is not None
    assert found.change > -1
    assert 0 <= found.chance <= 1


@pytest.mark.django_db
def test_the_metric_is_the_fatigue_of_a_campaigns_runs():
    """Three runs of 8, 4 and 2 entrants: each half of the one before, as SQL over the log says too."""
    runs = []
    for number, size in enumerate((8, 4, 2)):
        opens = at("2026-03-02 10:00") + timedelta(days=7 * number)
        run = make_run(
            "assist",
            state=RunState.CLOSED,
            opens_at=opens,
            closes_at=opens + timedelta(days=2),
            campaign=runs[0].campaign if runs else None,
        )
        campaign = run.campaign
        runs.append(run)
        record_facts(
            *(
                fact(
                    "campaign.entered",
                    opens,
                    member_id=member,
                    team_id=campaign.team_id,
                    data={"campaign": campaign.pk, "run": run.pk},
                )
                for member in range(1, size + 1)
            )
        )
    rebuild(now=database_now())
    metric, key = all_metrics()["fatigue"], str(campaign.pk)
    reading = readings([metric], scope=Scope(None), period=MARCH, dim=Dimension.CAMPAIGN)[key]["fatigue"]
    assert reading.denominator == 3
    assert reading.value == pytest.approx(
        -0.4575, abs=1e-3
    )  # the median of 4.5/8.5, 2.5/4.5 and (2.5/8.5) ** ½
    said = reference(metric, scope=Scope(None), period=MARCH, dim=Dimension.CAMPAIGN, key=key)
    assert [float(part) for part in said] == pytest.approx([reading.numerator, reading.denominator])
