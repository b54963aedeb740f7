"""Where landing pages report what was seen of them."""

import json
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip
from apps.core.errors import Invalid
from apps.h5.services.beacons import read_beacon, record_beacon
from apps.h5.views.base import VISITOR_COOKIE, member_id_of, now_of, visitor_token

_MOST_BYTES = 4096
_BY_BROWSER, _BY_ADDRESS = (30, 60), (600, 60)


# ``sendBeacon`` can set no header for a token; that the page is ours is judged by what the browser itself says.
@csrf_exempt
@require_POST
def beacon(request: HttpRequest) -> HttpResponse:
    """204 when taken or not worth taking, 400 for nonsense, 403 from elsewhere, 429 when it is too much."""
    if not _is_ours(request):
        return HttpResponse(status=403)
    if request.COOKIES.get(VISITOR_COOKIE, "") != visitor_token(request):
        return HttpResponse(status=204)  # a browser without our cookie cannot be told from the next one
    token = visitor_token(request)
    limits = [
        Limit(f"h5:beacon:{token}", *_BY_BROWSER),
        Limit(f"h5:beacon_ip:{client_ip(request)}", *_BY_ADDRESS),
    ]
    if wait := counters().wait_for(limits):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    try:
        version_id, run_id, sights = read_beacon(_body(request))
        record_beacon(
            token=token,
            member_id=member_id_of(request),
            version_id=version_id,
            run_id=run_id,
            sights=sights,
            now=now_of(request),
        )
    except Invalid:
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> object:
    try:
        if int(request.headers.get("Content-Length") or 0) > _MOST_BYTES:
            raise Invalid("too long", code="bad_beacon")
        data = request.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Invalid("too long", code="bad_beacon")
        return json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise Invalid("not JSON", code="bad_beacon") from error


def _is_ours(request: HttpRequest) -> bool:
    """Was it sent by a page of this host? A browser says so in headers that no page can set."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return bool(said) and urlsplit(said).netloc == request.get_host()
    except ValueError:
        return False
