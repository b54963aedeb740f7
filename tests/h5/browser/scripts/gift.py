"""Gift: the friend unwraps a code, the sender gets points for it. The blessing was typed before the log-in."""

from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Run
from apps.campaigns.services.codes.adding import add_codes
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.phone import Phone

CODE = "TEA-2026-A1"


def make() -> Run:
    tea = make_benefit(BenefitKind.CODE, name="新茶一盒")
    add_codes(benefit=tea, lines=[CODE], actor=None, now=database_now())
    rules = {"price": "0.00", "gift_count": 1, "own_count": 0}
    return make_run("gift", rules, slots={"gift": tea, "sender": make_benefit(name="心意积分")}, stock=5)


def begin(owner: Phone, cashier: User) -> None:
    owner.page.get_by_label("祝福").fill("生日快乐")
    owner.tap_logged_in("送礼物")
    owner.sees("把这份礼物发给一位朋友")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.sees("生日快乐")
    friend.tap_logged_in("收下礼物")
    friend.sees("礼物是你的了")


def promised(owner: Phone, friend: Phone) -> None:
    friend.go("my_gifts")
    friend.page.get_by_text("点开看看").tap()
    friend.sees(CODE)
    owner.go("my_points")
    expect(owner.page.locator(".balance")).to_have_text("10")
    assert owner.member.points_balance == 10
