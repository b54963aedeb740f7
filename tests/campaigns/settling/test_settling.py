"""What a run becomes when its window is over (C7, C10)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Notice
from apps.campaigns.enums import ENTRY_MOVES, BenefitKind, EntryState, FlagState, RunState
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Benefit, Contribution, Entry, Flag, Grant, Run, RunStock
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.settling import prizes, settle_due_runs
from apps.campaigns.services.settling.ranking import RANKED_STATES
from apps.core.clock import database_now
from apps.events.models import Event
from tests.campaigns.factories import make_benefit, make_member, make_members, make_run
from tests.campaigns.play import play, start
from tests.campaigns.settling.conftest import enter, make_contest, standing

pytestmark = pytest.mark.usefixtures("no_promise_broken")


def test_ranks_prizes_and_news(architect) -> None:
    """C7: best score first, ties to who was first, nobody below the floor."""
    run = make_contest()
    run.campaign.owner = architect
    run.campaign.save()
    enter(run, [(5, 9), (7, 3), (5, 1), (2, 0), (5, 20), (0, 0)])
    assert settle_due_runs(now=database_now()) == 1
    assert standing(run) == [
        (3, "won", "ranked"),
        (1, "won", "ranked"),
        (2, "won", "ranked"),
        (None, "failed", "below_floor"),
        (4, "failed", "no_prize"),
        (None, "failed", "below_floor"),
    ]
    run.refresh_from_db()
    assert run.state == RunState.SETTLED
    assert run.settled_at is not None
    grants = Grant.objects.order_by("entry__rank")
    assert [(g.slot, g.entry.rank, g.state, g.cost) for g in grants] == [
        ("rank_1_1", 1, "issued", Decimal("10.00")),
        ("rank_2_3", 2, "issued", Decimal("5.00")),
        ("rank_2_3", 3, "issued", Decimal("5.00")),
    ]
    assert [g.member.points_balance for g in grants] == [10, 10, 10]
    assert Event.objects.filter(kind="campaign.succeeded").count() == 3
    assert Event.objects.filter(kind="campaign.failed").count() == 3
    assert Event.objects.filter(kind="benefit.granted").count() == 3
    settled = Event.objects.get(kind="campaign.run_settled")
    assert (settled.value, settled.data["entries"], settled.data["won"]) == (Decimal("20.00"), 6, 3)
    assert "参与 6，成功 3，礼品 3 份共 20.00 元" in Notice.objects.get(user=architect).text
    assert settle_due_runs(now=database_now()) == 0
    assert Grant.objects.count() == 3


def test_review_comes_before_prizes_and_a_revoked_score_re_ranks() -> None:
    """C7: until the review is over a voided contribution changes the ranks."""
    run = make_contest(rules={"review_hours": 24})
    first, second = enter(run, [(9, 1), (8, 1)])
    now = database_now()
    assert settle_due_runs(now=now) == 0
    run.refresh_from_db()
    assert (run.state, run.review_until) == (RunState.REVIEW, run.closed_at + timedelta(hours=24))
    part = Contribution.objects.get(entry=first, kind="score")
    act_as_system(entry_id=first.pk, verb="voided", part_id=part.pk, reason="risk", now=now)
    assert settle_due_runs(now=now + timedelta(hours=23)) == 0
    assert settle_due_runs(now=now + timedelta(hours=25)) == 1
    assert standing(run) == [(None, "failed", "below_floor"), (1, "won", "ranked")]
    assert Grant.objects.get().entry_id == second.pk


def test_budget_goes_by_rank_and_the_rest_waits() -> None:
    """C3: the run's budget holds, and nobody's prize is lost."""
    run = make_contest(budget=Decimal("16.00"))
    enter(run, [(9, 1), (8, 1), (7, 1)])
    assert settle_due_runs(now=database_now()) == 1
    assert list(Grant.objects.order_by("entry__rank").values_list("state", flat=True)) == [
        "issued",
        "issued",
        "unfunded",
    ]
    assert RunStock.objects.get(run=run).granted_cost == Decimal("15.00")


def test_stock_of_a_benefit_goes_by_rank_and_what_costs_nothing_is_given(monkeypatch) -> None:
    """C1, C3: in chunks of one rank, as in chunks of five thousand."""
    monkeypatch.setattr(prizes, "CHUNK", 1)
    rare = make_benefit(BenefitKind.PHYSICAL, cost=Decimal("6.00"), stock=2)
    free = make_benefit(cost=Decimal("0.00"))
    run = make_contest(rules={"ranks": [[1, 4]]}, slots={"rank_1_4": [rare, free]}, budget=Decimal("11.00"))
    enter(run, [(9, 1), (8, 1), (7, 1), (6, 1)])
    assert settle_due_runs(now=database_now()) == 1
    by_rank = Grant.objects.order_by("entry__rank")
    assert list(by_rank.filter(benefit=rare).values_list("state", flat=True)) == [
        "awaiting_address",
        "unfunded",
        "unfunded",
        "unfunded",
    ]
    assert list(by_rank.filter(benefit=free).values_list("state", flat=True)) == ["issued"] * 4
    rare.refresh_from_db()
    assert (rare.issued, RunStock.objects.get(run=run).granted_cost) == (1, Decimal("6.00"))


def test_what_is_under_suspicion_is_held() -> None:
    """C13: its cost is counted, its prize waits for a person."""
    run = make_contest()
    first, second = enter(run, [(9, 1), (8, 1)])
    Flag.objects.create(
        run=run, entry=first, member_id=first.owner_id, rule="burst", key="k", score=70, state=FlagState.OPEN
    )
    settle_due_runs(now=database_now())
    assert Grant.objects.get(entry=first).state == "held"
    assert Grant.objects.get(entry=second).state == "issued"


def test_every_member_of_a_team_gets_the_team_s_prize() -> None:
    run = make_contest(rules={"form": "team", "ranks": [[1, 1]], "team_size": 5})
    (entry,) = enter(run, [(9, 1)])
    mates = make_members(2)
    Entry.objects.filter(pk=entry.pk).update(capacity=5, count=3)
    for mate in mates:
        Contribution.objects.create(
            run=run, entry=entry, member=mate, kind="seat", key=f"m{mate.pk}", value=0, at=run.opens_at
        )
    settle_due_runs(now=database_now())
    assert set(Grant.objects.values_list("member_id", flat=True)) == {
        entry.owner_id,
        *(mate.pk for mate in mates),
    }


def test_open_teams_end_by_their_mechanic() -> None:
    run = make_run("group_buy", {"size": 3, "price": "0.00"})
    entry = start(run, make_member())
    play(entry, "join", make_member())
    now = timezone.now()
    Run.objects.update(state=RunState.CLOSED, closed_at=now)
    assert settle_due_runs(now=now) == 1
    entry.refresh_from_db()
    assert (entry.state, entry.reason) == (EntryState.FAILED, "expired")


def test_an_entry_that_fails_is_told_and_holds_up_nobody_else(architect, monkeypatch) -> None:
    """C10: but its run is not called settled before it has ended."""
    run = make_run("assist", {"is_new_only": False})
    run.campaign.owner = architect
    run.campaign.save()
    bad, good = start(run, make_member()), start(run, make_member())
    now = timezone.now()
    Run.objects.update(state=RunState.CLOSED, closed_at=now)
    mechanic = type(get_mechanic("assist"))
    real = mechanic.on_expire

    def stumble(self, turn):
        if turn.entry.id == bad.pk:
            raise ZeroDivisionError("a fault in a mechanic")
        return real(self, turn)

    with monkeypatch.context() as patch:
        patch.setattr(mechanic, "on_expire", stumble)
        assert settle_due_runs(now=now) == 0
        assert settle_due_runs(now=now) == 0
    good.refresh_from_db()
    run.refresh_from_db()
    assert (good.state, run.state) == (EntryState.FAILED, RunState.SETTLING)
    assert Notice.objects.filter(key=f"entry:{bad.pk}:stuck").count() == 1
    assert settle_due_runs(now=now) == 1
    bad.refresh_from_db()
    assert bad.state == EntryState.FAILED


def test_a_run_waits_for_entries_that_have_time_of_their_own(architect) -> None:
    """A price that was reached may be paid for as long as was promised, window or not (C10)."""
    run = make_run("bargain", {"start": "30.00", "floor": "10.00", "helpers": 1})
    run.campaign.owner = architect
    run.campaign.save()
    entry = start(run, make_member())
    play(entry, "cut", make_member())
    entry.refresh_from_db()
    assert entry.state == EntryState.MATCHED
    later = entry.expires_at
    now = timezone.now()
    Run.objects.update(state=RunState.CLOSED, closed_at=now)
    assert settle_due_runs(now=now) == 0
    run.refresh_from_db()
    assert run.state == RunState.SETTLING
    assert "还有 1 单没了结" in Notice.objects.get(user=architect).text
    assert settle_due_runs(now=later + timedelta(hours=1)) == 1


def test_states_that_ranking_writes_are_moves_that_exist() -> None:
    assert set(RANKED_STATES) <= ENTRY_MOVES[EntryState.OPEN]


def test_a_run_that_fails_is_told_and_the_next_one_settles(architect, monkeypatch) -> None:
    broken = make_contest()
    broken.campaign.owner = architect
    broken.campaign.save()
    Run.objects.filter(pk=broken.pk).update(mechanic="gone", closed_at=broken.opens_at)
    enter(make_contest(), [(9, 1)])
    assert settle_due_runs(now=database_now()) == 1
    assert "没能结算" in Notice.objects.get(key__contains=f"run:{broken.pk}:unsettled").text
    Run.objects.filter(pk=broken.pk).update(mechanic="contest")


def test_nobody_entered(django_assert_max_num_queries) -> None:
    run = make_contest()
    with django_assert_max_num_queries(60):
        assert settle_due_runs(now=database_now()) == 1
    run.refresh_from_db()
    assert run.state == RunState.SETTLED
    assert not Benefit.objects.filter(issued__gt=0).exists()
    assert connection.in_atomic_block
