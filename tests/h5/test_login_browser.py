"""Logging in with a phone-sized Chromium: with script, without it, and with large letters."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import Browser, Page

from apps.core.clock import database_now
from apps.h5.models import PhoneCode
from apps.h5.services.personal_links import make_token
from apps.members.models import Member
from tests.h5.logged import last_code, wrong

# Playwright's synchronous API keeps an event loop in this thread, and Django would refuse to query from it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOGIN = reverse("h5:login")


@pytest.fixture
def open_phone(live_server, browser: Browser) -> Iterator[Any]:
    """``open_phone(path, script=True, width=390, scale=1)`` → a page; no script may fail, no policy be broken."""
    contexts, failures = [], []

    def open_page(path: str, *, script: bool = True, width: int = 390, scale: float = 1) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            viewport={"width": width, "height": 780},
            has_touch=True,
            is_mobile=True,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
        page.goto(path)
        if scale != 1:
            page.evaluate("scale => { document.documentElement.style.fontSize = `${scale * 100}%` }", scale)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert failures == []


def fill(page: Page, phone: str = "138 0013 8000") -> None:
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("我已阅读并同意").check()
    page.get_by_test_id("send").click()
    page.wait_for_url("**/m/login/code/")


@pytest.mark.parametrize("script", [True, False])
def test_a_stranger_logs_in(open_phone, caplog, script):
    page = open_phone(f"{LOGIN}?next=/m/terms/", script=script)
    fill(page)
    code = last_code(caplog)
    page.get_by_label("验证码").fill(wrong(code))
    page.get_by_test_id("enter").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("验证码").fill(code)
    page.get_by_test_id("enter").click()
    page.wait_for_url("**/m/terms/")
    names = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert names["member"]["httpOnly"]
    assert "login" not in names
    page.go_back()
    page.goto(LOGIN)
    page.wait_for_url("**/m/")


def test_the_resend_button_waits_for_its_time(open_phone, caplog):
    page = open_phone(LOGIN)
    fill(page)
    button = page.get_by_test_id("resend")
    assert not button.is_visible()
    assert page.get_by_text("没收到？").is_visible()
    assert PhoneCode.objects.count() == 1
    PhoneCode.objects.update(sent_at=database_now() - timedelta(seconds=61))
    page.goto(LOGIN)
    fill(page)
    assert PhoneCode.objects.count() == 2


def test_the_resend_button_is_there_without_script(open_phone, caplog):
    page = open_phone(LOGIN, script=False)
    fill(page)
    assert page.get_by_test_id("resend").is_visible()


def test_a_personal_link_is_confirmed(open_phone):
    member = Member.objects.create(phone="+8613800138000", nickname="王芳")
    until = database_now() + timedelta(days=1)
    token = make_token(member_id=member.pk, run_id=None, expires_at=until)
    page = open_phone(reverse("h5:personal", args=[token]))
    assert page.get_by_role("heading", name="你是 王** 吗？").is_visible()
    page.get_by_label("你的手机号后四位").fill("8000")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_test_id("enter").click()
    page.wait_for_url("**/m/")
    assert member.sessions.count() == 1


@pytest.mark.parametrize("path", [LOGIN, reverse("h5:terms")])
def test_nothing_runs_off_a_small_screen_with_large_letters(open_phone, path):
    page = open_phone(path, width=360, scale=2)
    wide, view = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= 360, (wide, view)
    small = page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=hidden]):not([type=checkbox])')]"
        ".filter(e => e.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    assert page.locator("html").get_attribute("lang") == django_settings.LANGUAGE_CODE
