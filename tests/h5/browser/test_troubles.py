"""What phones do to a page: back, reload, two taps, two tabs, no network, no scripts, and time that runs out (C11)."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from apps.campaigns.models import Contribution, Entry
from apps.core.clock import database_now
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import start
from tests.h5.browser.scripts import assist, swap
from tests.h5.browser.test_two_members import play_through

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BARGAIN = {"start": "10.00", "floor": "1.00", "helpers": 3, "has_own_cut": False}


@pytest.fixture
def friend(phone):
    one = phone()
    one.belongs_to(make_member("李雷"))
    return one


@pytest.fixture
def bargain(transactional_db) -> Entry:
    return start(make_run("bargain", BARGAIN, stock=3), make_member("王小明"))


def test_two_taps_a_reload_and_the_back_button_cut_once(friend, bargain) -> None:
    friend.go("entry", bargain.code)
    cut = friend.pressed("帮 TA 砍一刀")
    cut.evaluate("button => { button.click(); button.click(); }")
    friend.done()
    friend.page.reload()
    friend.sees("你帮 TA 砍掉了")
    friend.page.go_back()
    friend.sees("你帮 TA 砍掉了")
    assert friend.page.get_by_role("button", name="帮 TA 砍一刀").count() == 0
    friend.page.go_forward()
    friend.sees("你帮 TA 砍掉了")
    assert Contribution.objects.filter(entry=bargain).count() == 1


def test_back_from_the_payment_leads_to_the_same_order(friend, transactional_db) -> None:
    run = make_run("group_buy", {"size": 2, "price": "20.00", "seats_per_member": 1}, stock=5)
    friend.go("play", run.pk)
    friend.tap("开团 20.00 元")
    friend.at("pay")
    address = friend.page.url
    friend.page.go_back()
    friend.at("play")
    # Whatever this page still shows, it leads to the seat that is held, never to another.
    friend.page.reload()
    friend.tap(re.compile("^看我的团"))
    friend.tap("去付款 20.00 元")
    expect(friend.page).to_have_url(address)
    assert Order.objects.count() == 1


def test_two_tabs_of_one_member_take_one_seat(friend, transactional_db) -> None:
    run = make_run("group_buy", {"size": 3, "price": "0.00"}, stock=5)
    entry = start(run, make_member("王小明"))
    friend.go("entry", entry.code)
    other = friend.tab()
    other.goto(friend.page.url)
    friend.tap(re.compile("^参团"))
    friend.done()
    other.get_by_role("button", name="参团").tap()
    expect(other.get_by_role("alert")).to_be_visible()
    expect(other.get_by_role("button", name="参团")).to_have_count(0)
    assert Contribution.objects.filter(entry=entry).count() == 2


def test_what_was_tapped_without_a_network_is_done_once_it_is_back(friend, transactional_db) -> None:
    rules = {"price": "0.00", "gift_count": 1, "own_count": 0}
    run = make_run("gift", rules, slots={"gift": make_benefit(name="茶杯")}, stock=5)
    friend.go("play", run.pk)
    friend.page.get_by_label("祝福").fill("等网络来")
    friend.context.set_offline(True)
    friend.tap("送礼物")
    friend.sees("没有网络")
    friend.context.set_offline(False)
    friend.sees("网络恢复了")
    friend.tap("送礼物")
    friend.sees("把这份礼物发给一位朋友")
    assert Entry.objects.get().data["blessing"] == "等网络来"


def test_an_answer_that_was_lost_on_the_way_is_found_again(friend, transactional_db) -> None:
    """The server did it, the phone never heard: the second tap gets the first answer."""
    ticket = make_benefit(name="积分")
    entry = start(make_run("coupon", {}, slots={"friend": ticket, "inviter": ticket}), make_member("王小明"))
    friend.go("entry", entry.code)

    def lose(route) -> None:
        route.fetch(max_redirects=0)
        route.abort("internetdisconnected")

    friend.page.route("**/do/accept/", lose)
    friend.tap("领取")
    friend.sees("没有网络")
    assert Contribution.objects.filter(entry=entry).count() == 1
    friend.page.unroute("**/do/accept/")
    friend.tap("领取")
    friend.sees("领到了，TA 也得到一份")
    assert Contribution.objects.filter(entry=entry).count() == 1


def test_time_runs_out_while_the_page_is_open(friend, bargain) -> None:
    friend.page.route("**/do/**", lambda route: route.abort())  # nobody taps; only the clock moves
    Entry.objects.filter(pk=bargain.pk).update(expires_at=database_now() + timedelta(seconds=3))
    friend.go("entry", bargain.code)
    friend.sees("帮 TA 砍一刀，现价 10.00 元")
    friend.sees("砍价时间到了")
    expect(friend.page.get_by_role("button", name="帮 TA 砍一刀")).to_have_count(0)


def test_a_tap_after_the_time_is_told_so_and_counts_nothing(phone, bargain) -> None:
    """Without scripts the page stays as it was: the server's clock decides, and says what to do next."""
    friend = phone(has_scripts=False)
    friend.belongs_to(make_member("李雷"))
    friend.go("entry", bargain.code)
    Entry.objects.filter(pk=bargain.pk).update(expires_at=database_now())
    friend.tap("帮 TA 砍一刀")
    expect(friend.page.get_by_role("alert")).to_be_visible()
    friend.sees("砍价时间到了")
    assert not Contribution.objects.filter(entry=bargain).exists()


@pytest.mark.parametrize("script", [assist, swap], ids=["assist", "swap"])
def test_everything_is_played_without_scripts(script, phone, group_link, cashier) -> None:
    link = group_link(script.make())
    play_through(script, phone(has_scripts=False), phone(has_scripts=False), link, cashier)
