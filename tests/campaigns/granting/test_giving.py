"""C3: once per key, within budget and stock. C6: instant kinds reach everybody in the same transaction."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.campaigns.enums import BenefitKind, CouponKind, CouponState, GrantState
from apps.campaigns.mechanics.base import Give, Refused
from apps.campaigns.models import Benefit, Code, Coupon, Grant, Run, RunStock
from apps.campaigns.selectors.plans import read_plan
from apps.campaigns.services.granting.giving import give_all
from apps.campaigns.services.granting.taking import take_back, void_grant
from apps.core.clock import database_now
from apps.events.models import Event
from apps.members.models import Member, PointsEntry
from apps.members.services.points import move_points
from tests.campaigns.factories import make_benefit
from tests.campaigns.granting.conftest import give, open_entry, spent, the_grant, torn


def test_a_give_is_one_grant_however_often_it_is_asked_for(giving):
    entry = giving(make_benefit())
    assert len(give(entry)) == 1
    assert give(entry) == []
    assert len(give(entry, "prize", "another")) == 1
    assert Member.objects.get(pk=entry.owner_id).points_balance == 20
    assert spent(entry.run_id) == Decimal("2.00")
    assert Event.objects.filter(kind="benefit.granted").count() == 2
    assert not torn()


def test_an_empty_slot_gives_nothing(giving):
    assert give(giving(make_benefit()), slot="nobody") == []


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (BenefitKind.POINTS, GrantState.ISSUED),
        (BenefitKind.MEMBERSHIP, GrantState.ISSUED),
        (BenefitKind.COUPON, GrantState.ISSUED),
        (BenefitKind.PHYSICAL, GrantState.AWAITING_ADDRESS),
        (BenefitKind.RED_PACKET, GrantState.PENDING),
    ],
)
def test_where_each_kind_goes(giving, kind, state):
    entry = giving(make_benefit(kind))
    give(entry)
    grant = the_grant(entry)
    assert grant.state == state
    assert (grant.issued_at is not None) == (state == GrantState.ISSUED)


def test_several_benefits_of_a_slot_arrive_together(giving):
    points, days, coupon = (
        make_benefit(kind) for kind in (BenefitKind.POINTS, BenefitKind.MEMBERSHIP, BenefitKind.COUPON)
    )
    entry = giving(points, days, coupon)
    now = database_now()
    assert len(give(entry)) == 3
    owner = Member.objects.get(pk=entry.owner_id)
    assert owner.points_balance == 10
    assert owner.membership_until > now + timedelta(days=9)
    wallet = Coupon.objects.get()
    assert (wallet.member_id, wallet.kind, wallet.value) == (owner.pk, CouponKind.FIXED, Decimal("5.00"))
    assert wallet.valid_until - wallet.valid_from == timedelta(days=7)
    assert not torn()


def test_a_budget_that_is_used_up_refuses_and_undoes_everything(giving):
    entry = giving(make_benefit(cost=Decimal("4.00")), budget="7.00")
    give(entry)
    with pytest.raises(Refused) as refused:
        give(entry, "second")
    assert refused.value.code == "no_budget"
    assert Grant.objects.count() == 1
    assert not torn()


def test_who_may_wait_is_kept_without_cost(giving):
    entry = giving(make_benefit(cost=Decimal("4.00")), budget="7.00")
    give(entry, "first", "second", may_wait=True)
    assert list(Grant.objects.order_by("id").values_list("state", flat=True)) == ["issued", "unfunded"]
    assert spent(entry.run_id) == Decimal("4.00")
    assert PointsEntry.objects.count() == 1
    assert not torn()


def test_a_stock_that_is_used_up_refuses(giving):
    entry = giving(make_benefit(stock=1))
    give(entry)
    with pytest.raises(Refused) as refused:
        give(entry, "second")
    assert refused.value.code == "sold_out"
    give(entry, "third", may_wait=True)
    assert Grant.objects.get(give_key="third").state == GrantState.UNFUNDED
    assert not torn()


def test_a_code_is_given_once_and_an_empty_pool_refuses(giving):
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.bulk_create([Code(benefit=benefit, value=f"C{n}") for n in range(2)])
    entry = giving(benefit)
    give(entry, "a", "b")
    assert sorted(Code.objects.values_list("grant_id", flat=True)) == sorted(
        Grant.objects.values_list("pk", flat=True)
    )
    with pytest.raises(Refused) as refused:
        give(entry, "c")
    assert refused.value.code == "sold_out"
    give(entry, "d", may_wait=True)
    assert Grant.objects.get(give_key="d").state == GrantState.UNFUNDED
    assert not torn()


def test_a_grant_gets_all_of_its_codes_or_none(giving):
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.bulk_create([Code(benefit=benefit, value=f"C{n}") for n in range(3)])
    entry = giving(benefit)
    entry.run.plan["slots"]["prize"][0]["quantity"] = 2
    entry.run.save()
    give(entry, "a", "b", may_wait=True)
    assert Code.objects.filter(taken_at__isnull=False).count() == 2
    assert not torn()


def test_coupons_whose_last_day_is_over_are_not_given(giving):
    past = database_now() - timedelta(days=1)
    entry = giving(make_benefit(BenefitKind.COUPON, coupon_valid_until=past))
    with pytest.raises(Refused):
        give(entry)
    assert not torn()


def test_what_is_held_costs_but_does_not_arrive(giving):
    entry = giving(make_benefit())
    give(entry, is_held=True)
    assert the_grant(entry).state == GrantState.HELD
    assert not PointsEntry.objects.exists()
    assert spent(entry.run_id) == Decimal("1.00")
    assert not torn()


def test_taking_back_gives_cost_stock_and_points_back_exactly_and_may_be_earned_again(giving):
    entry = giving(make_benefit(cost=Decimal("3.33"), stock=1), budget="3.33")
    give(entry)
    assert take_back(entry_id=entry.pk, give_key="prize", reason="voided", now=database_now()) == 1
    assert spent(entry.run_id) == 0
    assert Member.objects.get(pk=entry.owner_id).points_balance == 0
    assert not torn()
    assert len(give(entry)) == 1
    assert Member.objects.get(pk=entry.owner_id).points_balance == 10
    assert not torn()


def test_what_a_person_voided_is_not_given_again(giving, architect):
    entry = giving(make_benefit())
    give(entry)
    assert void_grant(grant=the_grant(entry), reason="刷单", actor=architect, now=database_now())
    assert give(entry) == []
    assert the_grant(entry).reason == "刷单"
    assert not torn()


def test_points_that_were_spent_stay_given_and_somebody_is_told(giving, architect):
    entry = giving(make_benefit())
    give(entry)
    move_points(member_id=entry.owner_id, delta=-5, key="spend", note="", now=database_now())
    assert not void_grant(grant=the_grant(entry), reason="刷单", actor=None, now=database_now())
    grant = the_grant(entry)
    assert grant.state == GrantState.ISSUED
    assert "刷单" in grant.reason
    assert architect.notices.count() == 1
    assert not torn()


def test_a_coupon_comes_back_unless_it_was_used(giving):
    entry = giving(make_benefit(BenefitKind.COUPON))
    give(entry, "a", "b")
    first, second = Coupon.objects.order_by("id")
    now = database_now()
    Coupon.objects.filter(pk=first.pk).update(state=CouponState.USED, used_at=now)
    assert take_back(entry_id=entry.pk, give_key="a", reason="voided", now=now) == 0
    assert take_back(entry_id=entry.pk, give_key="b", reason="voided", now=now) == 1
    second.refresh_from_db()
    assert second.state == CouponState.VOID
    assert not torn()


def test_a_code_given_counts_as_seen(giving):
    benefit = make_benefit(BenefitKind.CODE)
    Code.objects.create(benefit=benefit, value="C1")
    entry = giving(benefit)
    give(entry)
    assert take_back(entry_id=entry.pk, give_key="prize", reason="voided", now=database_now()) == 0
    assert Code.objects.get().taken_at is not None
    assert not torn()


def test_two_entries_share_one_budget(giving):
    entry = giving(make_benefit(), budget="1.00")
    give(entry)
    with pytest.raises(Refused):
        give(open_entry(entry.run))
    assert RunStock.objects.get().granted_cost == Decimal("1.00")
    assert Benefit.objects.get().issued == 1


@pytest.mark.parametrize(
    ("kind", "queries"), [(BenefitKind.POINTS, 5), (BenefitKind.COUPON, 5), (BenefitKind.PHYSICAL, 4)]
)
def test_a_give_costs_few_statements(giving, django_assert_num_queries, kind, queries):
    """The hot path: the grant, the budget, the stock, the benefit itself, the event."""
    entry = giving(make_benefit(kind))
    plan = read_plan(Run.objects.select_related("campaign").get(pk=entry.run_id))
    with django_assert_num_queries(queries):
        give_all(
            run_id=entry.run_id,
            entry_id=entry.pk,
            gives=[Give("prize", entry.owner_id, "prize")],
            plan=plan,
            is_held=False,
            now=entry.opened_at,
        )
