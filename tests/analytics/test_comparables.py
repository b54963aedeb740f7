"""复盘: comparables by hand, only those the reader may see (S1)."""

from datetime import date, timedelta

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.enums import Dimension
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.selectors.comparables import (
    comparable_groups,
    comparable_months,
    comparable_runs,
    spread_of,
)
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.reference import reference
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild
from apps.campaigns.enums import RunState
from apps.core.clock import database_now
from apps.groups.models import Group
from tests.analytics.facts import at, fact, record_facts
from tests.campaigns.factories import make_run

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def test_quartiles_by_hand():
    spread = spread_of([1, 2, 3, 4, 5])
    assert spread is not None
    assert (spread.low, spread.median, spread.high, spread.is_few) == (2, 3, 4, False)
    assert spread_of([7]) is not None
    assert spread_of([]) is None


@pytest.mark.django_db
def test_groups_of_the_same_kind_that_one_may_see(make_user):
    ours, theirs = Team.objects.create(name="华东"), Team.objects.create(name="华南")
    user = make_user("op", Role.GROUP_OPERATOR, ours)
    groups = [
        Group.objects.create(name=name, kind=kind, team=team)
        for name, kind, team in (
            ("甲", "benefit", ours),
            ("乙", "benefit", ours),
            ("丙", "benefit", ours),
            ("丁", "vip", ours),
            ("戊", "benefit", theirs),
        )
    ]
    record_facts(
        *(
            fact(
                "order.paid",
                "2026-03-05 10:00",
                group_id=group.pk,
                team_id=group.team_id,
                member_id=1,
                value=10 * n,
            )
            for n, group in enumerate(groups, 1)
        )
    )
    rebuild(now=database_now())
    found = comparable_groups(groups[0], metrics=[all_metrics()["revenue"]], period=MARCH, user=user)
    assert {case.label for case in found.cases} == {"乙", "丙"}
    spread = found.spreads["revenue"]
    assert (spread.cases, spread.median, spread.is_few) == (2, 25, True)


@pytest.mark.django_db
def test_months_before():
    record_facts(
        fact("order.paid", "2026-01-31 23:59", member_id=1, value=30),
        fact("order.paid", "2026-02-01 00:00", member_id=1, value=50),
        fact("order.paid", "2026-03-01 00:00", member_id=1, value=999),
    )
    rebuild(now=database_now())
    found = comparable_months(
        date(2026, 3, 1), metrics=[all_metrics()["revenue"]], scope=Scope(None), months=2
    )
    assert [(case.key, case.readings["revenue"].value) for case in found.cases] == [
        ("2026-02", 50),
        ("2026-01", 30),
    ]


@pytest.mark.django_db
def test_runs_of_the_same_mechanic_and_their_fatigue(architect):
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
    found = comparable_runs(runs[2], metrics=[all_metrics()["participants"]], user=architect)
    assert [case.readings["participants"].value for case in found.cases] == [4, 8]
    metric, key = all_metrics()["fatigue"], str(campaign.pk)
    reading = readings([metric], scope=Scope(None), period=MARCH, dim=Dimension.CAMPAIGN)[key]["fatigue"]
    assert reading.denominator == 3
    assert reading.value == pytest.approx(
        -0.4575, abs=1e-3
    )  # the median of 4.5/8.5, 2.5/4.5 and (2.5/8.5) ** ½
    said = reference(metric, scope=Scope(None), period=MARCH, dim=Dimension.CAMPAIGN, key=key)
    assert [float(part) for part in said] == pytest.approx([reading.numerator, reading.denominator])
