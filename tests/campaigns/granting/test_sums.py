"""Budgets, stock, ledgers and events agree to the cent after any order of gives, holds, voids and fundings."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Code, Grant, RunStock
from apps.campaigns.services.granting.holding import fund_unfunded, release_held
from apps.campaigns.services.granting.pending import issue_pending
from apps.campaigns.services.granting.taking import take_back, void_grant
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_run
from tests.campaigns.granting.conftest import give, open_entry, torn
from tests.orders.conftest import broken_promises

KEYS = st.sampled_from(["a", "b", "c", "d"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), KEYS, st.booleans(), st.booleans()),
        st.tuples(st.sampled_from(["take_back", "void", "release", "fund"]), KEYS),
        st.tuples(st.just("raise_budget"), st.decimals("0.01", "5.00", places=2)),
        st.tuples(st.just("tick"), st.none()),
    ),
    max_size=12,
)


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=STEPS,
    cost=st.decimals("0.01", "3.33", places=2),
    budget=st.decimals("0.00", "9.99", places=2),
    stock=st.none() | st.integers(0, 5),
    codes=st.integers(0, 3),
)
def test_sums_agree_whatever_happens(steps, cost, budget, stock, codes):
    with transaction.atomic():
        points = make_benefit(cost=cost, stock=stock)
        code = make_benefit(BenefitKind.CODE, cost=cost)
        Code.objects.bulk_create([Code(benefit=code, value=f"C{n}") for n in range(codes)])
        run = make_run("assist", slots={"prize": [points, code]}, budget=budget)
        entry = open_entry(run)
        for step in steps:
            try:
                with transaction.atomic():
                    _take(step, entry, run)
            except Refused:
                pass
            assert not torn()
        assert not [one for one in broken_promises() if one[0] == "M4"]
        transaction.set_rollback(True)


def _take(step, entry, run) -> None:
    now = database_now()
    found = {
        "void": Grant.objects.exclude(state=GrantState.VOID),
        "release": Grant.objects.filter(state=GrantState.HELD),
        "fund": Grant.objects.filter(state=GrantState.UNFUNDED),
    }
    match step:
        case ("give", key, may_wait, is_held):
            give(entry, key, may_wait=may_wait, is_held=is_held)
        case ("take_back", key):
            take_back(entry_id=entry.pk, give_key=key, reason="voided", now=now)
        case ("raise_budget", amount):
            stock = RunStock.objects.get(pk=run.pk)
            stock.budget = stock.budget + Decimal(amount)
            stock.save()
        case ("tick", _):
            issue_pending(now=now)
        case (what, key):
            grant = found[what].filter(entry=entry, give_key=key).first()
            if grant is None:
                return
            if what == "void":
                void_grant(grant=grant, reason="x", actor=None, now=now)
            else:
                {"release": release_held, "fund": fund_unfunded}[what](grant=grant, actor=None, now=now)
