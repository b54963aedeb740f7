"""Pools: filled by the thousand, no code twice, an alarm before they run dry."""

import pytest

from apps.accounts.models import AuditEntry
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Benefit, Code
from apps.campaigns.services.codes.adding import Added, add_codes, lines_of
from apps.campaigns.services.codes.low_stock import warn_low_stock
from apps.core.clock import database_now
from apps.core.errors import Invalid
from tests.campaigns.factories import make_benefit

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool():
    return make_benefit(BenefitKind.CODE, low_stock=2)


def add(pool, lines, actor=None):
    return add_codes(benefit=pool, lines=lines, actor=actor, now=database_now())


def test_every_line_is_accounted_for(pool, architect):
    added = add(pool, ["A1", " A2\r\n", "", "A1", "x" * 121, "a\\b\tc", "\ufeffA3", "N\0"], architect)
    assert added == Added(read=7, added=4, repeated=1, unusable=2)
    assert list(Code.objects.values_list("value", flat=True)) == ["A1", "A2", "a\\b\tc", "A3"]
    assert add(pool, ["A1", "A9"]) == Added(read=2, added=1, repeated=1, unusable=0)
    assert AuditEntry.objects.filter(action="code.add").count() == 2


def test_the_same_code_may_be_in_another_pool(pool):
    other = make_benefit(BenefitKind.CODE)
    assert add(pool, ["A1"]).added == add(other, ["A1"]).added == 1


def test_files_of_excel_in_china_are_read():
    assert [line.strip() for line in lines_of("码一\n码二\n".encode("gb18030"))] == ["码一", "码二"]
    assert [line.strip() for line in lines_of("\ufeff码一\n".encode())] == ["码一"]


def test_only_codes_have_a_pool():
    with pytest.raises(Invalid):
        add(make_benefit(), ["A1"])


def _give(pool, quantity: int) -> None:
    for number, code in enumerate(Code.objects.free()[:quantity], start=1):
        Code.objects.filter(pk=code.pk).update(taken_at=database_now(), grant_id=number)
    Benefit.objects.filter(pk=pool.pk).update(issued=Code.objects.filter(taken_at__isnull=False).count())


def test_the_alarm_rings_once_per_crossing(pool, architect):
    add(pool, ["A1", "A2", "A3", "A4"])
    assert warn_low_stock(now=database_now()) == 0
    _give(pool, 1)
    assert warn_low_stock(now=database_now()) == 0
    _give(pool, 1)
    assert warn_low_stock(now=database_now()) == 1
    _give(pool, 1)
    assert warn_low_stock(now=database_now()) == 0
    add(pool, ["B1", "B2", "B3"])
    assert warn_low_stock(now=database_now()) == 0
    _give(pool, 2)
    assert warn_low_stock(now=database_now()) == 1
    assert [notice.text for notice in architect.notices.order_by("id")] == [
        f"“{pool.name}”只剩 2 份，请尽快补货。",
        f"“{pool.name}”只剩 2 份，请尽快补货。",
    ]


def test_a_stock_rings_too_and_an_endless_or_untouched_one_never(architect):
    make_benefit(stock=10, issued=9, name="杯子")
    make_benefit(stock=10, name="没发过")
    make_benefit(issued=5, name="不限")
    make_benefit(BenefitKind.CODE, name="空的新码池")
    assert warn_low_stock(now=database_now()) == 1
    assert "杯子" in architect.notices.get().text
