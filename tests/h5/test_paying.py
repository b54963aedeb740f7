"""付款: one's own order only (S2), its deadline by the server's clock, the way out that the mechanic offers (C12)."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.campaigns.models import Contribution
from apps.campaigns.selectors.pages import ways_out
from apps.core.clock import database_now
from apps.members.models import Identity
from apps.orders.models import Order
from apps.orders.services.orders import lapse_due_orders
from apps.orders.services.payments import mark_paid
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start
from tests.h5.phones import phone_of
from tests.orders.conftest import wechat  # noqa: F401 - a fixture
from tests.orders.wechat_pay_server import pay_sign_holds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


@pytest.fixture
def owner():
    return make_member("王小明")


def order_of(owner, provider="manual"):
    start(make_run("group_buy", {"size": 2, "price": "19.90"}, stock=5), owner)
    Order.objects.filter(member=owner).update(provider=provider)
    return Order.objects.get(member=owner)


def address_of(order):
    return reverse("h5:pay", args=[order.number])


def test_a_manual_order_says_how_much_for_what_until_when_and_how(owner):
    order = order_of(owner)
    answer = phone_of(owner).get(address_of(order))
    page = answer.content.decode()
    for words in (
        "19.90",
        "测试商品",
        order.number,
        f'data-until="{int(order.pay_before.timestamp())}"',
        "收款方式付款",
    ):
        assert words in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert reverse("h5:pay_state", args=[order.number]) in page


def test_the_page_learns_of_the_payment_and_leads_back(owner, architect):
    order, phone = order_of(owner), phone_of(owner)
    state = reverse("h5:pay_state", args=[order.number])
    assert phone.get(state).json()["state"] == "awaiting"
    mark_paid(order=order, actor=architect, reference="转账 1", now=database_now())
    found = phone.get(state).json()
    assert found["state"] == "paid"
    code = Contribution.objects.get(order=order).entry.code
    assert found["go"] == reverse("h5:entry", args=[code])
    page = phone.get(address_of(order)).content.decode()
    assert "付款成功" in page
    assert found["go"] in page
    assert 'http-equiv="refresh"' not in page


def test_anothers_order_is_not_found(owner):
    order, stranger = order_of(owner), phone_of(make_member())
    state = reverse("h5:pay_state", args=[order.number])
    forged = {"member_id": owner.pk}
    answers = [stranger.get(address_of(order), forged), stranger.get(state, forged)]
    for answer in (*answers, stranger.post(address_of(order), forged)):
        assert answer.status_code == 404
        assert "19.90" not in answer.content.decode()
    assert phone_of(owner).get("/m/pay/O-NOTHING/").status_code == 404


def test_the_amount_is_the_orders_whatever_the_body_says(owner):
    order = order_of(owner)
    page = phone_of(owner).post(address_of(order), {"amount": "0.01"}).content.decode()
    assert "0.01" not in page
    order.refresh_from_db()
    assert str(order.amount) == "19.90"


def test_time_runs_out_while_the_page_is_open(owner):
    order, phone = order_of(owner), phone_of(owner)
    Order.objects.update(pay_before=database_now() - timedelta(seconds=1))
    for way in (phone.get, phone.post):
        page = way(address_of(order)).content.decode()
        assert "付款时间到了" in page
        assert "收款方式付款" not in page
    lapse_due_orders(now=database_now())
    assert "已经关闭" in phone.get(address_of(order)).content.decode()
    found = phone.get(reverse("h5:pay_state", args=[order.number])).json()
    assert found == {"state": "lapsed", "go": address_of(order)}


def test_the_way_out_is_the_mechanics_own(owner):
    order = order_of(owner)
    part = Contribution.objects.select_related("entry__run").get(order=order)
    now = database_now()
    (way,) = ways_out(part.entry, order_id=order.pk, member_id=owner.pk, now=now)
    assert way.verb == "leave"
    page = phone_of(owner).get(address_of(order)).content.decode()
    assert reverse("h5:act", args=[part.entry.code, "leave"]) in page
    assert 'name="key"' in page
    assert ways_out(part.entry, order_id=order.pk, member_id=make_member().pk, now=now) == []
    play(part.entry, "leave", owner)
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert ways_out(part.entry, order_id=order.pk, member_id=owner.pk, now=now) == []


def test_where_the_mechanic_offers_no_way_out_none_is_shown(owner):
    run = make_run("bargain", {"start": "20", "floor": "10", "helpers": 2, "may_buy_early": True}, stock=5)
    entry = start(run, owner)
    play(entry, "buy", owner)
    order = Order.objects.get(member=owner)
    assert "到时间订单自动关闭" in phone_of(owner).get(address_of(order)).content.decode()


def test_looking_asks_nobody_and_paying_by_wechat_gives_its_parameters(owner, wechat):  # noqa: F811
    Identity.objects.create(member=owner, kind="wechat_openid", value="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    order, phone = order_of(owner, "wechat_pay"), phone_of(owner)
    page = phone.get(address_of(order)).content.decode()
    assert "付款 19.90 元" in page
    assert "data-wechat-pay" not in page
    asked = len(wechat.requests)
    answer = phone.post(address_of(order))
    params = json.loads(answer.context["params"])
    assert set(params) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert pay_sign_holds(params)
    assert "data-wechat-pay=" in answer.content.decode()
    assert len(wechat.requests) == asked + 1


def test_wechat_without_an_openid_says_what_to_do(owner, wechat):  # noqa: F811
    page = phone_of(owner).get(address_of(order_of(owner, "wechat_pay"))).content.decode()
    assert "请在微信里打开并授权" in page


def test_a_way_of_paying_that_is_not_set_up_says_so_without_naming_settings(owner, settings):
    settings.PAYMENT_CREDENTIALS = {}
    answer = phone_of(owner).get(address_of(order_of(owner, "wechat_pay")))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "请联系客服" in page
    assert "WECHAT_PAY" not in page


def test_inside_wechat_one_may_authorise_and_come_back(owner, wechat, settings):  # noqa: F811
    settings.WECHAT_OAUTH = settings.WECHAT_OAUTH | {"appid": "wx1", "secret": "s"}
    order = order_of(owner, "wechat_pay")
    page = (
        phone_of(owner).get(address_of(order), headers={"User-Agent": "MicroMessenger/8.0"}).content.decode()
    )
    assert f"{reverse('h5:wechat')}?next={address_of(order)}" in page


def test_what_was_refunded_is_not_called_paid(owner, architect):
    order = order_of(owner)
    mark_paid(order=order, actor=architect, reference="转账 1", now=database_now())
    Order.objects.update(state="refunded", refund_amount="19.90")
    page = phone_of(owner).get(address_of(order)).content.decode()
    assert "已退款" in page
    assert "付款成功" not in page


def test_a_page_costs_a_fixed_number_of_queries(owner, django_assert_num_queries):
    order, phone = order_of(owner), phone_of(owner)
    phone.get(address_of(order))
    with django_assert_num_queries(7):
        phone.get(address_of(order))
