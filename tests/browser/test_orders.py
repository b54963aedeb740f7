"""Money through the dialogs of a real browser, on a desk and on a phone."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.core.clock import database_now
from apps.members.models import Member
from apps.orders.models import Order, Refund
from apps.orders.services.orders import create_order

pytestmark = pytest.mark.browser


@pytest.fixture
def order(transactional_db):
    member = Member.objects.create(nickname="小鹿", phone="+8613800138000")
    return create_order(member=member, title="车厘子 2 斤", unit_price=Decimal("99.90"), now=database_now())


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_an_order_is_marked_paid_and_refunded(open_as, architect, order, width, dark):
    page = open_as(architect, f"/admin/orders/order/{order.pk}/change/", width=width, dark=dark)

    def press(label):
        if width < 1000:
            page.get_by_text("more_horiz").filter(visible=True).first.click()
        page.locator("a, button").filter(has_text=label, visible=True).first.click()

    press("标记已付款")
    page.get_by_label("收款凭证号").fill("转账 0301")
    page.locator("dialog, [role=dialog], form").get_by_role("button", name="标记已付款").last.click()
    expect(page.get_by_text("已记下这笔收款")).to_be_visible()
    press("退款")
    page.get_by_label("退款金额（元）").fill("9.90")
    page.get_by_label("原因").fill("少发了一盒")
    page.get_by_role("button", name="退款").last.click()
    expect(page.get_by_text("退款已登记")).to_be_visible()
    assert Order.objects.get().state == "paid"
    assert Refund.objects.get().amount == Decimal("9.90")
    for name in ("order", "refund", "product", "payment"):
        page.goto(f"/admin/orders/{name}/")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
