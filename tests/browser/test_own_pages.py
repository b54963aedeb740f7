"""One's own pages in a phone's browser: paying, a payment that arrives, unwrapping, copying, forms without script."""

import os
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Grant
from apps.campaigns.services.codes.adding import add_codes
from apps.core.clock import database_now
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Identity
from apps.members.services.sessions import open_session
from apps.orders.models import Order
from apps.orders.services.payments import mark_paid
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start
from tests.orders.conftest import wechat  # noqa: F401 - a fixture
from tests.orders.wechat_pay_server import pay_sign_holds

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
pytestmark = pytest.mark.browser
BRIDGE = """
window.asked = [];
window.WeixinJSBridge = {invoke: (name, params, done) => {
    window.asked.push([name, params]);
    done({err_msg: window.asked.length === 1 ? "get_brand_wcpay_request:cancel" : "get_brand_wcpay_request:ok"});
}};"""


@pytest.fixture
def owner(transactional_db):
    return make_member("王小明")


@pytest.fixture
def phone(live_server, browser):
    """``phone(member, "/m/me/")`` → that page on the member's phone; nothing may fail, nothing may be wider than it."""
    contexts, failures = [], []

    def open_page(member, path, *, script="", has_scripts=True, width=360):
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            viewport={"width": width, "height": 740},
            java_script_enabled=has_scripts,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        token = open_session(member=member, now=database_now(), label="test")
        context.add_cookies([{"name": MEMBER_COOKIE, "value": token, "url": live_server.url}])
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on(
            "console", lambda said: failures.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert failures == []


def order_of(owner, provider="manual"):
    start(make_run("group_buy", {"size": 2, "price": "19.90"}, stock=5), owner)
    Order.objects.update(provider=provider)
    return Order.objects.get()


def give(owner, *benefits):
    run = make_run("assist", {"stages": [1], "is_new_only": False}, slots={"stage_1": list(benefits)})
    play(start(run, owner), "help", make_member())


def test_the_pay_page_moves_on_by_itself_when_the_money_is_there(phone, owner, architect):
    order = order_of(owner)
    page = phone(owner, reverse("h5:pay", args=[order.number]))
    expect(page.get_by_role("heading", name="请付款")).to_be_visible()
    expect(page.locator(".deadline .clock")).to_contain_text("00:1")
    mark_paid(order=order, actor=architect, reference="转账 1", now=database_now())
    page.wait_for_url(f"**{reverse('h5:entry', args=[order.contribution.entry.code])}")


def test_wechat_is_asked_with_signed_parameters_and_a_refusal_may_be_tried_again(phone, owner, wechat):  # noqa: F811
    Identity.objects.create(member=owner, kind="wechat_openid", value="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    order = order_of(owner, "wechat_pay")
    page = phone(owner, reverse("h5:pay", args=[order.number]), script=BRIDGE)
    page.get_by_role("button", name="付款 19.90 元").click()
    expect(page.get_by_text("还没有付款")).to_be_visible()
    page.get_by_role("button", name="付款 19.90 元").click()
    expect(page.get_by_text("正在确认到账")).to_be_visible()
    asked = page.evaluate("window.asked")
    assert [name for name, _ in asked] == ["getBrandWCPayRequest"] * 2
    assert pay_sign_holds(asked[0][1])
    order.refresh_from_db()
    assert order.state == "awaiting"  # what a browser says is no payment


def test_outside_wechat_the_page_says_where_to_pay(phone, owner, wechat):  # noqa: F811
    Identity.objects.create(member=owner, kind="wechat_openid", value="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    page = phone(owner, reverse("h5:pay", args=[order_of(owner, "wechat_pay").number]))
    page.get_by_role("button", name="付款 19.90 元").click()
    expect(page.get_by_text("请在微信里打开这个页面付款")).to_be_visible()


def test_a_gift_is_unwrapped_once_and_its_code_copied(phone, owner):
    benefit = make_benefit(BenefitKind.CODE, name="视频会员月卡")
    add_codes(benefit=benefit, lines=["VIDEO-2026-A1"], actor=None, now=database_now())
    give(owner, benefit)
    page = phone(owner, reverse("h5:my_gifts"))
    expect(page.get_by_text("视频会员月卡")).to_be_hidden()
    page.get_by_text("点开看看").click()
    expect(page.get_by_text("视频会员月卡")).to_be_visible()
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "VIDEO-2026-A1"
    page.reload()
    expect(page.get_by_text("视频会员月卡")).to_be_visible()


def test_without_scripts_an_address_is_corrected_and_sent(phone, owner):
    give(owner, make_benefit(BenefitKind.PHYSICAL, name="保温杯"))
    page = phone(owner, reverse("h5:me"), has_scripts=False)
    page.get_by_role("link", name="填地址").click()
    page.get_by_label("收件人").fill("王小明")
    page.get_by_label("手机号").fill("123")
    page.get_by_label("详细地址").fill("浙江省杭州市西湖区文三路 1 号")
    page.get_by_role("button", name="就寄到这里").click()
    expect(page.get_by_role("alert")).to_contain_text("手机号不正确")
    expect(page.get_by_label("详细地址")).to_have_value("浙江省杭州市西湖区文三路 1 号")
    page.get_by_label("手机号").fill("13800138000")
    page.get_by_role("button", name="就寄到这里").click()
    expect(page.get_by_role("status")).to_contain_text("地址收到了")
    assert Grant.objects.get(member=owner).state == "awaiting_shipment"


@pytest.mark.parametrize("is_large", [False, True])
def test_every_page_fits_a_small_phone_also_with_large_text(phone, owner, is_large):
    order = order_of(owner)
    long_name = "一个名字特别特别长的礼品" * 4
    give(owner, make_benefit(BenefitKind.COUPON, name=long_name, coupon_threshold=Decimal("99999.99")))
    give(owner, make_benefit(BenefitKind.PHYSICAL, name="W" * 60))
    parcel, coupon = Grant.objects.get(kind="physical"), Grant.objects.get(kind="coupon").coupons.get()
    page = phone(owner, "/m/")
    paths = [
        reverse(f"h5:{name}")
        for name in ("home", "me", "my_entries", "my_coupons", "my_gifts", "my_points", "my_invites")
    ]
    paths += [
        reverse("h5:pay", args=[order.number]),
        reverse("h5:address", args=[parcel.pk]),
        reverse("h5:coupon", args=[coupon.code]),
    ]
    for path in paths:
        page.goto(path)
        if is_large:
            page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        short = "e => e.offsetParent && e.getBoundingClientRect().height < 44"
        pressed = "button, .button, .tabs a, .switch a, .up, summary"
        assert page.evaluate(f"[...document.querySelectorAll('{pressed}')].filter({short}).length") == 0, path
