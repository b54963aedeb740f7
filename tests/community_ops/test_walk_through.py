"""Each kind of campaign from the wizard's service to its settlement, members over HTTP, staff by their services.

What is proved: whoever does what the page says gets what it promised, and a run that is over owes nothing unsaid.
"""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.enums import Role
from apps.campaigns.api.described import members_verbs
from apps.campaigns.enums import BenefitKind, CouponKind
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Entry, Grant, Run
from apps.campaigns.selectors.economics import Gift
from apps.campaigns.services.benefits import write_benefit
from apps.campaigns.services.campaigns import write_campaign
from apps.campaigns.services.codes.adding import add_codes
from apps.campaigns.services.engine import act_as_staff
from apps.campaigns.services.granting.packet_verdicts import mark_paid as mark_packet_paid
from apps.campaigns.services.granting.shipping import ship
from apps.campaigns.services.runs import end_run_early, launch
from apps.campaigns.services.runs.opening import open_due_run
from apps.campaigns.services.settling import settle_due_runs
from apps.core.clock import database_now
from apps.core.invariants import count_violations
from apps.members.models import Member
from apps.members.services.points import adjust_points
from apps.members.services.sessions import open_session
from apps.orders.models import Order, Refund
from apps.orders.services.payments import mark_paid
from apps.orders.services.refunds import confirm_refund
from community_ops.roles import sync_roles

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"
_numbers = count(1)
_TERMS: dict[BenefitKind, dict[str, Any]] = {
    BenefitKind.POINTS: {"amount": 20},
    BenefitKind.MEMBERSHIP: {"amount": 30},
    BenefitKind.COUPON: {
        "coupon_kind": CouponKind.FIXED,
        "coupon_value": Decimal("5.00"),
        "coupon_threshold": Decimal("20.00"),
        "coupon_valid_days": 7,
    },
    BenefitKind.PHYSICAL: {"stock": 10},
}


class Person:
    """A member with a token of their own."""

    def __init__(self, *, points: int = 0) -> None:
        number = next(_numbers)
        self.member = Member.objects.create(nickname=f"成员{number}", phone=f"+86137{number:08d}")
        if points:
            adjust_points(
                member=self.member, delta=points, actor=None, now=database_now(), reason="开户", key="open"
            )
        self.client = APIClient()
        token = open_session(member=self.member, now=database_now(), label="walk")
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path: str) -> Any:
        response = self.client.get(API + path)
        assert response.status_code == 200, response.content.decode()
        return response.json()

    def post(self, path: str, body: Any = None) -> Any:
        response = self.client.post(
            API + path, body or {}, format="json", headers={"Idempotency-Key": f"walk-{next(_numbers)}"}
        )
        assert response.status_code in (200, 201), response.content.decode()
        return response.json()

    def open(self, run: Run, **params: Any) -> str:
        code: str = self.post(f"/runs/{run.pk}/entries", params)["code"]
        return code

    def act(self, code: str, verb: str, **params: Any) -> Any:
        return self.post(f"/entries/{code}/actions/{verb}", params)

    def grants(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["state"]) for row in self.get("/me/grants")["grants"]]


@pytest.fixture(autouse=True)
def roles(transactional_db):
    """Tests with real commits empty the tables; the roles come with every migrate."""
    sync_roles()


@pytest.fixture
def staff(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def gift(staff, team):
    """``gift(kind)`` → a benefit written by the operator; a pool gets its codes."""

    def make(kind: BenefitKind) -> Benefit:
        values = {
            "name": kind.label,
            "kind": kind,
            "team": team,
            "cost": Decimal("1.00"),
            "face_value": Decimal("2.00"),
            **_TERMS.get(kind, {}),
        }
        benefit = write_benefit(benefit=None, values=values, actor=staff, now=database_now())
        if kind == BenefitKind.CODE:
            add_codes(benefit=benefit, lines=["KF-1", "KF-2", "KF-3"], actor=staff, now=database_now())
        return benefit

    return make


@pytest.fixture
def going(staff, team):
    """``going(mechanic, rules, {slot: benefit})`` → its open run, as the wizard and beat bring it about."""

    def make(mechanic: str, rules: dict[str, Any], slots: dict[str, Benefit], **more: Any) -> Run:
        now = database_now()
        campaign = write_campaign(
            campaign=None,
            values={
                "title": f"走一遍{mechanic}",
                "mechanic": mechanic,
                "rules": rules,
                "team": team,
                "product_name": "好东西",
                "stock": 20,
                "budget": Decimal("100.00"),
                "drafts_posts": False,
                **more,
            },
            benefits=[Gift(slot, benefit) for slot, benefit in slots.items()],
            groups=[],
            actor=staff,
            now=now,
        )
        launch(campaign=campaign, actor=staff, now=now)
        run = campaign.runs.get()
        open_due_run(run_id=run.pk, now=now)
        run.refresh_from_db()
        assert run.state == "open"
        return run

    return make


@pytest.fixture
def pay(staff):
    """``pay(person)``: the operator has seen the member's money for the order that waits for it."""

    def mark(person: Person) -> Order:
        order = Order.objects.get(member=person.member, state="awaiting")
        mark_paid(order=order, actor=staff, reference=f"SY{next(_numbers)}", now=database_now())
        order.refresh_from_db()
        return order

    return mark


@pytest.fixture
def settle(staff):
    """``settle(run)``: end it early and let beat settle it; nothing may be live, and every promise is kept."""

    def close(run: Run) -> None:
        end_run_early(run=run, actor=staff, now=database_now(), reason="走完了")
        assert settle_due_runs(now=database_now()) == 1
        run.refresh_from_db()
        assert run.state == "settled"
        assert not Entry.objects.live().filter(run=run).exists()
        assert [(item.promise, item.name) for item, broken in count_violations() if broken] == []

    return close


def test_assist_from_wizard_to_parcel_and_red_packet(going, gift, settle, staff):
    run = going(
        "assist",
        {"stages": [1, 2], "is_new_only": True},
        {"stage_1": gift(BenefitKind.PHYSICAL), "helper": gift(BenefitKind.POINTS)},
    )
    owner, friends = Person(), [Person(), Person()]
    code = owner.open(run)
    assert friends[0].act(code, "help")["answer"]["count"] == 1
    assert friends[0].grants() == [("points", "issued")]
    (parcel,) = owner.get("/me/grants")["grants"]
    where = {"name": "李雷", "phone": "13800138000", "address": "杭州市文三路 188 号"}
    assert owner.post(f"/me/grants/{parcel['id']}/address", where)["state"] == "awaiting_shipment"
    ship(
        grant=Grant.objects.get(pk=parcel["id"]),
        company="顺丰",
        number="SF1",
        actor=staff,
        now=database_now(),
    )
    assert owner.grants() == [("physical", "shipped")]
    assert friends[1].act(code, "help")["answer"]["state"] == "won"
    settle(run)


def test_screenshots_are_reviewed_and_a_red_packet_is_paid_by_hand(going, staff, team, settle):
    packet = write_benefit(
        benefit=None,
        values={
            "name": "红包",
            "kind": BenefitKind.RED_PACKET,
            "team": team,
            "face_value": Decimal("1.88"),
            "cost": Decimal("1.88"),
            "provider": "manual",
        },
        actor=staff,
        now=database_now(),
    )
    run = going("assist", {"stages": [1], "is_new_only": False, "needs_proof": True}, {"stage_1": packet})
    owner, friend = Person(), Person()
    code = owner.open(run)
    assert friend.act(code, "help", photos=["campaigns/photos/a.png"])["answer"]["pending"]
    entry = Entry.objects.get(code=code)
    part = entry.contributions.get().pk
    now = database_now()
    act_as_staff(
        entry_id=entry.pk, verb="review", params={"part": part, "accept": True}, actor=staff, now=now
    )
    assert owner.grants() == [("red_packet", "pending")]
    mark_packet_paid(
        grant=Grant.objects.get(entry=entry), reference="微信转账 1", actor=staff, now=database_now()
    )
    assert owner.grants() == [("red_packet", "issued")]
    settle(run)


def test_group_buy_pays_out_who_filled_up_and_refunds_who_did_not(going, gift, pay, settle, staff):
    run = going("group_buy", {"size": 2, "price": "9.90"}, {"member": gift(BenefitKind.POINTS)})
    leader, friend, alone = Person(), Person(), Person()
    full, short = leader.open(run), alone.open(run)
    pay(alone)
    pay(leader)
    listed = leader.get(f"/runs/{run.pk}/entries?nearly_full=1")["entries"]
    assert {row["code"] for row in listed} == {full, short}
    friend.act(full, "join")
    pay(friend)
    assert friend.get(f"/entries/{full}/")["state"] == "won"
    assert leader.grants() == friend.grants() == [("points", "issued")]
    settle(run)
    refund = Refund.objects.get()
    assert (refund.order.member, refund.amount) == (alone.member, Decimal("9.90"))
    confirm_refund(refund=refund, actor=staff, reference="TK1", now=database_now())
    assert Order.objects.get(member=alone.member).state == "refunded"
    assert alone.grants() == []


def test_a_gift_reaches_its_one_claimant_and_thanks_its_sender(going, gift, pay, settle):
    run = going(
        "gift",
        {"price": "19.90", "own_count": 1, "gift_count": 1},
        {"gift": gift(BenefitKind.CODE), "sender": gift(BenefitKind.POINTS)},
    )
    sender, friend, late = Person(), Person(), Person()
    code = sender.open(run, blessing="请你喝一杯")
    pay(sender)
    friend.act(code, "claim")
    (row,) = friend.get("/me/grants")["grants"]
    assert row["codes"] == ["KF-1"]
    assert sender.grants() == [("points", "issued")]
    refused = late.client.post(
        f"{API}/entries/{code}/actions/claim", {}, format="json", headers={"Idempotency-Key": "late"}
    )
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    settle(run)


def test_a_bargain_ends_at_its_floor_and_is_bought_there(going, gift, pay, settle):
    run = going(
        "bargain",
        {"start": "20.00", "floor": "10.00", "helpers": 2},
        {"buyer": gift(BenefitKind.MEMBERSHIP)},
    )
    owner = Person()
    code = owner.open(run)
    for friend in (Person(), Person()):
        answer = friend.act(code, "cut")["answer"]
    assert answer["price"] == "10.00"
    assert owner.act(code, "buy")["answer"]["price"] == "10.00"
    assert pay(owner).amount == Decimal("10.00")
    owner.member.refresh_from_db()
    assert owner.member.membership_until > database_now() + timedelta(days=29)
    settle(run)


def test_two_sided_coupons_reach_both_and_are_used_at_the_till(going, gift, settle, staff):
    run = going(
        "coupon", {"invites": 2}, {"friend": gift(BenefitKind.COUPON), "inviter": gift(BenefitKind.COUPON)}
    )
    inviter, friend = Person(), Person()
    friend.act(inviter.open(run), "accept")
    (mine,), (theirs,) = (who.get("/me/coupons")["coupons"] for who in (inviter, friend))
    assert mine["state"] == theirs["state"] == "active"
    till = APIClient()
    till.force_login(staff)
    receipt = {"amount": "50.00", "reference": "XP1"}
    for is_repeat in (False, True):
        answer = till.post(f"{API}/coupons/{theirs['code']}/write-off", receipt, format="json").json()
        assert (answer["to_pay"], answer["is_repeat"]) == ("45.00", is_repeat)
    settle(run)
    assert friend.get("/me/coupons")["coupons"][0]["state"] == "used"


def test_a_contest_ranks_and_gives_prizes_at_settlement(going, gift, settle):
    run = going(
        "contest",
        {"metric": "check_in", "ranks": [[1, 1], [2, 2]], "floor_score": 1, "review_hours": 0},
        {"rank_1_1": gift(BenefitKind.COUPON), "rank_2_2": gift(BenefitKind.POINTS)},
    )
    people = [Person(), Person(), Person()]
    codes = [person.open(run) for person in people]
    for person, code in list(zip(people, codes, strict=True))[1:]:
        person.act(code, "check_in")
    rows = people[1].get(f"/runs/{run.pk}/board?around=me")
    assert (rows["mine"]["rank"], rows["total"]) == (1, 3)
    settle(run)
    assert [person.grants() for person in people] == [[], [("coupon", "issued")], [("points", "issued")]]


def test_a_swap_is_moderated_agreed_and_confirmed_by_both(going, gift, settle, staff):
    run = going("swap", {"photos_least": 0}, {"owner": gift(BenefitKind.POINTS)})
    owner, buyer = Person(), Person(points=100)
    code = owner.open(run, title="折叠椅")
    now = database_now()
    entry_id = Entry.objects.get(code=code).pk
    act_as_staff(entry_id=entry_id, verb="moderate", params={"accept": True}, actor=staff, now=now)
    buyer.act(code, "offer", points=80)
    part = Entry.objects.get(code=code).contributions.get().pk
    owner.act(code, "accept", part=part)
    buyer.act(code, "confirm")
    assert owner.act(code, "confirm")["answer"]["completed"]
    for person, balance in ((owner, 80 + 20), (buyer, 20)):
        person.member.refresh_from_db()
        assert person.member.points_balance == balance
    settle(run)


def test_the_quick_start_names_every_verb():
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    for opens in (True, False):
        for mechanic, verb in members_verbs(opens=opens):
            assert any(f"`{mechanic.key}` | `{verb.key}`" in line for line in text.splitlines())


def test_every_mechanic_is_walked():
    walked = Path(__file__).read_text()
    assert [key for key in all_mechanics() if f'"{key}"' not in walked] == []
