"""Figures of several stretches of time at once."""

import random
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.analytics.enums import Dimension
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.review_sums import sums_in, sums_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.windows import Window, readings_in
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from tests.analytics.facts import fact, record_facts
from tests.analytics.worlds import world

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
PERIODS = (MARCH, Period(date(2026, 3, 5), date(2026, 3, 9)), Period(date(2026, 2, 20), date(2026, 3, 1)))
CASES = {
    Dimension.TOTAL: ["", "", ""],
    Dimension.GROUP: ["1", "5", "99"],
    Dimension.CAMPAIGN: ["1", "2", "1"],
    Dimension.RUN: ["11", "12", "11"],
}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scope", [Scope(None), Scope(frozenset({1, 2})), Scope(frozenset())])
def test_each_window_reads_as_it_does_alone(scope):
    """Every metric and every sum, of totals and of keys over periods of their own."""
    record_facts(*world(random.Random(3), MARCH, 900))
    rebuild(now=database_now())
    metrics = list(all_metrics().values())
    for dim, keys in CASES.items():
        windows = [Window(period, key) for period, key in zip(PERIODS, keys, strict=True)]
        found = readings_in(metrics, windows, scope=scope, dim=dim)
        sums = sums_in(windows, scope=scope, dim=dim)
        for window, one, summed in zip(windows, found, sums, strict=True):
            about = {"scope": scope, "period": window.period, "dim": dim, "keys": [window.key]}
            alone = readings(metrics, **about)[window.key]
            for metric in metrics:
                # Read over all windows' days: a campaign's runs are its own.
                if "fatigue" not in metric.extras:
                    assert one[metric.key] == alone[metric.key], (dim, window, metric.key)
            assert summed == sums_of(**about)[window.key]


def test_twelve_windows_take_as_many_queries_as_one():
    metrics = list(all_metrics().values())
    used = []
    for keys in (["11"], [str(number) for number in range(12)]):
        windows = [Window(Period(date(2026, 3, 1), date(2026, 3, 2 + n)), key) for n, key in enumerate(keys)]
        with CaptureQueriesContext(connection) as queries:
            assert len(readings_in(metrics, windows, scope=Scope(None), dim=Dimension.RUN)) == len(keys)
        used.append(len(queries))
    assert used[0] == used[1]


def test_coupons_are_counted_by_how_many_were_given():
    """Three in one grant are three, and taking one back leaves two."""
    about = {"member_id": 1, "value": 0}
    record_facts(
        fact("benefit.granted", "2026-03-05 10:00", data={"kind": "coupon", "quantity": 3}, **about),
        fact("benefit.voided", "2026-03-06 10:00", data={"kind": "coupon", "quantity": 1}, **about),
        fact("benefit.granted", "2026-03-05 10:00", data={"kind": "code", "quantity": 5}, **about),
    )
    rebuild(now=database_now())
    assert sums_of(scope=Scope(None), period=MARCH)[""]["coupons_issued"] == 2


def test_who_buys_twice_on_one_day_has_bought_again():
    """As the metric of repurchase says too: on one day and for one team the two orders are in one set of members."""
    record_facts(*(fact("order.paid", f"2026-03-05 1{hour}:00", member_id=1, value=5) for hour in range(2)))
    rebuild(now=database_now())
    about = {"scope": Scope(None), "period": MARCH}
    rate = readings([all_metrics()["repurchase_rate"]], **about)[""]["repurchase_rate"]
    (window,) = sums_in([Window(MARCH)], scope=Scope(None), dim=Dimension.TOTAL)
    assert sums_of(**about)[""]["buyers_again"] == window["buyers_again"] == rate.numerator == 1


def test_sums_take_five_queries(django_assert_num_queries):
    record_facts(*world(random.Random(3), MARCH, 300))
    rebuild(now=database_now())
    with django_assert_num_queries(5):
        sums_of(scope=Scope(None), period=MARCH)
