"""Does a campaign pay: sums, verdict and shortages."""

from decimal import Decimal

import pytest

from apps.campaigns.enums import BenefitKind
from apps.campaigns.mechanics.registry import all_mechanics, get_mechanic
from apps.campaigns.models import Code
from apps.campaigns.selectors.economics import Gift, economics_of
from tests.campaigns.factories import make_benefit


def economics(gifts=(), *, entries=100, budget=None, key="assist", stock=None, **rules):
    mechanic = get_mechanic(key)
    return economics_of(
        mechanic=mechanic,
        rules=mechanic.rules_type.load(rules),
        gifts=list(gifts),
        entries=entries,
        budget=None if budget is None else Decimal(budget),
        stock=stock,
    )


def test_sums_are_the_mechanics_costs_times_the_entries_to_the_cent(db):
    gift = make_benefit(cost=Decimal("3.33"))
    found = economics([Gift("stage_3", gift, 2)], stages=[3], entries=7)
    assert {e.key: e.total for e in found.estimates} == {
        "best": Decimal("0.00"),
        "expected": Decimal("14.00"),  # 2.00 each: 30% of 6.66, to the cent
        "worst": Decimal("46.62"),
    }
    assert not found.is_per_run


@pytest.mark.parametrize(
    ("budget", "level", "words"),
    [
        ("350.00", "good", "在预算 ¥350.00 之内"),
        ("349.99", "warn", "超出预算 ¥0.01"),
        ("105.00", "warn", "超出预算 ¥245.00"),
        ("104.99", "bad", "超出预算 ¥0.01"),
        (None, "warn", "还没有设预算"),
    ],
)
def test_the_verdict_turns_exactly_at_the_budget(db, budget, level, words):
    gift = make_benefit(cost=Decimal("3.50"))
    found = economics([Gift("stage_3", gift)], stages=[3], budget=budget)
    assert found.level == level
    assert words in found.sentence


def test_nothing_costs_nothing(db):
    assert economics().level == "good"


def test_prizes_of_a_contest_are_counted_once_a_period(db):
    mechanic = get_mechanic("contest")
    slot = mechanic.slots(mechanic.rules_type())[0].key
    gift = make_benefit(cost=Decimal("10.00"))
    few = economics([Gift(slot, gift)], key="contest", entries=10)
    many = economics([Gift(slot, gift)], key="contest", entries=100_000)
    assert few.is_per_run
    assert few.estimates == many.estimates


def test_gifts_that_would_not_last_are_named(db):
    gift = make_benefit(name="洗衣凝珠", stock=40, issued=11)
    assert economics([Gift("stage_3", gift)], stages=[3], entries=96).shortages == ()
    [line] = economics([Gift("stage_3", gift)], stages=[3], entries=100).shortages
    assert "洗衣凝珠" in line
    assert "29" in line
    assert "30" in line


def test_a_pool_of_codes_lasts_as_long_as_its_free_codes(db, django_assert_num_queries):
    pool = make_benefit(BenefitKind.CODE, name="视频会员码")
    Code.objects.bulk_create(Code(benefit=pool, value=f"c{n}") for n in range(2))
    with django_assert_num_queries(1):
        [line] = economics([Gift("stage_3", pool)], stages=[3], entries=10).shortages
    assert "视频会员码" in line
    assert "2" in line


def test_a_stock_below_the_expected_entries_is_said_where_stock_counts(db):
    assert any("先到先得" in line for line in economics(key="bargain", stock=5, entries=10).shortages)
    assert economics(key="assist", stock=5, entries=10).shortages == ()


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_every_mechanic_can_be_reckoned(db, key):
    mechanic = all_mechanics()[key]
    gift = make_benefit(cost=Decimal("1.00"))
    gifts = [Gift(slot.key, gift) for slot in mechanic.slots(mechanic.rules_type())]
    found = economics(gifts, key=key, budget="10.00")
    best, expected, worst = (estimate.total for estimate in found.estimates)
    assert 0 <= best <= expected <= worst
    assert all(0 <= estimate.percent <= 100 for estimate in found.estimates)
