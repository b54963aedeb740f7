"""Bargain: the friend's cut brings the price to the floor and is thanked with points; the owner buys at the floor."""

from decimal import Decimal

from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Coupon, Run
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.paying import pay_by_hand
from tests.h5.browser.phone import Phone

RULES = {"start": "10.00", "floor": "1.00", "helpers": 1, "has_own_cut": False}


def make() -> Run:
    slots = {
        "helper": make_benefit(name="帮砍积分"),
        "buyer": make_benefit(BenefitKind.COUPON, name="回头券"),
    }
    return make_run("bargain", RULES, slots=slots, stock=3)


def begin(owner: Phone, cashier: User) -> None:
    owner.tap_logged_in("我要砍价")
    owner.sees("现价 10.00 元")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.tap_logged_in("帮 TA 砍一刀")
    friend.sees("已经砍到底价了")
    owner.page.go_back()
    owner.at("entry")
    owner.tap("1.00 元买下")
    pay_by_hand(owner, cashier, "1.00")
    owner.sees("买到了")


def promised(owner: Phone, friend: Phone) -> None:
    order = Order.objects.get()
    assert (order.member, order.state, order.amount) == (owner.member, "paid", Decimal("1.00"))
    owner.go("my_coupons")
    owner.page.get_by_role("link", name="回头券").tap()
    owner.sees(Coupon.objects.get(member=owner.member).code)
    friend.go("my_points")
    expect(friend.page.locator(".balance")).to_have_text("10")
    assert friend.member.points_balance == 10
