"""Entries that give, without a mechanic: what is proved here is giving itself."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from apps.campaigns.mechanics.base import Give
from apps.campaigns.models import Benefit, Entry, Grant, Run, RunStock
from apps.campaigns.selectors.plans import read_plan
from apps.campaigns.services.granting.giving import give_all
from apps.core.clock import database_now
from tests.campaigns.factories import make_member, make_run


def open_entry(run: Run, **fields: Any) -> Entry:
    """An entry of a new member."""
    now = database_now()
    values = {"owner": make_member(), "score_at": now, "opened_at": now, "seed": 1} | fields
    return Entry.objects.create(run=run, **values)


def give(
    entry: Entry, *keys: str, slot: str = "prize", may_wait: bool = False, is_held: bool = False
) -> list[int]:
    """Give ``slot`` to the entry's owner once per key, in a transaction like the engine's."""
    run = Run.objects.select_related("campaign").get(pk=entry.run_id)
    gives = [Give(slot, entry.owner_id, key, may_wait=may_wait) for key in keys or ("prize",)]
    with transaction.atomic():
        return give_all(
            run_id=run.pk,
            entry_id=entry.pk,
            gives=gives,
            plan=read_plan(run),
            is_held=is_held,
            now=database_now(),
        )


@pytest.fixture
def giving(db: None) -> Callable[..., Entry]:
    """``giving(benefit, budget="10.00")`` → an entry of a run whose slot ``prize`` holds the benefits."""

    def make(*benefits: Benefit, budget: str | None = None, **fields: Any) -> Entry:
        limit = None if budget is None else Decimal(budget)
        return open_entry(make_run("assist", slots={"prize": list(benefits)}, budget=limit, **fields))

    return make


def the_grant(entry: Entry) -> Grant:
    return Grant.objects.select_related("benefit", "run__campaign").get(entry=entry)


def spent(run_id: int) -> Decimal:
    return RunStock.objects.get(pk=run_id).granted_cost


def torn(run_ids: Sequence[int] = ()) -> list[str]:
    """Which sums do not agree with the grants: budgets, stock, codes (C3)."""
    costed = "state NOT IN ('void', 'unfunded')"
    checks = {
        "budget": "SELECT 1 FROM campaigns_runstock s WHERE granted_cost <> coalesce((SELECT sum(cost)"
        f" FROM campaigns_grant g WHERE g.run_id = s.run_id AND {costed}), 0) OR granted_cost > budget",
        "stock": "SELECT 1 FROM campaigns_benefit b WHERE issued <> coalesce((SELECT sum(quantity)"
        f" FROM campaigns_grant g WHERE g.benefit_id = b.id AND {costed}), 0)"
        " + (SELECT count(*) FROM campaigns_coupon c WHERE c.benefit_id = b.id AND c.grant_id IS NULL)"
        " OR issued > stock",
        "codes": "SELECT 1 FROM campaigns_grant g WHERE kind = 'code' AND state = 'issued' AND quantity <>"
        " (SELECT count(*) FROM campaigns_code c WHERE c.grant_id = g.id)",
        "events": "SELECT 1 FROM campaigns_runstock s WHERE granted_cost <> coalesce((SELECT sum(value) FROM"
        " events_event e WHERE kind IN ('benefit.granted', 'benefit.voided') AND (data->>'run')::int = s.run_id), 0)",
    }
    with connection.cursor() as cursor:
        found = []
        for name, sql in checks.items():
            cursor.execute(f"SELECT count(*) FROM ({sql}) v")
            if cursor.fetchone()[0]:
                found.append(name)
    return found
