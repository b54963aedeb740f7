"""Contests with scores that stand as rows, whatever brought them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.campaigns.enums import RunState
from apps.campaigns.models import Contribution, Entry, Run
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_members, make_run
from tests.channels.conftest import broken_promises

RULES = {
    "metric": "check_in",
    "ranks": [[1, 1], [2, 3]],
    "floor_score": 3,
    "review_hours": 0,
    "voids_leavers": False,
}
START = datetime(2026, 3, 6, 12, tzinfo=UTC)


def make_contest(**values: Any) -> Run:
    """A run that has just closed; first prize costs 10, second and third 5."""
    rules = RULES | values.pop("rules", {})
    slots = {"rank_1_1": make_benefit(cost=Decimal("10.00")), "rank_2_3": make_benefit(cost=Decimal("5.00"))}
    now = database_now()
    defaults: dict[str, Any] = {
        "state": RunState.CLOSED,
        "opens_at": now - timedelta(days=2),
        "closes_at": now - timedelta(minutes=1),
        "slots": slots,
    }
    run = make_run("contest", rules, **(defaults | values))
    Run.objects.filter(pk=run.pk).update(closed_at=run.closes_at)
    run.refresh_from_db()
    return run


def enter(run: Run, scores: Sequence[tuple[int, int]]) -> list[Entry]:
    """One entry per (score, minutes after the opening when it was reached), with its seat and its score's parts."""
    owners = make_members(len(scores))
    entries = Entry.objects.bulk_create(
        [
            Entry(
                run=run,
                owner=owner,
                opened_at=run.opens_at,
                score=score,
                score_at=run.opens_at + timedelta(minutes=minutes),
                seed=1,
                count=1,
                capacity=1,
            )
            for owner, (score, minutes) in zip(owners, scores, strict=True)
        ]
    )
    seats, points = [], []
    for entry in entries:
        common = {"run": run, "entry": entry, "member_id": entry.owner_id}
        key = f"m{entry.owner_id}"
        seats.append(Contribution(**common, kind="seat", key=key, value=0, at=run.opens_at))
        if entry.score:
            points.append(
                Contribution(
                    **common, kind="score", key="x", value=entry.score, at=entry.score_at, is_seat=False
                )
            )
    Contribution.objects.bulk_create([*seats, *points])
    return entries


def standing(run: Run) -> list[tuple[int | None, str, str]]:
    """(rank, state, reason) in order of opening."""
    return list(Entry.objects.filter(run=run).order_by("pk").values_list("rank", "state", "reason"))


@pytest.fixture
def no_promise_broken(db: None):
    yield
    assert not broken_promises()
