"""The pages of orders: scoped, quick, and what a person does goes through the services."""

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.members.models.member import MemberTeam
from apps.orders.models import Order, Payment, Product, Refund
from apps.orders.services.refunds import request_refund, settle_by_notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def act(client, model, pk, verb, **values):
    """Press the button in the dialog; returns the answer."""
    url = reverse(f"admin:orders_{model}_{verb}", args=[pk])
    return client.post(url, {"_form_submitted": "on", **values})


def ask_back(order, amount, key="k1"):
    return request_refund(order=order, amount=Decimal(amount), reason="没成团", key=key, now=database_now())


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_at_one_and_three_rows(
    client, architect, make_order, django_assert_num_queries, count, team
):
    for number in range(count):
        ask_back(make_order("30", paid=True, team=team), "1", key=f"k{number}")
        Product.objects.create(name=f"车厘子 {number}", sku=f"S{number}", price=9, team=team)
    client.force_login(architect)
    client.get(reverse("admin:orders_order_changelist"))  # content types, badges
    for model, queries in {"order": 5, "refund": 4, "payment": 4, "product": 5}.items():
        with django_assert_num_queries(queries):
            text_of(client.get(reverse(f"admin:orders_{model}_changelist")))


def test_an_order_shows_its_money_and_is_found_by_what_people_type(client, architect, make_order, member):
    order = make_order("1234.50")
    Payment.objects.create(
        order=order,
        provider="webhook",
        transaction_no="SHOP-77",
        amount=1,
        paid_at=database_now(),
        is_surplus=True,
    )
    other = make_order("5", member=type(member).objects.create(nickname="别人"))
    client.force_login(architect)
    for term in (order.number, order.number.lower(), "SHOP-77", "小鹿", "13800138000"):
        page = text_of(client.get(reverse("admin:orders_order_changelist"), {"q": term}))
        assert order.number in page
        assert other.number not in page
    assert "¥1,234.50" in page
    page = text_of(client.get(reverse("admin:orders_order_change", args=[order.pk])))
    assert "SHOP-77" in page
    assert "标记已付款" in page


def test_marking_paid_refunding_and_cancelling_from_the_page(client, operator, make_order, team):
    order = make_order("30", team=team, provider="manual")
    client.force_login(operator)
    dialog = text_of(client.get(reverse("admin:orders_order_mark_paid_dialog", args=[order.pk])))
    assert "还能退 ¥0.00" in dialog
    assert "HX-Redirect" not in act(client, "order", order.pk, "mark_paid_dialog", reference="")
    assert "HX-Redirect" in act(client, "order", order.pk, "mark_paid_dialog", reference="转账 1")
    order.refresh_from_db()
    assert order.state == "paid"
    assert act(client, "order", order.pk, "cancel_dialog", reason="x").status_code == 403, (
        "not offered any more"
    )
    dialog = text_of(client.get(reverse("admin:orders_order_refund_dialog", args=[order.pk])))
    assert 'value="30.00"' in dialog
    for _pressed_twice in range(2):
        act(client, "order", order.pk, "refund_dialog", amount="12.34", reason="少发了", key="once")
    [refund] = Refund.objects.all()
    assert (refund.amount, refund.actor) == (Decimal("12.34"), operator)
    too_much = act(client, "order", order.pk, "refund_dialog", amount="17.67", reason="x", key="other")
    page = text_of(client.get(too_much["HX-Redirect"]))
    assert "最多还能退 17.66 元" in page
    act(client, "refund", refund.pk, "confirm_dialog", reference="转账 2")
    order.refresh_from_db()
    assert order.state == "partly_refunded"
    unpaid = make_order("30", team=team)
    act(client, "order", unpaid.pk, "cancel_dialog", reason="下错了")
    unpaid.refresh_from_db()
    assert unpaid.state == "cancelled"


def test_a_failed_refund_is_tried_again_from_its_page(client, operator, make_order, team):
    refund = ask_back(make_order("30", paid=True, team=team), "30")
    settle_by_notice(
        number=refund.number, amount=refund.amount, is_done=False, is_closed=False, code="NOT_ENOUGH", provider_no="",
        now=database_now(),
    )  # fmt: skip
    client.force_login(operator)
    page = text_of(client.get(reverse("admin:orders_refund_changelist"), {"waits": "person"}))
    assert refund.number in page
    assert refund.number not in text_of(
        client.get(reverse("admin:orders_refund_changelist"), {"waits": "machine"})
    )
    assert "重试退款" in text_of(client.get(reverse("admin:orders_refund_change", args=[refund.pk])))
    act(client, "refund", refund.pk, "retry")
    refund.refresh_from_db()
    assert refund.state == "requested"


def test_who_may_do_what(client, make_user, make_order, team):
    order = make_order("30", team=team)
    paid = make_order("30", paid=True, team=team)
    service = make_user("service", Role.MEMBER_SERVICE, team)
    analyst = make_user("analyst", Role.ANALYST, team)
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))
    client.force_login(service)
    assert act(client, "order", paid.pk, "refund_dialog", amount=1, reason="x", key="k").status_code == 403
    assert act(client, "order", order.pk, "cancel_dialog", reason="x").status_code == 403
    assert "HX-Redirect" in act(client, "order", order.pk, "mark_paid_dialog", reference="T")
    client.force_login(analyst)
    assert act(client, "order", paid.pk, "refund_dialog", amount=1, reason="x", key="k").status_code == 403
    text_of(client.get(reverse("admin:orders_order_change", args=[order.pk])))
    client.force_login(editor)
    assert client.get(reverse("admin:orders_order_changelist")).status_code == 403
    client.force_login(stranger)
    assert act(client, "order", paid.pk, "refund_dialog", amount=1, reason="x", key="k").status_code == 403
    assert order.number not in text_of(client.get(reverse("admin:orders_order_changelist")))
    assert not Refund.objects.exists()


def test_nobody_types_orders_payments_or_refunds(client, architect):
    client.force_login(architect)
    for model in ("order", "payment", "refund"):
        assert client.get(reverse(f"admin:orders_{model}_add")).status_code == 403


def test_a_members_page_shows_what_was_bought(client, operator, make_order, member, team):
    MemberTeam.objects.create(member=member, team=team)
    order = make_order("30", title="丹东草莓")
    client.force_login(operator)
    page = text_of(client.get(reverse("admin:members_member_change", args=[member.pk])))
    assert "丹东草莓" in page
    assert f"?member__id__exact={member.pk}" in page
    listed = text_of(client.get(reverse("admin:orders_order_changelist"), {"member__id__exact": member.pk}))
    assert order.number in listed


def test_a_product_is_made_with_a_picture_that_is_drawn_anew(client, operator, team):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "#0d9488").save(buffer, "PNG")
    values = {
        "name": "车厘子",
        "sku": "CLZ5",
        "price": "99.00",
        "cost": "70",
        "team": team.pk,
        "is_active": "on",
    }
    client.force_login(operator)
    add = reverse("admin:orders_product_add")
    text_of(client.get(add))
    bad = SimpleUploadedFile("a.png", b"<script>", "image/png")
    assert "不是完好的" in text_of(client.post(add, values | {"new_picture": bad}))
    good = SimpleUploadedFile("a.png", buffer.getvalue() + b"<script>", "image/png")
    assert client.post(add, values | {"new_picture": good}).status_code == 302
    product = Product.objects.get()
    url = reverse("admin:orders_product_picture", args=[product.pk])
    assert url in text_of(client.get(reverse("admin:orders_product_change", args=[product.pk])))
    answer = client.get(url)
    assert answer["Content-Type"] == "image/png"
    assert b"<script>" not in answer.content
    missing_team = client.post(add, values | {"sku": "X", "team": ""})
    assert "这个字段是必填项" in text_of(missing_team) or "必填" in text_of(missing_team)


def test_products_go_out_as_csv_and_come_back(client, operator, team):
    Product.objects.create(name="=车厘子", sku="CLZ5", price=Decimal("99.90"), cost=70, team=team)
    client.force_login(operator)
    export = reverse("admin:orders_product_export")
    page = client.get(export)
    fields = [name for name in page.context["form"].fields if name.startswith("productresource")]
    out = client.post(export, {"format": "0", **dict.fromkeys(fields, "on")})
    file = out.content.decode("utf-8-sig")
    assert "'=车厘子" in file
    changed = file.replace("99.90", '"￥1,099.5"') + "NEW1,草莓,12.5,,,是,\r\n"
    preview = client.post(
        reverse("admin:orders_product_import"),
        {"format": "0", "import_file": SimpleUploadedFile("p.csv", changed.encode("gb18030"))},
    )
    confirm = preview.context["confirm_form"]
    client.post(reverse("admin:orders_product_process_import"), confirm.initial)
    assert Product.objects.get(sku="CLZ5").price == Decimal("1099.50")
    assert Product.objects.get(sku="CLZ5").name == "=车厘子"
    new = Product.objects.get(sku="NEW1")
    assert (new.price, new.cost, new.team, new.is_active) == (Decimal("12.50"), 0, team, True)


def test_the_sidebar_has_trade(client, operator, make_user, team):
    client.force_login(operator)
    page = text_of(client.get(reverse("admin:index")))
    assert reverse("admin:orders_refund_changelist") in page
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    assert reverse("admin:orders_refund_changelist") not in text_of(client.get(reverse("admin:index")))


def test_orders_of_invisible_members_do_not_leak_by_search(client, operator, make_order):
    order = make_order("30")
    client.force_login(operator)
    for term in (order.number, "小鹿", "13800138000"):
        assert f"orders/order/{order.pk}/" not in text_of(
            client.get(reverse("admin:orders_order_changelist"), {"q": term})
        )
    assert Order.objects.count() == 1
