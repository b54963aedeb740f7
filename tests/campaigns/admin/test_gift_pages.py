"""Gifts, what was given, coupons and the till."""

import json
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.accounts.models import AuditEntry, Team
from apps.campaigns.enums import BenefitKind, CouponState, GrantState
from apps.campaigns.models import Benefit, Code, Coupon, Grant
from apps.campaigns.services.coupons.printing import issue_coupons
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_member
from tests.campaigns.play import play, start

TILL = "admin:campaigns_coupon_write_off"


@pytest.fixture
def given(team, team_run):
    """``given(BenefitKind.PHYSICAL)`` → a grant that a member has earned."""

    def make(kind=BenefitKind.POINTS, **fields):
        benefit = make_benefit(kind, team=team, **fields)
        run = team_run("assist", {"stages": (1,)}, slots={"stage_1": benefit})
        entry = start(run, make_member("小鹿"))
        play(entry, "help", make_member())
        return Grant.objects.get(entry=entry)

    return make


def act(client, grant, verb, **data):
    """Fill in a dialog of the grant's page."""
    url = f"/admin/campaigns/grant/{grant.pk}/{verb}/"
    answer = client.post(url, {"_form_submitted": "True", **data})
    grant.refresh_from_db()
    return answer


@pytest.fixture
def coupon(team, architect):
    benefit = make_benefit(BenefitKind.COUPON, team=team, coupon_threshold=Decimal("50.00"))
    issue_coupons(benefit=benefit, quantity=1, batch="传单", actor=architect, now=database_now())
    return Coupon.objects.get()


@pytest.fixture
def till(client, clerk):
    client.force_login(clerk)
    return client


@pytest.mark.parametrize(("name", "queries"), [("grant", 9), ("coupon", 8), ("benefit", 7)])
def test_lists_cost_the_same_for_one_row_and_three(
    desk, given, team, architect, name, queries, django_assert_num_queries
):
    def more():
        given()
        benefit = make_benefit(BenefitKind.COUPON, team=team)
        issue_coupons(benefit=benefit, quantity=1, batch="传单", actor=architect, now=database_now())

    more()
    url = reverse(f"admin:campaigns_{name}_changelist")
    desk.get(url)
    with django_assert_num_queries(queries):
        desk.get(url)
    more()
    more()
    with django_assert_num_queries(queries):
        assert desk.get(url).status_code == 200


def test_a_parcel_goes_from_address_to_receipt(desk, given):
    grant = given(BenefitKind.PHYSICAL)
    assert grant.state == GrantState.AWAITING_ADDRESS
    act(
        desk, grant, "fill-address", name="李雷", phone="13800138000", address="浙江省杭州市西湖区文三路 1 号"
    )
    assert grant.state == GrantState.AWAITING_SHIPMENT
    html = desk.get(reverse("admin:campaigns_grant_change", args=[grant.pk])).content.decode()
    assert "李*" in html
    assert "文三路" not in html
    act(desk, grant, "ship", company="顺丰", number="SF1")
    act(desk, grant, "received")
    assert grant.state == GrantState.ISSUED
    done = set(
        AuditEntry.objects.filter(target=f"campaigns.grant:{grant.pk}").values_list("action", flat=True)
    )
    assert done == {"grant.fill_address", "grant.ship", "grant.received"}


def test_voiding_gives_budget_and_stock_back(desk, given):
    """C3."""
    grant = given(BenefitKind.PHYSICAL, stock=5)
    act(desk, grant, "void", reason="发错了")
    assert grant.state == GrantState.VOID
    assert Benefit.objects.get(pk=grant.benefit_id).issued == 0


def test_a_held_gift_is_released_by_those_who_review(desk, client, clerk, given):
    """C13: a person releases; whoever may not review is not offered it."""
    grant = given(BenefitKind.PHYSICAL)
    Grant.objects.filter(pk=grant.pk).update(state=GrantState.HELD)
    client.force_login(clerk)
    assert act(client, grant, "release", reason="看过了").status_code == 403
    assert grant.state == GrantState.HELD


def test_another_teams_gifts_are_out_of_sight(client, stranger, given, coupon):
    """S1."""
    grant = given(BenefitKind.PHYSICAL)
    client.force_login(stranger)
    assert act(client, grant, "void", reason="x").status_code in (302, 403, 404)
    assert grant.state == GrantState.AWAITING_ADDRESS
    for name, pk in (("grant", grant.pk), ("coupon", coupon.pk), ("benefit", grant.benefit_id)):
        assert client.get(reverse(f"admin:campaigns_{name}_change", args=[pk])).status_code == 302
    assert client.get(reverse("admin:campaigns_benefit_printed", args=[coupon.benefit_id])).status_code == 404
    answer = client.get(reverse(TILL), {"code": coupon.code, "amount": "60"})
    assert answer.context["refusal"].code == "coupon_unknown"


def test_the_warehouses_file_comes_back_and_ships(desk, given, operator):
    grant = given(BenefitKind.PHYSICAL)
    act(
        desk, grant, "fill-address", name="李雷", phone="13800138000", address="浙江省杭州市西湖区文三路 1 号"
    )
    text = f"发放编号,快递公司,快递单号\n{grant.pk},顺丰,SF123\n999999,顺丰,SF124\n"
    url = reverse("admin:campaigns_grant_shipped")
    answer = desk.post(url, {"file": SimpleUploadedFile("a.csv", text.encode())})
    assert {key: count for key, _word, count in answer.context["counts"]} == {"ready": 1, "unknown": 1}
    grant.refresh_from_db()
    assert grant.state == GrantState.AWAITING_SHIPMENT
    desk.post(url, {"lines": answer.context["packed"]})
    grant.refresh_from_db()
    assert (grant.state, grant.shipping_number) == (GrantState.SHIPPED, "SF123")
    # Addresses go out only with the permission to export personal data.
    assert not operator.has_perm("members.export_personal_data")
    refused = desk.post(reverse("admin:campaigns_grant_warehouse"), {"reason": "发货"})
    assert refused.context["error"].code == "not_allowed"


def test_a_gift_is_written_through_its_service(desk, team):
    data = {
        "name": "会员月卡",
        "kind": "membership",
        "team": team.pk,
        "is_active": "on",
        "cost": "9.90",
        "face_value": "15.00",
        "amount": "30",
        "stock": "100",
        "low_stock": "10",
        "returns_on_refund": "on",
    }
    answer = desk.post(reverse("admin:campaigns_benefit_add"), data)
    assert answer.status_code == 302, answer.context["adminform"].errors
    benefit = Benefit.objects.get()
    assert (benefit.amount, benefit.cost, benefit.team) == (30, Decimal("9.90"), team)
    assert AuditEntry.objects.filter(action="benefit.create").exists()
    answer = desk.post(reverse("admin:campaigns_benefit_add"), data | {"amount": ""})
    assert "请填积分数或天数" in answer.content.decode()
    desk.post(reverse("admin:campaigns_benefit_change", args=[benefit.pk]), data | {"name": "会员卡"})
    assert Benefit.objects.get().name == "会员卡"
    Benefit.objects.update(issued=3)
    url = reverse("admin:campaigns_benefit_change", args=[benefit.pk])
    html = desk.get(url).content.decode()
    assert 'name="amount"' in html
    assert 'name="provider"' not in html
    assert 'name="coupon_value"' not in html
    desk.post(url, data | {"name": "月卡", "kind": "points"})
    assert (Benefit.objects.get().name, Benefit.objects.get().kind) == ("月卡", "membership")


def test_codes_go_into_the_pool_and_are_shown_masked(desk, team):
    benefit = make_benefit(BenefitKind.CODE, team=team)
    url = reverse("admin:campaigns_benefit_codes", args=[benefit.pk])
    file = SimpleUploadedFile("codes.txt", "VIPCODE2222\nVIPCODE3333\n".encode("gb18030"))
    desk.post(url, {"text": "VIPCODE1111\nVIPCODE2222\n", "file": file})
    assert Code.objects.filter(benefit=benefit).count() == 3
    html = desk.get(reverse("admin:campaigns_code_changelist")).content.decode()
    assert "···1111" in html
    assert "VIPCODE1111" not in html


def test_printed_coupons_are_downloaded_by_the_batch(desk, coupon):
    url = reverse("admin:campaigns_benefit_printed", args=[coupon.benefit_id])
    desk.post(url, {"quantity": "3", "batch": "门店"})
    assert Coupon.objects.filter(batch="门店").count() == 3
    answer = desk.post(
        reverse("admin:campaigns_benefit_printed_download", args=[coupon.benefit_id]), {"batch": "门店"}
    )
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert AuditEntry.objects.get(action="coupon.export").detail["count"] == 3


def test_a_coupon_is_looked_at_and_used_once(till, coupon):
    """The same coupon twice: the second says when and by whom it was used."""
    spoken = f"{coupon.code[:4].lower()} {coupon.code[4:8]}-{coupon.code[8:]}"
    quoted = till.get(reverse(TILL), {"code": spoken, "amount": "60"})
    assert quoted.context["saved"] == Decimal("5.00")
    assert quoted.context["to_pay"] == Decimal("55.00")
    coupon.refresh_from_db()
    assert coupon.state == CouponState.ACTIVE
    assert "金额" in till.get(reverse(TILL), {"code": spoken}).content.decode()
    asked = till.get(reverse(TILL), {"code": spoken})
    assert asked.context["asks_amount"]
    data = {"code": spoken, "amount": "60", "once": quoted.context["once"]}
    assert not till.post(reverse(TILL), data).context["done"].is_repeat
    assert till.post(reverse(TILL), data).context["done"].is_repeat
    again = till.post(reverse(TILL), data | {"once": "w-other"})
    assert again.context["refusal"].code == "coupon_used"
    assert "clerk" in again.context["used"]
    coupon.refresh_from_db()
    assert (coupon.state, coupon.saved_amount) == (CouponState.USED, Decimal("5.00"))


def test_many_coupons_each_have_their_result(till, coupon):
    text = f"{coupon.code} 60\nNOSUCHCODE，10\n\n{coupon.code}\t60"
    answer = till.post(reverse("admin:campaigns_coupon_write_off_many"), {"text": text})
    assert (answer.context["good"], answer.context["bad"]) == (1, 2)
    assert answer.context["saved"] == Decimal("5.00")
    assert [one.error_code for one in answer.context["results"]] == ["", "coupon_unknown", "coupon_used"]


def test_a_write_off_is_undone_with_a_reason(till, coupon):
    till.post(reverse(TILL), {"code": coupon.code, "amount": "60", "once": "w-1"})
    url = f"/admin/campaigns/coupon/{coupon.pk}/take-back/"
    till.post(url, {"_form_submitted": "True", "reason": "扫错了"})
    coupon.refresh_from_db()
    assert coupon.state == CouponState.ACTIVE
    assert AuditEntry.objects.get(action="coupon.return").reason == "扫错了"


def test_a_receipts_number_loses_what_no_table_holds(till, coupon):
    answer = till.post(reverse(TILL), {"code": coupon.code, "amount": "60", "once": "w-1\0"})
    assert answer.status_code == 200
    coupon.refresh_from_db()
    assert (coupon.state, coupon.used_reference) == (CouponState.USED, "w-1")


@pytest.mark.parametrize(
    ("company", "number"), [("", ""), ("\0", "\0"), ("\ud800", "SF1"), ("顺丰", "\0"), ("顺丰", " ")]
)
def test_lines_that_were_in_a_browser_are_read_anew(desk, given, company, number):
    grant = given(BenefitKind.PHYSICAL)
    act(
        desk, grant, "fill-address", name="李雷", phone="13800138000", address="浙江省杭州市西湖区文三路 1 号"
    )
    line = {"line": 2, "grant_id": grant.pk, "company": company, "number": number}
    assert (
        desk.post(reverse("admin:campaigns_grant_shipped"), {"lines": json.dumps([line])}).status_code == 302
    )
    grant.refresh_from_db()
    assert grant.state == GrantState.AWAITING_SHIPMENT


@pytest.mark.parametrize(
    "lines", ["[" * 100_000, '[{"line": 1e999, "grant_id": 1, "company": "a", "number": "b"}]', "null", "{}"]
)
def test_lines_that_are_none_ship_nothing(desk, lines):
    assert desk.post(reverse("admin:campaigns_grant_shipped"), {"lines": lines}).status_code == 302
    assert not Grant.objects.filter(state=GrantState.SHIPPED).exists()


@pytest.mark.parametrize("name", ["grant", "coupon", "benefit", "entry", "campaign", "run"])
def test_a_number_of_any_length_is_nobodys_page(client, architect, name):
    client.force_login(architect)
    answer = client.get(f"/admin/campaigns/{name}/{'9' * 5_000}/change/")
    assert answer.status_code in (302, 404)


def test_what_is_promised_opens_its_gifts(client, architect, given, team):
    """A2: of this benefit, not handed over yet, of the team that was chosen."""
    given(BenefitKind.PHYSICAL)
    client.force_login(architect)
    elsewhere = Team.objects.create(name="别处")
    page = client.get(reverse("admin:analytics_liabilities"), {"team": team.pk})
    (row,) = page.context_data["charts"]["promises"].table.rows
    assert client.get(row[2].url).context_data["cl"].result_count == row[2].value == 1
    other = row[2].url.replace(f"team__id__exact={team.pk}", f"team__id__exact={elsewhere.pk}")
    assert client.get(other).context_data["cl"].result_count == 0
