"""The log-in pages: plain forms, no open redirect, no planted session, limits that hold."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.clock import database_now
from apps.h5.models import PhoneCode
from apps.h5.services.consents import TERMS_VERSION
from apps.members.models import Consent, Member, MemberSession
from apps.members.services.sessions import open_session, session_of
from tests.campaigns.factories import make_member
from tests.h5.logged import last_code, wrong

LOGIN, CODE = reverse("h5:login"), reverse("h5:login_code")
PHONE = "13800138000"


@pytest.fixture
def browser(db):
    return Client()


def ask(browser, phone=PHONE, **fields):
    return browser.post(LOGIN, {"phone": phone, "agree": TERMS_VERSION, **fields})


def enter(browser, caplog, phone=PHONE, **fields):
    ask(browser, phone, **fields)
    return browser.post(CODE, {"code": last_code(caplog)})


def test_phone_then_code_then_back_to_where_one_was(browser, caplog):
    page = browser.get(LOGIN, {"next": "/m/r/7/play/"})
    assert 'value="/m/r/7/play/"' in page.content.decode()
    sent = ask(browser, next="/m/r/7/play/")
    assert (sent.status_code, sent["Location"]) == (303, CODE)
    page = browser.get(CODE).content.decode()
    assert "138****8000" in page
    assert 'autocomplete="one-time-code"' in page
    done = browser.post(CODE, {"code": last_code(caplog)})
    assert (done.status_code, done["Location"]) == (303, "/m/r/7/play/")
    cookie = done.cookies["member"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 24 * 3600)
    assert session_of(cookie.value).member_id == Member.objects.get().pk
    assert Consent.objects.get().version == TERMS_VERSION
    assert browser.get(LOGIN, {"next": "/m/r/7/"})["Location"] == "/m/r/7/"


def test_cookies_are_secure_in_production(browser, caplog, settings):
    ask(browser)
    settings.PRODUCTION = True
    done = browser.post(CODE, {"code": last_code(caplog)})
    assert done.cookies["member"]["secure"]


def test_the_pages_carry_the_strict_policy_and_are_not_stored(browser, caplog):
    ask(browser)
    for address in (LOGIN, CODE, reverse("h5:terms")):
        page = browser.get(address)
        assert "default-src 'none'" in page["Content-Security-Policy"]
        assert "no-store" in page["Cache-Control"]
        html = page.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html)


def test_no_form_goes_without_its_token(db):
    browser = Client(enforce_csrf_checks=True)
    assert ask(browser).status_code == 403
    assert browser.post(reverse("h5:logout")).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/m/",
        "//evil.example/m/",
        "/m//evil.example",
        "/\\evil.example",
        "/m/\\evil.example",
        "/admin/",
        "/m/../admin/",
        "/m/%2e%2e/admin/",
        "/m/%252e%252e/admin/",
        "/m/%5c%5cevil.example",
        "javascript:alert(1)",
        "/m/\r\nSet-Cookie: a=b",
        "/m/\tx",
        "m/",
        "",
    ],
)
def test_log_in_leads_nowhere_else(browser, caplog, address):
    """Open redirect."""
    done = enter(browser, caplog, next=address)
    assert done["Location"] == "/m/"


@pytest.mark.parametrize(
    "address", ["/m/r/7/?utm_source=a&next=https://x.example", "/m/e/abc/do/help/", "/m/me/"]
)
def test_log_in_leads_back_to_member_pages(browser, caplog, address):
    assert enter(browser, caplog, next=address)["Location"] == address


def test_without_the_tick_nothing_is_sent(browser):
    for agree in ({}, {"agree": "2000-01"}):
        assert browser.post(LOGIN, {"phone": PHONE, "next": "/m/me/", **agree})["Location"] == LOGIN
        page = browser.get(LOGIN).content.decode()
        assert 'role="alert"' in page
        assert f'value="{PHONE}"' in page
        assert 'value="/m/me/"' in page
        assert 'role="alert"' not in browser.get(LOGIN).content.decode()
    assert not PhoneCode.objects.exists()


def test_terms_that_change_between_two_pages_are_shown_anew(browser, caplog, monkeypatch):
    ask(browser)
    monkeypatch.setattr("apps.h5.views.login.TERMS_VERSION", "2099-01")
    assert browser.post(CODE, {"code": last_code(caplog)})["Location"] == LOGIN
    assert not Consent.objects.exists()


def test_a_known_phone_looks_like_an_unknown_one(db, caplog):
    """No enumeration."""
    make = [make_member().phone, "+8613812345678"]
    seen = []
    for phone in make:
        browser = Client()
        sent = ask(browser, phone)
        page = re.sub(
            r'value="[^"]{30,}"|data-now="\d+"|data-until="\d+"', "", browser.get(CODE).content.decode()
        )
        bad = browser.post(CODE, {"code": wrong(last_code(caplog))})
        masked = f"{phone[3:6]}****{phone[-4:]}"
        seen.append(
            (sent.status_code, sent["Location"], page.replace(masked, "").replace(phone, ""), bad.status_code)
        )
    assert seen[0] == seen[1]


def test_asking_twice_leads_to_the_code_all_the_same(browser, caplog):
    ask(browser)
    code = last_code(caplog)
    again = ask(browser)
    assert again["Location"] == CODE
    assert PhoneCode.objects.count() == 1
    assert browser.post(CODE, {"code": code})["Location"] == "/m/"


def test_five_wrong_codes_and_the_right_one_is_dead(browser, caplog):
    """Code guessing."""
    ask(browser)
    code = last_code(caplog)
    for _guess in range(5):
        assert browser.post(CODE, {"code": wrong(code)})["Location"] == CODE
        assert 'role="alert"' in browser.get(CODE).content.decode()
    assert browser.post(CODE, {"code": code})["Location"] == CODE
    assert not Member.objects.exists()


def test_an_address_guesses_only_so_often(db, caplog, settings):
    """Burst limit: across phones, whatever cookies are thrown away."""
    settings.API_LIMITS = {"guess_ip": [(6, 3600)]}
    statuses = []
    for number in range(4):
        browser = Client(REMOTE_ADDR="203.0.113.9")
        ask(browser, f"1390000000{number}")
        statuses += [
            browser.post(CODE, {"code": wrong(last_code(caplog))}).status_code for _guess in range(2)
        ]
    assert statuses == [303] * 6 + [429] * 2
    assert not Member.objects.exists()
    other = Client(REMOTE_ADDR="203.0.113.10")
    ask(other, "13900000009")
    assert other.post(CODE, {"code": last_code(caplog)})["Location"] == "/m/"


def test_limits_of_sending_are_told_with_a_time(db, caplog, settings):
    settings.SMS_LIMITS = {**settings.SMS_LIMITS, "ip": [(2, 3600)]}
    for number in range(2):
        assert ask(Client(), f"1390000000{number}")["Location"] == CODE
    browser = Client()
    assert ask(browser, "13900000008")["Location"] == LOGIN
    page = browser.get(LOGIN).content.decode()
    assert "太频繁" in page
    assert "13900000008" in page


def test_the_phone_never_stands_in_an_address(browser, caplog):
    sent = ask(browser)
    assert PHONE not in sent["Location"]
    assert PHONE not in browser.cookies["login"].value


def test_a_cookie_of_another_browser_or_of_our_own_making_is_nothing(browser, caplog):
    ask(browser)
    stranger = Client()
    stranger.cookies["login"] = browser.cookies["login"].value
    for cookie in (browser.cookies["login"].value, "x", "é", "A" * 4000, ""):
        stranger.cookies["login"] = cookie
        assert stranger.get(CODE)["Location"] == LOGIN
        assert stranger.post(CODE, {"code": last_code(caplog)})["Location"] == LOGIN


def test_a_body_names_nobody(browser, caplog):
    """S2: another phone, member or inviter beside the code changes nothing."""
    victim = make_member()
    ask(browser)
    body = {"code": last_code(caplog), "phone": victim.phone, "member_id": victim.pk, "inviter": victim.pk}
    done = browser.post(CODE, body)
    member = Member.objects.exclude(pk=victim.pk).get()
    assert session_of(done.cookies["member"].value).member_id == member.pk
    assert (member.phone, member.inviter_id) == (f"+86{PHONE}", None)


def test_a_planted_session_does_not_survive_a_log_in(browser, caplog):
    """Session fixation: a new token, and the old one is dead."""
    planted = open_session(member=make_member(), now=database_now(), label="phone_code")
    ask(browser)
    browser.cookies["member"] = planted
    done = browser.post(CODE, {"code": last_code(caplog)})
    assert done.cookies["member"].value != planted
    assert session_of(planted) is None


def test_logging_out_kills_the_token(browser, caplog):
    token = enter(browser, caplog).cookies["member"].value
    assert browser.get(reverse("h5:logout")).status_code == 405
    gone = browser.post(reverse("h5:logout"))
    assert gone.cookies["member"]["max-age"] == 0
    assert session_of(token) is None
    assert MemberSession.objects.get().revoked_at is not None


def test_staff_are_no_members_and_members_no_staff(db, architect, caplog):
    staff = Client()
    staff.force_login(architect)
    assert staff.get(LOGIN).status_code == 200
    browser = Client()
    enter(browser, caplog)
    assert "login" in browser.get("/admin/")["Location"]


def test_a_resend_comes_from_the_code_page(browser, caplog):
    ask(browser, next="/m/me/")
    PhoneCode.objects.update(sent_at=database_now() - timedelta(seconds=61))
    first = last_code(caplog)
    page = browser.get(CODE).content.decode()
    fields = dict(re.findall(r'name="(phone|next|agree)" value="([^"]*)"', page))
    assert browser.post(LOGIN, fields)["Location"] == CODE
    assert last_code(caplog) != first or PhoneCode.objects.count() == 2
    assert browser.post(CODE, {"code": last_code(caplog)})["Location"] == "/m/me/"


def test_the_code_is_on_the_page_only_where_settings_say_so(browser, caplog, settings):
    ask(browser)
    assert last_code(caplog) not in browser.get(CODE).content.decode()
    settings.SMS_CODE_ON_PAGE = True
    other = Client()
    ask(other, "13900139000")
    assert last_code(caplog) in other.get(CODE).content.decode()
    settings.PRODUCTION = True
    assert last_code(caplog) not in other.get(CODE).content.decode()


def test_where_no_way_is_open_the_page_says_so(browser, settings):
    settings.SMS_PROVIDER = ""
    page = browser.get(LOGIN).content.decode()
    assert "个人链接" in page
    assert 'name="phone"' not in page


@pytest.mark.parametrize(
    "phone", ["<script>alert(1)</script>", '"><img src=x onerror=1>', "‮138", "\0", "1" * 500]
)
def test_what_is_typed_comes_back_as_text(browser, phone):
    """Reflected XSS."""
    assert ask(browser, phone)["Location"] == LOGIN
    page = browser.get(LOGIN)
    assert 'role="alert"' in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "<img src=x" not in page.content.decode()


def test_terms_name_their_version_in_both_languages(browser):
    for language in ("zh-hans", "en"):
        page = browser.get(reverse("h5:terms"), HTTP_ACCEPT_LANGUAGE=language)
        assert TERMS_VERSION in page.content.decode()
