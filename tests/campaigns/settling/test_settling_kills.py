"""C10: real processes, killed with SIGKILL at every step of a settlement; the rerun completes it once."""

import signal
import subprocess
import sys
from decimal import Decimal

import pytest
from django.db.models import Count

from apps.campaigns.enums import EntryState, RunState
from apps.campaigns.models import Entry, Grant, Run, RunStock
from apps.campaigns.services.settling import settle_due_runs
from apps.core.clock import database_now
from apps.events.models import Event
from apps.members.models import PointsEntry
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start
from tests.campaigns.settling.conftest import enter, make_contest, standing
from tests.channels.conftest import broken_promises, child_environment
from tests.chat_simulator_fixture import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def killed_at(failpoint: str) -> None:
    worker = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.settling.runner"],
        cwd=ROOT,
        env=child_environment("http://127.0.0.1:9", FAILPOINT=failpoint),
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("failpoint", "grants_before", "points_before"),
    [
        ("settle.ranked", 0, 0),
        ("settle.grants", 2, 0),
        ("grant.claimed", 3, 0),
        ("settle.issued", 3, 3),
    ],
)
def test_a_killed_settlement_is_completed_and_nothing_is_granted_twice(
    failpoint, grants_before, points_before
) -> None:
    run = make_contest(budget=Decimal("20.00"))
    enter(run, [(5, 9), (7, 3), (5, 1), (2, 0), (5, 20)])
    killed_at(failpoint)
    assert Grant.objects.count() == grants_before
    assert PointsEntry.objects.count() == points_before
    assert Run.objects.get().state == RunState.SETTLING
    assert settle_due_runs(now=database_now()) == 1
    assert [rank for rank, _state, _reason in standing(run)] == [3, 1, 2, None, 4]
    assert sorted(Grant.objects.values_list("entry__rank", "state")) == [
        (1, "issued"),
        (2, "issued"),
        (3, "issued"),
    ]
    assert PointsEntry.objects.count() == 3
    assert RunStock.objects.get(run=run).granted_cost == Decimal("20.00")
    assert _twice() == []
    assert not broken_promises()


def test_killed_among_the_entries() -> None:
    run = make_run("assist", {"is_new_only": False})
    for _number in range(3):
        start(run, make_member())
    now = database_now()
    Run.objects.update(state=RunState.CLOSED, closed_at=now)
    killed_at("settle.entries")
    assert Entry.objects.filter(state=EntryState.FAILED).count() == 1
    assert settle_due_runs(now=database_now()) == 1
    assert Entry.objects.filter(state=EntryState.FAILED).count() == 3
    assert _twice() == []
    assert not broken_promises()


def _twice() -> list[str]:
    """Keys of facts that were recorded more than once, whenever."""
    keys = Event.objects.values("key").annotate(times=Count("id")).filter(times__gt=1)
    return list(keys.values_list("key", flat=True))
