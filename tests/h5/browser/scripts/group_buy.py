"""Group buy: two pay, the team succeeds, and each has the code that was bought."""

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Entry, Run
from apps.campaigns.services.codes.adding import add_codes
from apps.core.clock import database_now
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.paying import pay_by_hand
from tests.h5.browser.phone import Phone

CODES = {"VIDEO-2026-A1", "VIDEO-2026-B2"}


def make() -> Run:
    card = make_benefit(BenefitKind.CODE, name="视频会员月卡")
    add_codes(benefit=card, lines=sorted(CODES), actor=None, now=database_now())
    return make_run("group_buy", {"size": 2, "price": "20.00"}, slots={"member": card}, stock=5)


def begin(owner: Phone, cashier: User) -> None:
    owner.tap_logged_in("开团 20.00 元")
    pay_by_hand(owner, cashier, "20.00")
    owner.sees("还差 1 人付款成团")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.tap_logged_in("参团 20.00 元")
    pay_by_hand(friend, cashier, "20.00")
    friend.sees("拼团成功")


def promised(owner: Phone, friend: Phone) -> None:
    assert Entry.objects.get().state == "won"
    assert set(Order.objects.values_list("state", "amount")) == {("paid", Order.objects.first().amount)}
    shown = set()
    for phone in (owner, friend):
        phone.go("my_gifts")
        phone.page.get_by_text("点开看看").tap()
        phone.sees("视频会员月卡")
        shown.add(phone.page.locator(".gift-inside .code").inner_text())
    assert shown == CODES
