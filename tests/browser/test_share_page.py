"""Handing a link on, on a phone: the page fits, one tap copies, without a script the field is there."""

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from apps.campaigns.models import Campaign, Entry, ShareLink
from apps.campaigns.services.sharing import short_url
from apps.h5.models import Touch
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from apps.members.services.sessions import open_session
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry() -> Entry:
    run = make_run("assist", {"stages": [3]})
    Campaign.objects.filter(pk=run.campaign_id).update(headline="三位好友助力，夏日鲜果礼盒带回家")
    return start(run, make_member("王小明"))


@pytest.fixture
def open_phone(live_server, browser: Browser, settings):
    """``open_phone("/m/…", member=…, width=…, language=…, scripts=…)`` → a page on a phone."""
    settings.SITE_URL = live_server.url
    contexts = []

    def open_page(
        path: str, *, member: Member | None = None, width=390, language="zh-CN", scripts=True
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844},
            locale=language,
            is_mobile=True,
            has_touch=True,
            java_script_enabled=scripts,
            user_agent="Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36",
        )
        contexts.append(context)
        if member is not None:
            token = open_session(member=member, now=timezone.now(), label="phone")
            context.add_cookies([{"name": MEMBER_COOKIE, "value": token, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def width_of(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def test_one_tap_copies_the_link_and_it_leads_a_friend_to_the_entry(entry: Entry, open_phone) -> None:
    page = open_phone(f"/m/e/{entry.code}/share/", member=entry.owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="复制").tap()
    expect(page.get_by_role("status")).to_have_text("复制好了，去粘贴给朋友吧")
    link = ShareLink.objects.get()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == short_url(link.code)
    expect(page.get_by_role("img")).to_have_js_property("naturalWidth", 750)

    friend = open_phone(copied)
    assert f"/m/e/{entry.code}/" in friend.url
    touch = Touch.objects.get()
    assert (touch.link, touch.inviter) == (link, entry.owner)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_fits_a_small_phone_and_large_text(entry: Entry, open_phone, language: str) -> None:
    page = open_phone(f"/m/e/{entry.code}/share/", member=entry.owner, width=360, language=language)
    assert width_of(page) == 360
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert width_of(page) == 360


def test_without_a_script_the_link_can_be_selected(entry: Entry, open_phone) -> None:
    page = open_phone(f"/m/e/{entry.code}/share/", member=entry.owner, scripts=False)
    assert page.get_by_role("textbox").input_value() == short_url(ShareLink.objects.get().code)
    expect(page.get_by_role("button", name="复制")).to_be_hidden()
    expect(page.get_by_text("也可以长按上面的文字")).to_be_visible()
