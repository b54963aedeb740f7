"""Somebody comes from outside: written down once, before anybody knows who it is."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect

from apps.accounts.api.origin import digest
from apps.h5.services.clicks import is_machine
from apps.h5.services.visits import touch
from apps.h5.views.base import now_of, visitor_token


class SeeOther(HttpResponseRedirect):
    """After a POST: the next page is asked for anew, and a reload repeats nothing."""

    status_code = 303


def arrived(request: HttpRequest, run_id: int) -> None:
    """Write the visit down, unless they come from a page of ours or a machine asks (search engine, preview)."""
    if request.method != "GET" or _is_from_here(request) or is_machine(request.headers):
        return
    token = visitor_token(request)
    touch(
        token=token,
        run_id=run_id,
        link=None,
        utm={key: request.GET[key] for key in request.GET if key.startswith("utm_")},
        referrer=request.headers.get("Referer", ""),
        version_id=None,
        variant="",
        device_hash=digest("device", token),
        now=now_of(request),
    )


def _is_from_here(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin"
    try:
        host = urlsplit(request.headers.get("Referer", "")).netloc
    except ValueError:
        return False
    return bool(host) and host == request.get_host()
