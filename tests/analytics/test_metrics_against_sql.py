"""A2: every metric is what plain SQL over raw facts says, by every dimension that it claims."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Team
from apps.analytics.enums import Dimension
from apps.analytics.metrics.base import Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.reference import reference
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import record_facts
from tests.analytics.worlds import keys_of, world

SCOPES = (Scope(None), Scope(frozenset({1, 2})), Scope(frozenset({2})), Scope(frozenset({0, 1})))


def check_all(scope: Scope, period: Period, dims=tuple(Dimension)) -> int:
    """Compare every metric with its reference; returns how many figures were compared."""
    compared = 0
    for dim in dims:
        metrics = [metric for metric in all_metrics().values() if dim in metric.dimensions]
        found = readings(metrics, scope=scope, period=period, dim=dim, keys=keys_of(dim) if dim else None)
        for key in keys_of(dim):
            for metric in metrics:
                said = reference(metric, scope=scope, period=period, dim=dim, key=key)
                assert_same(found[key][metric.key], said, f"{metric.key} {dim!s} {key} {scope} {period}")
                compared += 1
    return compared


def assert_same(reading: Reading, said: tuple, about: str) -> None:
    numerator, denominator = said
    assert float(reading.numerator) == pytest.approx(float(numerator), abs=1e-9), about
    if denominator is not None:
        assert float(reading.denominator or 0) == pytest.approx(float(denominator), abs=1e-9), about
        if denominator > 0:
            assert reading.value is not None, about
        else:
            assert reading.value is None, about


@contextmanager
def undone() -> Iterator[None]:
    """Each example finds the database as it was, whether it passes or fails."""
    with transaction.atomic():
        mark = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(mark)


def make_copies() -> None:
    """Groups 2 and 6 are copies of group 1 and 5."""
    Team.objects.bulk_create(Team(pk=pk, name=f"团队{pk}") for pk in (1, 2))
    team_of = {**dict.fromkeys(range(1, 5), 1), 5: 2, 6: 2, 7: None}
    Group.objects.bulk_create(
        Group(pk=pk, name=f"群{pk}", kind="benefit", team_id=team) for pk, team in team_of.items()
    )
    Group.objects.filter(pk__in=[2, 3, 4]).update(model=1)
    Group.objects.filter(pk=6).update(model=5)


@pytest.mark.django_db
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a smaller number is no simpler world
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32), st.sampled_from(["Asia/Shanghai", "America/New_York"]), st.integers(1, 20))
def test_every_metric_is_what_plain_sql_says(seed, zone, days):
    """Midnights, a day of 23 or 25 hours, several teams and none, facts without members, voids and returns."""
    rng = random.Random(seed)
    first = rng.choice([date(2026, 3, 1), date(2026, 10, 25)])  # clocks change on 8 March and 1 November
    with override_settings(TIME_ZONE=zone), undone():
        period = Period(first, date.fromordinal(first.toordinal() + days - 1))
        make_copies()
        facts = list(world(rng, period, 400))
        record_facts(*facts, *facts[:50])  # some come twice
        rebuild(now=database_now())
        assert check_all(rng.choice(SCOPES), period) > 250
