"""C3 with real connections: budget and codes used up exactly, each with a control that fails without its guard."""

from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.campaigns.enums import BenefitKind
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Code, Entry, Grant
from apps.campaigns.services.codes import taking
from apps.campaigns.services.granting import stock
from tests.campaigns.factories import make_benefit, make_members, make_run
from tests.campaigns.granting.conftest import give, open_entry, spent, torn
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def entries(run, quantity: int) -> list[Entry]:
    return [open_entry(run, owner=member) for member in make_members(quantity)]


def outcomes(results) -> tuple[int, set[str]]:
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, Refused) for one in refused), refused
    return len(results) - len(refused), {one.code for one in refused}


def test_a_budget_is_exactly_used_up_by_fifty_at_once():
    benefit = make_benefit(cost=Decimal("3.30"))
    run = make_run("assist", slots={"prize": benefit}, budget=Decimal("33.00"))
    results = together([lambda e=e: give(e) for e in entries(run, 50)], threads=25)
    assert outcomes(results) == (10, {"no_budget"})
    assert spent(run.pk) == Decimal("33.00")
    assert not torn()


def test_control_looking_at_the_budget_first_overspends(monkeypatch):
    """The same race with the fault of the field: look, then add; and without the CHECK behind."""

    def spend(*, run_id: int, cost: Decimal) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT budget, granted_cost FROM campaigns_runstock WHERE run_id = %s", [run_id])
            budget, granted = cursor.fetchone()
            if granted + cost > budget:
                return False
            cursor.execute("SELECT pg_sleep(0.02)")
            cursor.execute(
                "UPDATE campaigns_runstock SET granted_cost = granted_cost + %s WHERE run_id = %s",
                [cost, run_id],
            )
        return True

    monkeypatch.setattr(stock, "spend", spend)
    run = make_run("assist", slots={"prize": make_benefit(cost=Decimal("3.30"))}, budget=Decimal("33.00"))
    made = entries(run, 25)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_runstock DROP CONSTRAINT run_budget_holds")
    try:
        together([lambda e=e: give(e) for e in made], threads=25)
        assert spent(run.pk) > Decimal("33.00")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE campaigns_runstock SET granted_cost = 0")
            cursor.execute(
                "ALTER TABLE campaigns_runstock ADD CONSTRAINT run_budget_holds"
                " CHECK (budget IS NULL OR granted_cost <= budget)"
            )


def test_a_pool_of_ten_codes_goes_to_ten_of_fifty():
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.bulk_create([Code(benefit=benefit, value=f"C{n}") for n in range(10)])
    run = make_run("assist", slots={"prize": benefit})
    results = together([lambda e=e: give(e) for e in entries(run, 50)], threads=25)
    assert outcomes(results) == (10, {"sold_out"})
    assert Code.objects.filter(taken_at__isnull=False).count() == 10
    assert Code.objects.values("grant_id").distinct().count() == 10
    assert not torn()


def test_control_codes_without_locks_are_given_twice(monkeypatch):
    """Without FOR UPDATE, and without the benefit's row that its stock locks, two take the same code."""
    monkeypatch.setattr(taking, "_TAKE", taking._TAKE.replace("FOR UPDATE SKIP LOCKED", ""))
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.bulk_create([Code(benefit=benefit, value=f"C{n}") for n in range(25)])

    def take(number: int) -> bool:
        with transaction.atomic():
            short = taking.take_codes(benefit_id=benefit.pk, wanted={number: 1}, now=run.opens_at)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.02)")
            return not short

    run = make_run("assist")
    together([lambda n=n: take(n) for n in range(1, 26)], threads=25)
    held = Code.objects.filter(taken_at__isnull=False).values("grant_id").distinct().count()
    assert held < 25, "somebody was told that a code is theirs, and it went to another"


def test_the_same_give_at_once_is_one_grant():
    run = make_run("assist", slots={"prize": make_benefit()})
    [entry] = entries(run, 1)

    def one() -> list[int]:
        with transaction.atomic():
            Entry.objects.select_for_update().get(pk=entry.pk)  # as the engine does
            return give(entry)

    results = together([one for _n in range(16)])
    assert sorted(len(ids) for ids in results) == [0] * 15 + [1]
    assert Grant.objects.count() == 1
    assert not torn()
