"""A shop's export of orders, against an independent reading of it (M1, M2, C5)."""

import csv
import io
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from django.db.models import Sum

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.core.phones import canonical_mobile
from apps.events.models import Event
from apps.groups.models import Group
from apps.imports.models import Change
from apps.imports.services.jobs import confirm, create_job, request_undo
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next
from apps.members.models import Member
from apps.members.models.member import MemberTeam
from apps.orders.models import Order, Payment, Product, Refund
from tests.imports.conftest import DATA, counts, real_groups  # noqa: F401
from tests.orders.conftest import broken_promises, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]

FILE = DATA / "orders.csv"
HEAD = "订单号,下单时间,买家手机,商品名称,商品角色,数量,实付金额,成本,订单状态,退款金额,来源社群\n"


def run_import(content, *, actor=None):
    if isinstance(content, str):
        content = (HEAD + content).encode()
    job = create_job(target=get_target("orders"), file=io.BytesIO(content), name="orders.csv", actor=actor)
    confirm(job=job, actor=actor)
    return work_next(job_id=job.pk)


def undo(job):
    request_undo(job=job, actor=None, now=database_now(), reason="导错了文件")
    return work_next(job_id=job.pk)


def codes(job):
    return {problem["code"]: problem["count"] for problem in job.problems}


def test_the_shops_file_ends_as_an_independent_reading_says(real_groups):  # noqa: F811
    rows = list(csv.DictReader(io.StringIO(FILE.read_bytes().decode("gb18030"))))
    states, spent, revenue, back = Counter(), defaultdict(Decimal), Decimal(0), Decimal(0)
    for row in rows:
        phone = canonical_mobile(row["买家手机"].lstrip("'"))
        amount, refund = Decimal(row["实付金额"]), Decimal(row["退款金额"])
        spent[phone] += 0
        if row["订单状态"] == "待支付":
            states["awaiting"] += 1
            continue
        states["paid" if not refund else "refunded" if refund == amount else "partly_refunded"] += 1
        spent[phone] += amount - refund
        revenue, back = revenue + amount, back + refund
    job = run_import(FILE.read_bytes())
    assert counts(job) == {"read": 16000, "created": 16000, "updated": 0, "unchanged": 0, "rejected": 0}
    assert Counter(Order.objects.values_list("state", flat=True)) == states
    assert dict(Member.objects.values_list("phone", "total_spent")) == spent
    assert Payment.objects.aggregate(total=Sum("amount"))["total"] == revenue
    assert Refund.objects.aggregate(total=Sum("amount"))["total"] == back
    facts = dict(
        Event.objects.filter(kind__startswith="order.").values_list("kind").annotate(total=Sum("value"))
    )
    assert (facts["order.paid"], facts["order.refunded"]) == (revenue, back)
    first = Order.objects.get(number="E202500000000")
    group = Group.objects.get(pk=first.group_id)
    assert (group.name, first.team_id, first.title) == ("福利社5群", group.team_id, "车厘子5斤")
    assert not broken_promises()

    again = run_import(FILE.read_bytes())
    assert counts(again)["unchanged"] == 16000
    assert Order.objects.count() == 16000
    undone = undo(job)
    assert (undone.undo["deleted"], undone.undo["kept"]) == (16000, 0)
    left = [model.objects.count() for model in (Order, Payment, Refund, Member)]
    assert left == [0, 0, 0, 0]
    facts = dict(
        Event.objects.filter(kind__startswith="order.").values_list("kind").annotate(total=Sum("value"))
    )
    assert facts["order.paid"] == facts["order.refunded"], "facts stay, and balance"
    assert not Change.objects.filter(job=job).exists()


def test_rows_that_cannot_be_orders_are_rejected(architect):
    job = run_import(
        "A1,2026-01-05,13800138000,苹果,爆品,1,10.00,5,已完成,0,\n"
        ",2026-01-05,13800138000,没有号,爆品,1,10.00,5,已完成,0,\n"
        "A3,2026-01-05,,没有人,爆品,1,10.00,5,已完成,0,\n"
        "A4,2026-01-05,13800138000,没有钱,爆品,1,,5,已完成,0,\n"
        "A5,2026-01-05,13800138000,退多了,爆品,1,10.00,5,已退款,11,\n"
        "A6,2026-01-05,13800138000,怪状态,爆品,1,10.00,5,飞走了,0,\n"
        "A7,2026-01-05,13800138000,退一半,爆品,3,10.00,5,部分退款,3.33,没有这个群\n"
        "A8,2026-01-05,13800138000,全退没写额,爆品,1,10.00,5,已退款,0,\n"
        "A9,2026-01-05,13800138000,取消,爆品,1,10.00,5,已取消,0,\n"
        "A1,2026-01-05,13800138000,苹果,爆品,1,10.00,5,已完成,0,\n"
    )
    assert counts(job) == {"read": 10, "created": 4, "updated": 0, "unchanged": 1, "rejected": 5}
    states = dict(Order.objects.values_list("number", "state"))
    assert states == {"A1": "paid", "A7": "partly_refunded", "A8": "refunded", "A9": "cancelled"}
    assert codes(job)["order_group.unknown"] == 1
    assert Member.objects.get().total_spent == Decimal("16.67")
    assert not broken_promises()


def test_totals_that_a_member_file_brought_are_not_counted_twice(architect):
    rich = Member.objects.create(phone="+8613800138000", total_spent=500, lifecycle="loyal")
    poor = Member.objects.create(phone="+8613800138001", total_spent=5, lifecycle="lost")
    product = Product.objects.create(name="苹果", sku="PG", price=10)
    job = run_import(
        "A1,2026-01-05,13800138000,苹果,,1,10.00,5,已完成,0,\nA2,2026-01-05,13800138001,苹果,,1,10.00,5,已完成,0,\n"
    )
    for member in (rich, poor):
        member.refresh_from_db()
    assert (rich.total_spent, poor.total_spent, rich.lifecycle, poor.lifecycle) == (500, 10, "loyal", "lost")
    assert Order.objects.filter(product=product).count() == 2
    undo(job)
    poor.refresh_from_db()
    assert poor.total_spent == 5


def test_known_orders_are_left_alone_and_said(make_order, architect):
    order = make_order("10", paid=True)
    job = run_import(f"{order.number},2026-01-05,13800138000,苹果,,1,12.00,5,已退款,12,\n")
    assert counts(job)["unchanged"] == 1
    assert codes(job)["order.known"] == 1
    order.refresh_from_db()
    assert (order.state, order.amount) == ("paid", 10)


def test_what_was_touched_stays_whole(architect):
    job = run_import(
        "A1,2026-01-05,13800138000,苹果,,1,10.00,5,待支付,0,\nA2,2026-01-05,13800138001,苹果,,1,10.00,5,已完成,0,\n"
    )
    pay(Order.objects.get(number="A1"))
    undone = undo(job)
    assert (undone.undo["deleted"], undone.undo["kept"]) == (1, 1)
    assert [order.number for order in Order.objects.all()] == ["A1"]
    assert [member.phone for member in Member.objects.all()] == ["+8613800138000"]
    assert not broken_promises()


def test_others_members_are_not_written_about(make_user, team):
    hidden = Member.objects.create(phone="+8613800138000")
    MemberTeam.objects.create(member=hidden, team=Team.objects.create(name="华南组"))
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    job = run_import(
        "A1,2026-01-05,13800138000,苹果,,1,10.00,5,已完成,0,\nA2,2026-01-05,13800138001,苹果,,1,10.00,5,已完成,0,\n",
        actor=operator,
    )
    assert (counts(job)["created"], counts(job)["rejected"]) == (1, 1)
    assert codes(job) == {"buyer.hidden": 1}
    assert [order.number for order in Order.objects.visible_to(operator)] == ["A2"]
