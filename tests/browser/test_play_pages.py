"""Playing on a phone: double taps, back and reload, two tabs, time that runs out, a lost network."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from apps.campaigns.models import Contribution, Entry, Run
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from apps.members.services.sessions import open_session
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import start
from tests.h5.pictures import jpeg

type Phone = Callable[..., Page]


@pytest.fixture
def phone(live_server, browser: Browser) -> Iterator[Phone]:
    """``phone(member)`` → a page in that member's own browser; scripts must not fail, nor break the policy."""
    contexts, failures = [], []

    def take(member: Member | None = None, *, width: int = 390, locale: str = "zh-CN", **options) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale=locale,
            viewport={"width": width, "height": 800},
            has_touch=True,
            is_mobile=True,
            **options,
        )
        contexts.append(context)
        if member is not None:
            token = open_session(member=member, now=timezone.now(), label="phone")
            context.add_cookies([{"name": MEMBER_COOKIE, "value": token, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on(
            "console", lambda said: failures.append(said.text) if "Content Security" in said.text else None
        )
        return page

    yield take
    for context in contexts:
        context.close()
    assert failures == []


@pytest.fixture
def bargain(transactional_db: None) -> Entry:
    run = make_run(
        "bargain", {"start": "10.00", "floor": "1.00", "helpers": 5, "has_own_cut": False}, stock=3
    )
    return start(run, make_member("王小明"))


def cuts(entry: Entry) -> int:
    return Contribution.objects.filter(entry=entry, kind="cut").count()


def test_a_double_tap_back_and_reload_cut_once(phone: Phone, bargain: Entry) -> None:
    page = phone(make_member("李雷"))
    page.goto(f"/m/e/{bargain.code}/")
    page.get_by_role("button", name="帮 TA 砍一刀").dblclick()
    expect(page.locator(".cut-off")).to_be_visible()
    assert cuts(bargain) == 1
    page.reload()
    expect(page.locator(".price-now")).to_be_visible()
    page.go_back()
    page.wait_for_load_state()
    button = page.get_by_role("button", name="帮 TA 砍一刀")
    if button.count():
        button.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("你帮 TA 砍掉了")
    assert cuts(bargain) == 1


def test_two_tabs_cut_once_and_the_second_says_why(phone: Phone, bargain: Entry) -> None:
    page = phone(make_member())
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"/m/e/{bargain.code}/")
    page.get_by_role("button", name="帮 TA 砍一刀").click()
    expect(page.locator(".cut-off")).to_be_visible()
    other.get_by_role("button", name="帮 TA 砍一刀").click()
    expect(other.get_by_role("alert")).to_contain_text("你已经帮 TA 砍过了")
    assert cuts(bargain) == 1


def test_a_lost_network_keeps_what_was_typed_and_the_retry_is_the_same_request(
    phone: Phone, transactional_db: None
) -> None:
    run = make_run("gift", {"price": "0.00"}, slots={"gift": make_benefit()})
    page = phone(make_member())
    page.goto(f"/m/r/{run.pk}/play/")
    page.get_by_label("祝福语").fill("路上平安")
    key = page.locator("form input[name=key]").input_value()
    page.context.set_offline(True)
    page.get_by_role("button", name="送礼物").click()
    expect(page.get_by_text("没有网络")).to_be_visible()
    expect(page.get_by_label("祝福语")).to_have_value("路上平安")
    page.context.set_offline(False)
    expect(page.get_by_text("网络恢复了")).to_be_visible()
    assert page.locator("form input[name=key]").input_value() == key
    page.get_by_role("button", name="送礼物").click()
    expect(page.locator(".letter")).to_contain_text("路上平安")
    assert Entry.objects.filter(run=run).count() == 1


def test_the_page_ends_by_itself_when_time_runs_out(phone: Phone, bargain: Entry) -> None:
    Entry.objects.filter(pk=bargain.pk).update(expires_at=timezone.now() + timedelta(seconds=4))
    page = phone(make_member())
    page.goto(f"/m/e/{bargain.code}/")
    expect(page.get_by_role("button", name="帮 TA 砍一刀")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("时间到了", timeout=15_000)
    assert page.get_by_role("button", name="帮 TA 砍一刀").count() == 0


def test_a_listing_with_a_photo_goes_onto_the_shelf(phone: Phone, transactional_db: None) -> None:
    run: Run = make_run("swap", {"needs_moderation": False})
    page = phone(make_member())
    page.goto(f"/m/r/{run.pk}/play/")
    page.get_by_role("link", name="发布一件闲置").click()
    page.get_by_label("物品").fill("台灯")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg().read()}
    page.get_by_label("照片").set_input_files(photo)
    expect(page.locator("[data-preview] img")).to_be_visible()
    page.get_by_role("button", name="发布一件闲置").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("台灯")
    page.get_by_role("link", name="看看别的").click()
    expect(page.locator(".found img")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390])
def test_nothing_is_wider_than_the_phone_even_with_large_text(
    phone: Phone, bargain: Entry, width: int
) -> None:
    run = bargain.run
    page = phone(make_member("李雷"), width=width)
    for address in (f"/m/e/{bargain.code}/", f"/m/r/{run.pk}/play/"):
        page.goto(address)
        for size in ("100%", "200%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            small = page.eval_on_selector_all(
                "main button, main a.button, summary",
                "all => all.filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).length",
            )
            assert small == 0


def test_without_scripts_the_same_forms_play(phone: Phone, bargain: Entry) -> None:
    page = phone(make_member(), java_script_enabled=False)
    page.goto(f"/m/e/{bargain.code}/")
    page.get_by_role("button", name="帮 TA 砍一刀").click()
    expect(page.locator(".cut-off")).to_be_visible()
    assert cuts(bargain) == 1
