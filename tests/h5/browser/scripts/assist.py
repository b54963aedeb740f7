"""Assist: the owner gets a thing by post, the friend points."""

from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Grant, Run
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.phone import Phone


def make() -> Run:
    cup = make_benefit(BenefitKind.PHYSICAL, name="保温杯")
    return make_run(
        "assist", {"stages": [1]}, slots={"stage_1": cup, "helper": make_benefit(name="谢礼积分")}
    )


def begin(owner: Phone, cashier: User) -> None:
    owner.tap_logged_in("我要发起")
    owner.sees("还差 1 人领下一档")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.tap_logged_in("为 TA 助力")
    expect(friend.page.get_by_role("heading", name="助力成功", exact=True)).to_be_visible()


def promised(owner: Phone, friend: Phone) -> None:
    owner.go("my_gifts")
    owner.tap("填地址")
    owner.page.get_by_label("收件人").fill("王小明")
    owner.page.get_by_label("手机号").fill("13800138000")
    owner.page.get_by_label("详细地址").fill("浙江省杭州市西湖区文三路 1 号")
    owner.tap("就寄到这里")
    owner.sees("地址收到了")
    assert Grant.objects.get(member=owner.member).state == "awaiting_shipment"
    friend.go("my_points")
    expect(friend.page.locator(".balance")).to_have_text("10")
    assert friend.member.points_balance == 10
