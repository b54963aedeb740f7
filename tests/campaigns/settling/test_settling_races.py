"""Two workers with one settlement, and a close while people join; each with a control that fails unguarded."""

from functools import partial
from time import sleep

import pytest
from django.db.models import Count

from apps.campaigns.enums import EntryState, RunState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Benefit, Entry, Grant, Run, RunStock
from apps.campaigns.services.granting import stock
from apps.campaigns.services.settling import prizes, settle_due_runs, ticking
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_members
from tests.campaigns.guards import without_constraint
from tests.campaigns.play import start
from tests.campaigns.settling.conftest import enter, make_contest
from tests.campaigns.together import together
from tests.channels.conftest import broken_promises

pytestmark = pytest.mark.django_db(transaction=True)

SCORES = [(20 - number, number) for number in range(12)]


def settle_by_four() -> list[int]:
    now = database_now()
    return together([partial(settle_due_runs, now=now) for _ in range(4)], threads=4)


def test_settled_twice_at_once_grants_once() -> None:
    """C10: four workers with the same run, many times over."""
    for _ in range(5):
        run = make_contest(rules={"ranks": [[1, 10]]}, slots=_slots())
        enter(run, SCORES)
        results = settle_by_four()
        while (
            Run.objects.get(pk=run.pk).state != RunState.SETTLED
        ):  # whoever had it last may have been sent away
            results.append(settle_due_runs(now=database_now()))
        assert sum(results) == 1, results
        assert Grant.objects.filter(run=run).count() == 10
    assert not broken_promises()


def test_control_without_its_guards_a_settlement_grants_twice(monkeypatch) -> None:
    """Neither turns, nor the look at what is there, nor the unique key."""
    monkeypatch.setattr(prizes, "NEW", "SELECT k.* FROM keyed AS k")
    monkeypatch.setattr(prizes, "ONCE", "")
    monkeypatch.setattr(prizes, "is_mine", lambda run_id: True)
    monkeypatch.setattr(stock, "lock", lambda **_rows: sleep(0.05))
    monkeypatch.setattr(ticking, "finish", lambda run_id, now: False)
    with without_constraint("campaigns_grant", "grant_once"):
        run = make_contest(rules={"ranks": [[1, 10]]}, slots=_slots())
        enter(run, SCORES)
        settle_by_four()
        settle_due_runs(now=database_now())
        doubled = Grant.objects.values("key").annotate(times=Count("id")).filter(times__gt=1)
        assert doubled.exists()


def test_settling_while_people_join_leaves_nobody_between() -> None:
    """C10: whoever gets in is ranked; whoever is late is told so."""
    run = make_contest(state=RunState.OPEN)
    Run.objects.filter(pk=run.pk).update(closes_at=database_now().replace(year=2099))
    members = make_members(40)

    def close() -> int:
        sleep(0.05)
        now = database_now()
        Run.objects.filter(pk=run.pk).update(state=RunState.CLOSED, closed_at=now)
        return settle_due_runs(now=now)

    results = together([close, *(partial(start, run, member) for member in members)], threads=8)
    while Run.objects.get(pk=run.pk).state != RunState.SETTLED:
        settle_due_runs(now=database_now())
    for result in results[1:]:
        assert isinstance(result, (Entry, Refused)), repr(result)
        assert not isinstance(result, Refused) or result.code == "ended"
    assert not Entry.objects.filter(run=run, state=EntryState.OPEN).exists()
    assert RunStock.objects.get(run=run).granted_cost == 0
    assert not broken_promises()


def _slots() -> dict[str, Benefit]:
    return {"rank_1_10": make_benefit()}
