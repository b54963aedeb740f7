"""Coupon: a friend takes one, and both have one in the wallet."""

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Coupon, Run
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.phone import Phone


def make() -> Run:
    friends = make_benefit(BenefitKind.COUPON, name="新人满减券")
    inviters = make_benefit(BenefitKind.COUPON, name="请客满减券")
    return make_run("coupon", {}, slots={"friend": friends, "inviter": inviters})


def begin(owner: Phone, cashier: User) -> None:
    owner.tap_logged_in("领券并邀请")
    owner.done()


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.tap_logged_in("领取")
    friend.sees("领到了，TA 也得到一份")


def promised(owner: Phone, friend: Phone) -> None:
    for phone, name in ((owner, "请客满减券"), (friend, "新人满减券")):
        coupon = Coupon.objects.get(member=phone.member)
        phone.go("my_coupons")
        phone.page.get_by_role("link", name=name).tap()
        phone.sees(coupon.code)
        assert coupon.state == "active"
