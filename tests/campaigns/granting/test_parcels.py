"""Parcels: the address is the member's, shown to few; the warehouse's file goes out and comes back."""

import io

import pytest
from django.db import connection

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry
from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Campaign, Grant
from apps.campaigns.services.granting.addresses import (
    address_digest,
    address_of,
    fill_address,
    reveal_address,
)
from apps.campaigns.services.granting.shipping import ask_address_again, mark_received, ship
from apps.campaigns.services.granting.warehouse import (
    Line,
    header,
    read_shipments,
    ship_all,
    start_shipment_export,
)
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.spreadsheets import csv_lines
from community_ops.roles import sync_roles
from tests.campaigns.factories import make_benefit
from tests.campaigns.granting.conftest import give, open_entry

pytestmark = pytest.mark.django_db
HOME = {"name": "李雷", "phone": "138 0013 8000", "address": "浙江省杭州市西湖区文三路 1 号"}


@pytest.fixture
def parcels(giving):
    """``parcels(3)`` → grants of parcels that wait for their addresses, of one run."""

    def make(quantity: int) -> list[Grant]:
        first = giving(make_benefit(BenefitKind.PHYSICAL, name="保温杯"))
        for entry in [first, *[open_entry(first.run) for _n in range(quantity - 1)]]:
            give(entry)
        return list(Grant.objects.order_by("pk"))

    return make


def fill(grant: Grant, **fields) -> Grant:
    return fill_address(grant=grant, member_id=grant.member_id, now=database_now(), **(HOME | fields))


def test_the_member_fills_in_and_may_correct_until_it_is_shipped(parcels, architect):
    [grant] = parcels(1)
    filled = fill(grant)
    assert filled.state == GrantState.AWAITING_SHIPMENT
    assert address_of(filled).masked == "李* 138****8000 浙江省杭州市…"
    assert address_of(fill(grant, name="韩梅梅")).name == "韩梅梅"
    ship(grant=filled, company="顺丰", number="SF 1001", actor=architect, now=database_now())
    with pytest.raises(WrongState):
        fill(grant)
    received = mark_received(grant=grant, actor=None, member_id=grant.member_id, now=database_now())
    assert (received.state, received.shipping_number) == (GrantState.ISSUED, "SF1001")


def test_an_address_is_encrypted_and_its_digest_is_the_same_for_every_spelling(parcels):
    [grant] = parcels(1)
    filled = fill(grant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM campaigns_grant")
        assert "李雷" not in cursor.fetchone()[0]
    assert filled.address_hash == address_digest("浙江省杭州市西湖区，文三路１号")
    assert filled.address_hash != address_digest("浙江省杭州市西湖区文三路 2 号")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": " "}, "name"), ({"phone": "12"}, "phone"), ({"address": "杭州"}, "address")],
)
def test_what_is_missing_is_named(parcels, fields, field):
    [grant] = parcels(1)
    with pytest.raises(Invalid) as refused:
        fill(grant, **fields)
    assert refused.value.field == field


def test_nobody_fills_in_anothers(parcels):
    first, second = parcels(2)
    with pytest.raises(Refused) as refused:
        fill_address(grant=first, member_id=second.member_id, now=database_now(), **HOME)
    assert refused.value.code == "not_yours"
    with pytest.raises(NotAllowed):
        mark_received(grant=first, actor=None, member_id=second.member_id, now=database_now())


def test_revealing_needs_permission_sight_and_a_reason(parcels, make_user, team, architect):
    sync_roles()
    [grant] = parcels(1)
    fill(grant)
    for user in (make_user("analyst", Role.ANALYST, team), make_user("clerk", Role.MEMBER_SERVICE, team)):
        with pytest.raises(NotAllowed):
            reveal_address(grant=grant, actor=user, reason="核对")
    with pytest.raises(Invalid):
        reveal_address(grant=grant, actor=architect, reason=" ")
    grant.refresh_from_db()
    Campaign.objects.update(team=team)
    assert (
        reveal_address(grant=grant, actor=make_user("c2", Role.MEMBER_SERVICE, team), reason="核对").name
        == "李雷"
    )
    assert AuditEntry.objects.get(action="grant.reveal_address").reason == "核对"


def test_a_bad_address_is_asked_for_again(parcels, architect):
    [grant] = parcels(1)
    fill(grant)
    again = ask_address_again(grant=grant, reason="查无此楼", actor=architect, now=database_now())
    assert (again.state, again.reason) == (GrantState.AWAITING_ADDRESS, "查无此楼")


def test_exporting_needs_a_reason_and_is_audited(parcels, make_user, architect):
    grants = Grant.objects.filter(pk__in=[one.pk for one in parcels(2)])
    fill(grants[0], name="=cmd()")
    with pytest.raises(NotAllowed):
        start_shipment_export(grants=grants, actor=make_user("a", Role.ANALYST), reason="发货")
    with pytest.raises(Invalid):
        start_shipment_export(grants=grants, actor=architect, reason="")
    count, rows = start_shipment_export(grants=grants, actor=architect, reason="发货")
    text = "".join(csv_lines(header(), rows))
    assert count == 1
    assert "'=cmd()" in text, "S5: a formula is neutralised"
    assert "浙江省杭州市西湖区文三路 1 号" in text
    assert AuditEntry.objects.get(action="grant.export_shipments").detail["count"] == 1


def test_the_file_comes_back_with_a_preview_and_ships_once(parcels, architect):
    one, two, three, four, five = parcels(5)
    for number, grant in enumerate((one, two, three, four)):
        fill(grant, address=f"浙江省杭州市西湖区文三路 {number} 号")
    ship(grant=three, company="顺丰", number="OLD", actor=architect, now=database_now())
    text = "\n".join(
        [
            "快递单号,发放编号,快递公司",
            f"SF1,{one.pk},顺丰",
            f",{two.pk},",
            f"SF3,{three.pk},顺丰",
            f"SF4,{four.pk},",
            f"SF5,{five.pk},顺丰",
            "SF6,999999999,顺丰",
            f"SF7,{one.pk},顺丰",
            "SF8,abc,顺丰",
        ]
    )
    preview = read_shipments(file=io.BytesIO(text.encode("gb18030")), actor=architect)
    assert [shipment.outcome for shipment in preview] == [
        Line.READY,
        Line.EMPTY,
        Line.ALREADY,
        Line.WRONG,
        Line.NOT_WAITING,
        Line.UNKNOWN,
        Line.REPEATED,
        Line.UNKNOWN,
    ]
    assert all(shipment.problem for shipment in preview if shipment.outcome not in (Line.READY, Line.EMPTY))
    assert Grant.objects.filter(state=GrantState.SHIPPED).count() == 1
    done = ship_all(shipments=preview, actor=architect, now=database_now())
    assert [shipment.outcome for shipment in done] == [shipment.outcome for shipment in preview]
    one.refresh_from_db()
    assert (one.state, one.shipping_company, one.shipping_number) == ("shipped", "顺丰", "SF1")
    again = ship_all(shipments=preview, actor=architect, now=database_now())
    assert again[0].outcome is Line.ALREADY


def test_a_file_without_the_columns_is_refused(architect):
    with pytest.raises(Invalid):
        read_shipments(file=io.BytesIO("编号,公司\n1,2\n".encode()), actor=architect)
