"""Swap: the friend lists a thing too and offers it; the owner accepts, both confirm, both are thanked with points."""

from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.models import Entry, Run
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.phone import Phone
from tests.h5.pictures import jpeg


def make() -> Run:
    slots = {"owner": make_benefit(name="物主积分"), "partner": make_benefit(name="换家积分")}
    return make_run("swap", {"needs_moderation": False}, slots=slots)


def begin(owner: Phone, cashier: User) -> None:
    owner.tap("发布一件闲置")
    owner.log_in()
    _list(owner, "旧书")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    listing = friend.page.url
    friend.tap("我来换")
    friend.log_in()
    friend.tap("先发布一件")
    _list(friend, "台灯")
    friend.page.goto(listing)
    friend.tap("我来换")
    friend.page.get_by_label("我的物品").select_option(label="台灯")
    friend.page.get_by_label("留言").fill("成色很新")
    friend.tap("我来换")
    friend.done()
    owner.page.goto(listing)
    owner.sees("成色很新")
    owner.tap("接受报价")
    owner.tap("确认收到")
    owner.done()
    friend.page.goto(listing)
    friend.tap("确认收到")
    friend.done()


def promised(owner: Phone, friend: Phone) -> None:
    assert dict(Entry.objects.values_list("title", "state")) == {"旧书": "won", "台灯": "won"}
    for phone in (owner, friend):
        phone.go("my_points")
        expect(phone.page.locator(".balance")).to_have_text("10")
        assert phone.member.points_balance == 10


def _list(phone: Phone, title: str) -> None:
    picture = jpeg(size=(320, 240))
    phone.page.get_by_label("物品").fill(title)
    phone.page.get_by_label("照片").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture.read()}
    )
    phone.page.get_by_role("main").get_by_role("button").last.tap()
    phone.at("entry")
    phone.sees(title)
