"""What a member has is theirs alone (S2); a till needs staff, permission, sight and a receipt."""

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.campaigns.enums import BenefitKind, CouponState
from apps.campaigns.models import BlockedMember, Coupon, Grant
from apps.campaigns.services.coupons.printing import issue_coupons
from apps.core.clock import database_now
from tests.campaigns.api.conftest import Caller, problem_of
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start


@pytest.fixture
def printed(team):
    benefit = make_benefit(BenefitKind.COUPON, name="满减券", team=team)
    issue_coupons(benefit=benefit, quantity=1, batch="门店", actor=None, now=database_now())
    return Coupon.objects.get(benefit=benefit)


@pytest.fixture
def till(make_user, team):
    """``till()`` → the browser of a clerk who may write off."""

    def sign_in(of=team, name="clerk", may=True):
        user, client = make_user(name, Role.MEMBER_SERVICE, of), Client()
        permission = Permission.objects.get(codename="write_off_coupon")
        if may:
            user.user_permissions.add(permission)
        else:
            permission.group_set.clear()
        client.force_login(user)
        return client

    return sign_in


def post(client, coupon, verb, **body):
    return client.post(f"/api/v1/coupons/{coupon.code}/{verb}", json.dumps(body), "application/json")


def give(owner, *benefits):
    run = make_run("assist", {"stages": [1], "is_new_only": False}, slots={"stage_1": list(benefits)})
    entry = start(run, owner)
    play(entry, "help", make_member())
    return entry


def test_gifts_are_shown_to_their_owner_alone(caller):
    owner, other = make_member(), make_member()
    entry = give(owner, make_benefit(BenefitKind.COUPON, name="五元券"), make_benefit(BenefitKind.PHYSICAL))
    app = caller(owner)
    rows = {row["kind"]: row for row in app.get("/me/grants").json()["grants"]}
    assert rows["physical"]["needs_address"]
    assert rows["physical"]["face_value"] == "2.00"
    assert "cost" not in rows["physical"]
    coupon = Coupon.objects.get()
    assert rows["coupon"]["codes"] == [coupon.code]
    assert app.get("/me/coupons").json()["coupons"][0]["code"] == coupon.code
    assert [row["code"] for row in app.get("/me/entries").json()["entries"]] == [entry.code]
    for path, name in (("grants", "grants"), ("coupons", "coupons"), ("entries", "entries")):
        assert caller(other).get(f"/me/{path}", member_id=owner.pk).json()[name] == []


def test_held_gifts_keep_their_reason_and_their_codes(caller):
    owner = make_member()
    give(owner, make_benefit(BenefitKind.COUPON))
    Grant.objects.update(state="held", reason="设备过多")
    body = caller(owner).get("/me/grants").json()
    assert body["grants"][0]["codes"] == []
    assert "设备过多" not in str(body)


def test_lists_are_paged_by_key_at_one_cost(caller, django_assert_num_queries):
    owner = make_member()
    run = make_run("assist")
    codes = [start(run, owner).code for _ in range(3)]
    app = caller(owner)
    app.get("/me/entries")
    with django_assert_num_queries(2):  # the session and the entries
        first = app.get("/me/entries", limit=2).json()
    second = app.get("/me/entries", limit=2, before=first["next_before"]).json()
    assert [row["code"] for row in first["entries"] + second["entries"]] == codes[::-1]
    assert second["next_before"] is None
    problem_of(app.get("/me/entries", before="9" * 30), 400)


def test_a_printed_coupon_is_bound_once(caller, printed):
    owner, other = make_member(), make_member()
    path = f"/coupons/{printed.code.lower()}/bind"
    assert caller(owner).post(path, {"member_id": other.pk}).json()["name"] == "满减券"
    assert caller(owner).post(path).status_code == 200
    assert problem_of(caller(other).post(path), 409)["code"] == "coupon_taken"
    assert problem_of(caller(other).post("/coupons/NOPE/bind"), 404)["code"] == "coupon_unknown"
    printed.refresh_from_db()
    assert printed.member == owner


def test_the_blocked_bind_nothing(caller, printed):
    member = make_member()
    BlockedMember.objects.create(member=member, reason="刷单")
    problem = problem_of(caller(member).post(f"/coupons/{printed.code}/bind"), 403)
    assert problem["code"] == "blocked"


def test_a_till_quotes_and_writes_off_once(till, printed):
    clerk = till()
    quoted = post(clerk, printed, "quote", amount="23.45").json()
    assert (quoted["saved"], quoted["to_pay"]) == ("5.00", "18.45")
    done = post(clerk, printed, "write-off", amount="23.45", reference="S1").json()
    assert (done["saved"], done["is_repeat"]) == ("5.00", False)
    again = post(clerk, printed, "write-off", amount="23.45", reference="S1").json()
    assert (again["saved"], again["is_repeat"]) == ("5.00", True)
    refused = post(clerk, printed, "write-off", amount="23.45", reference="S2")
    assert problem_of(refused, 409)["code"] == "coupon_used"
    printed.refresh_from_db()
    assert (printed.state, printed.order_amount) == (CouponState.USED, Decimal("23.45"))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reference": "S1"}, "amount"),
        ({"amount": "1.005", "reference": "S1"}, "amount"),
        ({"amount": "-1", "reference": "S1"}, "amount"),
        ({"amount": "NaN", "reference": "S1"}, "amount"),
        ({"amount": [], "reference": "S1"}, "amount"),
        ({"amount": 10**15, "reference": "S1"}, "amount"),
        ({"amount": "10.00"}, "reference"),
        ({"amount": "10.00", "reference": ""}, "reference"),
        ({"amount": "10.00", "reference": "x" * 61}, "reference"),
        ({"amount": "10.00", "reference": "S1", "sku": {"a": 1}}, "sku"),
    ],
)
def test_odd_write_offs_name_the_field(till, printed, body, field):
    assert problem_of(post(till(), printed, "write-off", **body), 400)["field"] == field
    printed.refresh_from_db()
    assert printed.state == CouponState.ACTIVE


def test_a_till_needs_permission_and_sight(till, printed, caller):
    body = {"amount": "10.00", "reference": "S1"}
    problem_of(post(till(name="other", may=False), printed, "write-off", **body), 403)
    stranger = till(of=Team.objects.create(name="华南组"), name="stranger")
    assert problem_of(post(stranger, printed, "write-off", **body), 404)["code"] == "coupon_unknown"
    problem_of(caller(make_member()).post(f"/coupons/{printed.code}/write-off", body), 403)
    printed.refresh_from_db()
    assert printed.state == CouponState.ACTIVE


def test_a_till_without_its_csrf_token_is_refused(make_user, team, printed):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("clerk", Role.MEMBER_SERVICE, team))
    problem_of(post(client, printed, "write-off", amount="10.00", reference="S1"), 403)


WHERE = {"name": "王小明", "phone": "138 0013 8000", "address": "浙江省杭州市西湖区文三路 1 号"}


def test_an_address_is_taken_for_ones_own_parcel_only_and_never_told(caller):
    owner, other = make_member(), make_member()
    give(owner, make_benefit(BenefitKind.PHYSICAL))
    grant = Grant.objects.get(member=owner)
    path = f"/me/grants/{grant.pk}/address"
    problem_of(caller(other).post(path, WHERE | {"member_id": owner.pk}), 404)
    problem_of(Caller().post(path, WHERE), 401)
    grant.refresh_from_db()
    assert (grant.state, grant.address) == ("awaiting_address", "")
    app = caller(owner)
    done = app.post(path, WHERE, key=None)
    assert done.json()["state"] == "awaiting_shipment"
    assert app.post(path, WHERE | {"name": "王大明"}).status_code == 200
    assert "文三路" not in done.content.decode() + app.get("/me/grants").content.decode()
    grant.refresh_from_db()
    assert "王大明" in grant.address


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"phone": "123"}, "phone"),
        ({"address": "短"}, "address"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"address": "长" * 201}, "address"),
        ({"address": {"$ne": 1}}, "address"),
    ],
)
def test_odd_addresses_name_the_field(caller, changed, field):
    owner = make_member()
    give(owner, make_benefit(BenefitKind.PHYSICAL))
    path = f"/me/grants/{Grant.objects.get(member=owner).pk}/address"
    assert problem_of(caller(owner).post(path, WHERE | changed), 400)["field"] == field


def test_many_are_written_off_each_for_itself(till, printed):
    line = {"code": printed.code, "amount": "10.00", "reference": "S1"}
    body = json.dumps({"lines": [line, {**line, "code": "NOPE"}, {**line, "reference": "S2"}, line]})
    clerk = till()
    answer = clerk.post("/api/v1/coupons/write-off", body, "application/json")
    assert [(row["saved"], row["is_repeat"], row["error_code"]) for row in answer.json()["results"]] == [
        ("5.00", False, ""),
        (None, False, "coupon_unknown"),
        (None, False, "coupon_used"),
        ("5.00", True, ""),
    ]
    too_many = json.dumps({"lines": [line] * 201})
    problem_of(clerk.post("/api/v1/coupons/write-off", too_many, "application/json"), 400)
