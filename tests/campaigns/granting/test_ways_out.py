"""C3, C13: each way out of a state begins in that state alone, so that nothing is paid, counted or let go twice."""

from decimal import Decimal

import pytest

from apps.campaigns.enums import BenefitKind, FlagState, GrantState
from apps.campaigns.models import Flag, Grant, Run, RunStock
from apps.campaigns.services.granting.holding import fund_unfunded, release_held, retry_failed
from apps.core.clock import database_now
from apps.core.errors import WrongState
from apps.members.models import Member
from tests.campaigns.factories import make_benefit
from tests.campaigns.granting.conftest import give, spent, the_grant, torn

WAYS = {release_held: GrantState.HELD, fund_unfunded: GrantState.UNFUNDED, retry_failed: GrantState.FAILED}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    "state",
    [GrantState.HELD, GrantState.UNFUNDED, GrantState.FAILED, GrantState.SENDING, GrantState.UNKNOWN],
)
def test_a_way_out_of_one_state_is_none_out_of_another(giving, architect, way, state):
    """A release that funds, or pays an unknown red packet anew, is money out of nowhere."""
    if WAYS[way] == state:
        pytest.skip("its own state")
    entry = giving(make_benefit(BenefitKind.RED_PACKET))
    give(entry)
    Grant.objects.filter(entry=entry).update(state=state)
    before = spent(entry.run_id)
    with pytest.raises(WrongState):
        way(grant=the_grant(entry), actor=architect, now=database_now())
    assert (the_grant(entry).state, spent(entry.run_id)) == (state, before)


def test_what_is_funded_while_its_entry_is_under_suspicion_is_held(giving, architect):
    """C13: the budget coming is no answer to the question that a flag asks."""
    entry = giving(make_benefit(), budget="0.00")
    give(entry, may_wait=True, is_held=True)
    assert the_grant(entry).state == GrantState.UNFUNDED
    Flag.objects.create(
        run=Run.objects.get(pk=entry.run_id),
        entry=entry,
        member_id=entry.owner_id,
        rule="burst",
        key="1",
        score=90,
    )
    RunStock.objects.update(budget=Decimal("5.00"))
    fund_unfunded(grant=the_grant(entry), actor=architect, now=database_now())
    owner = Member.objects.get(pk=entry.owner_id)
    assert (the_grant(entry).state, owner.points_balance) == (GrantState.HELD, 0)
    assert spent(entry.run_id) == Decimal("1.00")
    Flag.objects.update(state=FlagState.RELEASED, decided_at=database_now())
    release_held(grant=the_grant(entry), actor=architect, now=database_now())
    owner.refresh_from_db()
    assert owner.points_balance == 10
    assert not torn()
