"""C10, C13: what was left pending, held or unfunded reaches its member once, also over a killed worker."""

import signal
import subprocess
import sys
from decimal import Decimal

import pytest

from apps.accounts.models import AuditEntry
from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Code, Grant, RunStock
from apps.campaigns.services.codes.adding import add_codes
from apps.campaigns.services.granting.holding import fund_unfunded, hold_grant, release_held
from apps.campaigns.services.granting.pending import issue_pending
from apps.core.clock import database_now
from apps.core.errors import WrongState
from apps.members.models import Member, PointsEntry
from tests.campaigns.factories import make_benefit
from tests.campaigns.granting.conftest import give, the_grant, torn
from tests.campaigns.together import together
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT


@pytest.fixture
def settled(giving):
    """Grants as settlement writes them: counted, pending."""

    def make(benefit, *keys: str):
        entry = giving(benefit)
        give(entry, *keys, is_held=True)
        Grant.objects.filter(entry=entry).update(state=GrantState.PENDING)
        return entry

    return make


@pytest.mark.django_db
def test_pending_grants_are_issued_once(settled):
    entry = settled(make_benefit(), "a", "b", "c")
    assert issue_pending(now=database_now(), limit=2) == 2
    assert issue_pending(now=database_now()) == 1
    assert issue_pending(now=database_now()) == 0
    assert Member.objects.get(pk=entry.owner_id).points_balance == 30
    assert not torn()


@pytest.mark.django_db
def test_a_pending_parcel_waits_for_its_address(settled):
    entry = settled(make_benefit(BenefitKind.PHYSICAL), "a")
    issue_pending(now=database_now())
    assert the_grant(entry).state == GrantState.AWAITING_ADDRESS


@pytest.mark.django_db
def test_an_empty_pool_fails_aloud_and_a_refill_brings_it_back(settled, architect):
    benefit = make_benefit(BenefitKind.CODE)
    entry = settled(benefit, "a")
    issue_pending(now=database_now())
    assert the_grant(entry).state == GrantState.FAILED
    assert architect.notices.count() == 1
    add_codes(benefit=benefit, lines=["C1"], actor=architect, now=database_now())
    issue_pending(now=database_now())
    assert the_grant(entry).state == GrantState.ISSUED
    assert Code.objects.get().grant_id == the_grant(entry).pk
    assert not torn()


@pytest.mark.django_db
def test_a_release_issues_at_once_and_is_audited(giving, architect):
    entry = giving(make_benefit())
    give(entry, is_held=True)
    released = release_held(grant=the_grant(entry), actor=architect, now=database_now(), reason="本人已核实")
    assert released.state == GrantState.ISSUED
    assert AuditEntry.objects.get(action="grant.release").reason == "本人已核实"
    with pytest.raises(WrongState):
        release_held(grant=released, actor=architect, now=database_now())
    assert PointsEntry.objects.count() == 1
    assert not torn()


@pytest.mark.django_db
def test_only_what_has_not_set_out_can_be_held(giving):
    entry = giving(make_benefit(BenefitKind.RED_PACKET))
    give(entry, "packet")
    assert hold_grant(grant=the_grant(entry), reason="同一设备", now=database_now())
    assert the_grant(entry).state == GrantState.HELD
    issued = giving(make_benefit())
    give(issued)
    assert not hold_grant(grant=the_grant(issued), reason="同一设备", now=database_now())


@pytest.mark.django_db
def test_an_unfunded_grant_is_given_when_there_is_budget(giving, architect):
    entry = giving(make_benefit(), budget="0.50")
    give(entry, may_wait=True)
    with pytest.raises(Refused) as refused:
        fund_unfunded(grant=the_grant(entry), actor=architect, now=database_now())
    assert refused.value.code == "no_budget"
    RunStock.objects.update(budget=Decimal("1.00"))
    assert fund_unfunded(grant=the_grant(entry), actor=architect, now=database_now()).state == "issued"
    assert not torn()


@pytest.mark.django_db(transaction=True)
def test_many_ticks_at_once_issue_each_once(settled):
    entry = settled(make_benefit(), *[f"k{n}" for n in range(40)])
    together([lambda: issue_pending(now=database_now(), limit=5) for _n in range(16)], threads=4)
    assert Member.objects.get(pk=entry.owner_id).points_balance == 400
    assert PointsEntry.objects.count() == 40
    assert not torn()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failpoint", ["grant.claimed", "grant.issued"])
def test_killed_while_issuing_gives_each_once(settled, failpoint):
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.bulk_create([Code(benefit=benefit, value=f"C{n}") for n in range(3)])
    settled(benefit, "a", "b", "c")
    worker = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.granting.runner", "issue"],
        cwd=ROOT,
        env=child_environment("http://127.0.0.1:9", FAILPOINT=failpoint),
        timeout=100,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    assert set(Grant.objects.values_list("state", flat=True)) == {GrantState.PENDING}
    assert issue_pending(now=database_now()) == 3
    assert set(Grant.objects.values_list("state", flat=True)) == {GrantState.ISSUED}
    assert Code.objects.values("grant_id").distinct().count() == 3
    assert not torn()
