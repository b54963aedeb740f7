"""Rows that break a promise are found (C2, C4, C5, C7, C8, C9, C10)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from apps.campaigns.enums import RunState
from apps.campaigns.models import Claim, Contribution, Entry, MemberQuota, Run
from apps.campaigns.services.settling import settle_due_runs
from apps.core.clock import database_now
from apps.orders.models import Order, Payment
from tests.campaigns.factories import make_member
from tests.campaigns.settling.conftest import enter, make_contest
from tests.channels.conftest import broken_promises

pytestmark = pytest.mark.django_db

ENTRIES = "campaigns_entry"


def without(table: str, *names: str) -> None:
    """Drop constraints for the rest of this test's transaction; its end brings them back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"SELECT 1 FROM pg_constraint WHERE conname = '{name}'")
            is_constraint = cursor.fetchone()
            cursor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name}" if is_constraint else f"DROP INDEX {name}"
            )


def doubled_key(run: Run, first: Entry, second: Entry) -> None:
    without("campaigns_contribution", "contribution_once")
    part = Contribution.objects.filter(entry=first).first()
    part.pk = None
    part.value = Decimal(0)
    part.is_seat = False
    part.save()


def past_a_limit(run: Run, first: Entry, second: Entry) -> None:
    without("campaigns_memberquota", "member_quota_holds")
    MemberQuota.objects.create(run=run, member_id=first.owner_id, scope="help", used=2, most=1)


def over_the_ceiling(run: Run, first: Entry, second: Entry) -> None:
    without(ENTRIES, "entry_never_over_ceiling")
    Entry.objects.filter(pk=first.pk).update(ceiling=1)


def wrong_sum(run: Run, first: Entry, second: Entry) -> None:
    Entry.objects.filter(pk=second.pk).update(score=Decimal("7.99"))


def over_capacity(run: Run, first: Entry, second: Entry) -> None:
    without(ENTRIES, "entry_never_over_capacity")
    Entry.objects.filter(pk=first.pk).update(capacity=0)


def money_kept(run: Run, first: Entry, second: Entry) -> None:
    now = database_now()
    order = Order.objects.create(
        number="O1", member_id=second.owner_id, title="拼团", unit_price=5, amount=5, paid_amount=5, state="paid",
        provider="manual", ordered_at=now, paid_at=now,
    )  # fmt: skip
    Payment.objects.create(order=order, provider="manual", transaction_no="t", amount=5, paid_at=now)
    Entry.objects.filter(pk=second.pk).update(state="failed", ended_at=now)
    Contribution.objects.filter(entry=second, is_seat=True).update(order=order)


def swapped_ranks(run: Run, first: Entry, second: Entry) -> None:
    Entry.objects.filter(pk=first.pk).update(rank=2)
    Entry.objects.filter(pk=second.pk).update(rank=1)


def claim_of_nobody(run: Run, first: Entry, second: Entry) -> None:
    Claim.objects.create(run=run, key="gift", entry_id=second.pk + 1_000)


def two_claimants(run: Run, first: Entry, second: Entry) -> None:
    without(ENTRIES, "entry_never_over_capacity")
    other = make_member()
    Contribution.objects.create(
        run=run, entry=first, member=other, kind="claim", key="2", value=0, at=run.opens_at
    )
    Entry.objects.filter(pk=first.pk).update(count=2)


def still_open(run: Run, first: Entry, second: Entry) -> None:
    Entry.objects.filter(pk=second.pk).update(state="open")


@pytest.mark.parametrize(
    ("promise", "name", "spoil"),
    [
        ("C2", "an entry has one live contribution per key", doubled_key),
        ("C2", "nobody is past a limit", past_a_limit),
        ("C4", "no score is over its ceiling", over_the_ceiling),
        ("C4", "an entry's score, count and pending count are those of its contributions", wrong_sum),
        ("C5", "no entry has more seats than its capacity", over_capacity),
        ("C5", "who paid for a seat of an entry that failed gets everything back", money_kept),
        ("C7", "ranks of a settled run are in the order of scores, without gaps", swapped_ranks),
        ("C8", "what only one may hold is held by an entry of the same run", claim_of_nobody),
        ("C9", "an entry with one seat has at most one counted seat", two_claimants),
        ("C10", "a settled run has no entry that is still going on", still_open),
    ],
)  # fmt: skip
def test_a_broken_promise_is_found(
    promise: str, name: str, spoil: Callable[[Run, Entry, Entry], None]
) -> None:
    run = make_contest()
    first, second = enter(run, [(9, 1), (8, 2)])
    settle_due_runs(now=database_now())
    run.refresh_from_db()
    assert run.state == RunState.SETTLED
    assert not broken_promises()
    spoil(run, first, second)
    assert (promise, name) in [(found, what) for found, what, _count in broken_promises()]


def test_a_score_that_is_voided_after_settlement_leaves_ranks_as_they_were() -> None:
    """C7: ranks stand once prizes are out; a person voids the grant."""
    from apps.campaigns.services.engine import act_as_system

    run = make_contest()
    first, _second = enter(run, [(9, 1), (8, 2)])
    settle_due_runs(now=database_now())
    part = Contribution.objects.get(entry=first, kind="score")
    later = database_now() + timedelta(seconds=1)
    act_as_system(entry_id=first.pk, verb="voided", part_id=part.pk, reason="risk", now=later)
    first.refresh_from_db()
    assert (first.rank, first.score) == (1, 0)
    assert not broken_promises()
