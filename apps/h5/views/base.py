"""What every member page shares: who looks, by which browser, how a page is sent, how a refusal looks.

Who acts comes from the session cookie, the inviter from a link's row, amounts from the rules: never from a body (S2).
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip, digest, ip_digest
from apps.campaigns.services.engine import Origin
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.members.models import Member
from apps.members.services.sessions import session_of

MEMBER_COOKIE = "member"
VISITOR_COOKIE = "visitor"
VISITOR_SECONDS = 400 * 24 * 3600  # what browsers keep at most
#: Public pages: nothing inline, nothing from elsewhere, no evaluation (S6).
STRICT_CSP: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True)
class Viewer:
    """A logged-in member. ``at`` is the database's clock when the session was judged."""

    member_id: int
    session_id: int
    at: datetime


type PageView = Callable[..., HttpResponseBase]


def viewer_of(request: HttpRequest) -> Viewer | None:
    """Who looks, ``None`` for somebody unknown; asked once a request. Staff sessions say nothing here."""
    if not hasattr(request, "_viewer"):
        seen = session_of(request.COOKIES.get(MEMBER_COOKIE, ""))
        request._viewer = seen and Viewer(seen.member_id, seen.session_id, seen.at)  # type: ignore[attr-defined]
    return request._viewer  # type: ignore[attr-defined,no-any-return]


def member_id_of(request: HttpRequest) -> int | None:
    viewer = viewer_of(request)
    return viewer.member_id if viewer else None


def now_of(request: HttpRequest) -> datetime:
    """The database's clock for this request (D7)."""
    viewer = viewer_of(request)
    if viewer is not None:
        return viewer.at
    if not hasattr(request, "_now"):
        request._now = database_now()  # type: ignore[attr-defined]
    return request._now  # type: ignore[attr-defined,no-any-return]


def visitor_token(request: HttpRequest) -> str:
    """This browser's token: its cookie, or a new one that ``public_page`` will set."""
    if not hasattr(request, "_visitor"):
        token = request.COOKIES.get(VISITOR_COOKIE, "")
        is_ours = _TOKEN.fullmatch(token)
        request._visitor = token if is_ours else secrets.token_urlsafe(24)  # type: ignore[attr-defined]
    return request._visitor  # type: ignore[attr-defined,no-any-return]


def origin_of(request: HttpRequest) -> Origin:
    """Salted digests of address and browser, for the risk rules (C13)."""
    return Origin(ip_digest(request), digest("device", visitor_token(request)))


def public_page(view: PageView) -> PageView:
    """A page for anybody: strict CSP, this browser's cookie, limits at the edge, refusals as a page.

    The response is private unless the view has set ``Cache-Control`` itself.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if wait := _wait_for(request):
            response: HttpResponseBase = render(request, "h5/busy.html", {"seconds": wait}, status=429)
            response["Retry-After"] = str(wait)
        else:
            try:
                response = view(request, *args, **kwargs)
            except DomainError as error:
                response = refusal(request, error)
            except Http404:
                response = render(request, "h5/missing.html", status=404)
            except (Member.DoesNotExist, IntegrityError):
                if not _is_gone(request):
                    raise
                response = to_login(request)
        return _sent(request, response)

    return wrapped


def member_page(view: PageView) -> PageView:
    """A page of one's own: somebody unknown is led to the log-in and back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if viewer_of(request) is None:
            return to_login(request)
        return view(request, *args, **kwargs)

    return public_page(wrapped)


def to_login(request: HttpRequest, back: str = "") -> HttpResponseRedirect:
    """To the log-in, and afterwards back to ``back`` (this page, if empty)."""
    back = back or (request.get_full_path() if request.method == "GET" else reverse("h5:home"))
    return HttpResponseRedirect(f"{reverse('h5:login')}?next={quote(back)}")


def safe_next(request: HttpRequest, address: str) -> str:
    """``address`` if it is a path of member pages on this host, else their home: no open redirect."""
    path = unquote(unquote(address.partition("?")[0]))
    is_here = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/m/")
    is_plain = address.isprintable() and not any(odd in path for odd in ("\\", "//", ".."))
    return address if is_here and is_plain else reverse("h5:home")


def refusal(request: HttpRequest, error: DomainError, status: int = 409) -> HttpResponse:
    """What went wrong and what to do next, as a page."""
    return render(
        request, "h5/refused.html", {"error": error}, status=404 if error.code == "not_found" else status
    )


def _is_gone(request: HttpRequest) -> bool:
    """Was the viewer erased after the session had been read? Then they are a guest from now on."""
    member_id = member_id_of(request)
    return member_id is not None and not Member.objects.filter(pk=member_id).exists()


def _wait_for(request: HttpRequest) -> int:
    doing = "read" if request.method in ("GET", "HEAD") else "act"
    named = [(f"{doing}_ip", client_ip(request))]
    if doing == "act" and (viewer := viewer_of(request)):
        named.append(("act_member", f"m{viewer.member_id}"))
    return counters().wait_for(
        [
            Limit(f"h5:{scope}:{key}", most, seconds)
            for scope, key in named
            if key
            for most, seconds in settings.API_LIMITS.get(scope, ())
        ]
    )


def _sent(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response._csp_config = STRICT_CSP  # type: ignore[attr-defined]
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-store"
    if isinstance(response, HttpResponse) and not has_cookie(request) and not is_sent_from_elsewhere(request):
        keep(response, VISITOR_COOKIE, visitor_token(request), VISITOR_SECONDS)
    return response


def has_cookie(request: HttpRequest) -> bool:
    """Did the browser send a token of ours? A garbled one is replaced, or no log-in could ever be carried on."""
    return request.COOKIES.get(VISITOR_COOKIE, "") == visitor_token(request)


def is_sent_from_elsewhere(request: HttpRequest) -> bool:
    """Has another site's form sent this? It comes without our cookies, and must not have them replaced: the visits
    of that browser, and who brought it, would be forgotten."""
    if request.method in ("GET", "HEAD"):
        return False
    if site := request.headers.get("Sec-Fetch-Site", ""):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "")
    try:
        return bool(origin) and urlsplit(origin).netloc != request.get_host()
    except ValueError:
        return True


def keep(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie of member pages: no script reads it, no other site sends it along with a form."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings.PRODUCTION, path="/"
    )
