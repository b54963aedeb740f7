"""Logging in by phone and code, and out again: plain forms, one field at a time."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip
from apps.core.errors import DomainError, Invalid
from apps.core.phones import canonical_mobile, mask_phone
from apps.h5.services.binding import bind_phone, may_bind
from apps.h5.services.consents import TERMS_VERSION, check_version
from apps.h5.services.logging_in import LoggedIn, log_in
from apps.h5.services.phone_codes import LIFETIME, TooOften, check_code, send_code, sender
from apps.h5.services.wechat import account
from apps.h5.views.base import (
    MEMBER_COOKIE,
    keep,
    now_of,
    origin_of,
    public_page,
    safe_next,
    viewer_of,
    visitor_token,
)
from apps.h5.views.phone_hint import hinted_phone
from apps.h5.views.problems import Problem, again, form_page, problem_of, see_other
from apps.h5.views.sealed import seal, unkeep, unseal
from apps.members.enums import LoginWay
from apps.members.services.sessions import LIFETIME as SESSION_LIFETIME
from apps.members.services.sessions import close_session

PHONE_COOKIE = "login"
WECHAT_COOKIE = "login_wechat"
_SEALED_FOR = LIFETIME + timedelta(minutes=5)


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def login(request: HttpRequest) -> HttpResponse:
    """Ask for the phone and the consent, send a code, go on to ``login_code``."""
    problem = problem_of(request)
    back = _next(request, problem)
    if _is_in(request) and not _may_bind(request):
        return see_other(back)
    if request.method != "POST":
        return _phone_page(request, back, problem)
    phone = request.POST.get("phone", "")[:40]
    agree = request.POST.get("agree", "")
    try:
        check_version(agree)
        number = canonical_mobile(phone)
        sent = send_code(phone=number, ip_hash=origin_of(request).ip_hash, now=now_of(request))
        resend_at, shown = sent.resend_at, sent.shown
    except TooOften as error:
        if not error.is_just_sent:
            return again(request, error, phone=phone, next=back)
        # Whoever asked twice has a code already: on to the page where it is typed.
        known = unseal(request, PHONE_COOKIE) or {}
        resend_at = now_of(request) + timedelta(seconds=error.wait)
        shown = known.get("shown", "") if known.get("phone") == number else ""
    except DomainError as error:
        return again(request, error, phone=phone, next=back)
    response = see_other(reverse("h5:login_code"))
    data = {
        "phone": number,
        "agree": agree,
        "next": back,
        "resend": int(resend_at.timestamp()),
        "shown": shown,
    }
    seal(request, response, PHONE_COOKIE, data, _SEALED_FOR)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was sent, and log in; a member who came by WeChat gets the phone instead."""
    asked = unseal(request, PHONE_COOKIE)
    if asked is None or asked["agree"] != TERMS_VERSION:
        return see_other(reverse("h5:login"))
    back = safe_next(request, asked["next"])
    if request.method != "POST":
        return _code_page(request, asked)
    if wait := _guesses_too_much(request):
        return _too_many(request, wait)
    try:
        phone = check_code(phone=asked["phone"], code=request.POST.get("code", ""), now=now_of(request))
    except Invalid as error:
        return again(request, error)
    origin = origin_of(request)
    proved: dict[str, Any] = {
        "phone": phone,
        "visitor_token": visitor_token(request),
        "consent_version": asked["agree"],
        "ip_hash": origin.ip_hash,
        "now": now_of(request),
    }
    viewer = viewer_of(request)
    if viewer is not None and may_bind(viewer.session_id):
        logged = bind_phone(member_id=viewer.member_id, **proved)
    else:
        logged = log_in(source=LoginWay.PHONE_CODE, **proved)
    return entered(request, logged, back)


@require_POST
@public_page
def logout(request: HttpRequest) -> HttpResponse:
    """Close the session; a token that somebody copied is dead too."""
    viewer = viewer_of(request)
    if viewer is not None:
        close_session(session_id=viewer.session_id, now=viewer.at)
    response = see_other(reverse("h5:home"))
    unkeep(response, MEMBER_COOKIE, PHONE_COOKIE, WECHAT_COOKIE)
    return response


def entered(
    request: HttpRequest, logged: LoggedIn, back: str, life: timedelta = SESSION_LIFETIME
) -> HttpResponse:
    """On with a new token; the one that this browser had is closed, so that nothing planted before survives."""
    viewer = viewer_of(request)
    if viewer is not None:
        close_session(session_id=viewer.session_id, now=viewer.at)
    response = see_other(back)
    keep(response, MEMBER_COOKIE, logged.token, int(life.total_seconds()))
    unkeep(response, PHONE_COOKIE, WECHAT_COOKIE)
    return response


def offers_wechat(request: HttpRequest) -> bool:
    """Inside WeChat (not WeCom, whose accounts are others), and configured."""
    agent = request.headers.get("User-Agent", "").lower()
    return "micromessenger" in agent and "wxwork" not in agent and account() is not None


def _phone_page(request: HttpRequest, back: str, problem: Problem | None) -> HttpResponse:
    context = {
        "next": back,
        "phone": problem.typed.get("phone", "") if problem else hinted_phone(request),
        "terms_version": TERMS_VERSION,
        "has_agreed": problem is not None and problem.code != "consent_needed",
        "offers_wechat": offers_wechat(request),
        "offers_phone": sender() is not None,
        "is_binding": _is_in(request),
    }
    return form_page(request, "h5/login.html", context)


def _code_page(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    context = {
        "phone": mask_phone(asked["phone"]),
        "full_phone": asked["phone"],
        "next": asked["next"],
        "resend": asked["resend"],
        "terms_version": TERMS_VERSION,
        "shown": asked["shown"] if settings.SMS_CODE_ON_PAGE and not settings.PRODUCTION else "",
    }
    return form_page(request, "h5/login_code.html", context)


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    response = render(request, "h5/busy.html", {"seconds": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response


def _guesses_too_much(request: HttpRequest) -> int:
    """Seconds to wait; besides each code's own five tries, an address guesses only so often at all."""
    address = client_ip(request)
    limits = settings.API_LIMITS.get("guess_ip", ()) if address else ()
    return counters().wait_for([Limit(f"h5:guess_ip:{address}", most, seconds) for most, seconds in limits])


def _next(request: HttpRequest, problem: Problem | None) -> str:
    kept = problem.typed.get("next", "") if problem else ""
    given = request.POST.get("next", "") or request.GET.get("next", "") or kept
    return safe_next(request, given)


def _is_in(request: HttpRequest) -> bool:
    return viewer_of(request) is not None


def _may_bind(request: HttpRequest) -> bool:
    viewer = viewer_of(request)
    return viewer is not None and may_bind(viewer.session_id)
