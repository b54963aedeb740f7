"""The page itself and its live parts. On the usual way neither session, database nor Valkey is asked: a request that
memory answers costs less than counting it would, so limits stand where a page has to be made."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.h5.services.visits import host_of
from apps.h5.views.base import STRICT_CSP, VISITOR_COOKIE, VISITOR_SECONDS, keep, public_page, visitor_token
from apps.h5.views.landing.kept import Kept, made, ready

#: The site that a visitor came from, until the page's own picture tells of the visit.
FROM_COOKIE = "came_from"
_FROM_SECONDS = 120
_POLICY = "; ".join(f"{name} {' '.join(values)}" for name, values in STRICT_CSP.items())


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The landing page of a run. The same bytes for everybody who sees the same variant in the same language."""
    return _given(request, pk, _page)


@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponseBase:
    """JSON: ``mood``, and ``blocks`` (id → HTML) whose picture changes with the run; at most ten seconds old."""
    return _given(request, pk, _live)


def _given(
    request: HttpRequest, pk: int, answer: Callable[[HttpRequest, Kept], HttpResponse]
) -> HttpResponseBase:
    language = get_language() or ""
    kept = ready(pk, language)
    if kept is None:
        return _made(request, pk, language, answer)
    response = answer(request, kept)
    response["Content-Security-Policy"] = _POLICY
    response._csp_config = {}  # type: ignore[attr-defined]  # else the middleware builds the policy word by word
    if VISITOR_COOKIE not in request.COOKIES:
        keep(response, VISITOR_COOKIE, visitor_token(request), VISITOR_SECONDS)
    return response


@public_page
def _made(
    request: HttpRequest, pk: int, language: str, answer: Callable[[HttpRequest, Kept], HttpResponse]
) -> HttpResponse:
    kept = made(pk, language)
    if kept is None:
        raise Http404
    return answer(request, kept)


def _page(request: HttpRequest, kept: Kept) -> HttpResponse:
    page = kept.page_for(visitor_token(request))
    if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        response = HttpResponse(page.packed)
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(page.plain)
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Accept-Encoding, Cookie"
    referrer = request.META.get("HTTP_REFERER", "")
    if referrer and (host := host_of(referrer)):
        keep(response, FROM_COOKIE, f"https://{host}/", _FROM_SECONDS)
    return response


def _live(request: HttpRequest, kept: Kept) -> HttpResponse:
    response = HttpResponse(kept.page_for(visitor_token(request)).live, content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    return response
