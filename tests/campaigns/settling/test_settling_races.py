"""Two workers with one settlement, and scores that change under it; each with a control that fails unguarded."""

import threading
from functools import partial
from time import sleep

import pytest
from django.db import transaction
from django.db.models import Count

from apps.campaigns.enums import RunState
from apps.campaigns.models import Benefit, Contribution, Entry, Grant, Run
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.granting import stock
from apps.campaigns.services.settling import prizes, ranking, settle_due_runs, ticking
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit
from tests.campaigns.guards import without_constraint
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


def revoked_while_ranking() -> tuple[int, list[int | None]]:
    """A score is revoked in a transaction that ends while the ranking waits for its row: (settled, ranks)."""
    run = make_contest(state=RunState.SETTLING)
    best, second = enter(run, [(9, 1), (8, 2)])
    part = Contribution.objects.get(entry=best, kind="score")
    held = threading.Event()

    def revoke() -> None:
        with transaction.atomic():
            now = database_now()
            act_as_system(entry_id=best.pk, verb="voided", part_id=part.pk, reason="risk", now=now)
            held.set()
            sleep(0.3)

    def settle() -> int:
        held.wait(10)
        return settle_due_runs(now=database_now())

    _none, settled = together([revoke, settle], threads=2)
    ranks = dict(Entry.objects.filter(run=run).values_list("pk", "rank"))
    return settled, [ranks[best.pk], ranks[second.pk]]


def test_a_score_that_is_revoked_while_ranks_are_made_undoes_them() -> None:
    """C7: ranks are made of scores that stand, all of one moment; the next tick makes them."""
    assert revoked_while_ranking() == (0, [None, None])
    assert settle_due_runs(now=database_now()) == 1
    assert sorted(Entry.objects.values_list("score", "rank")) == [(0, None), (8, 1)]
    assert not broken_promises()


def test_control_without_the_look_at_the_score_the_revoked_one_wins(monkeypatch) -> None:
    looks = " AND e.score = j.score AND e.score_at = j.score_at"
    assert looks in ranking.RANK
    monkeypatch.setattr(ranking, "RANK", ranking.RANK.replace(looks, ""))
    assert revoked_while_ranking() == (1, [1, 2])


def _slots() -> dict[str, Benefit]:
    return {"rank_1_10": make_benefit()}
