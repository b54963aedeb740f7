"""What belongs to a landing page: the picture that tells of the visit, its pictures, the early phone number."""

from urllib.parse import parse_qsl, quote, urlsplit

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.campaigns.models import LandingPicture, LandingVersion
from apps.core.numbers import whole
from apps.h5.selectors.landing_facts import find_run
from apps.h5.services.clicks import is_machine
from apps.h5.services.visits import touch
from apps.h5.views.base import (
    has_cookie,
    is_sent_from_elsewhere,
    now_of,
    origin_of,
    public_page,
    safe_next,
    visitor_token,
)
from apps.h5.views.landing.pages import FROM_COOKIE
from apps.h5.views.phone_hint import keep_hint

_DOT = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@require_safe
@public_page
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """A dot of one pixel in every landing page: its request tells of the visit, with scripts or without, while the
    page itself stays the same for all. The page's address, with its UTM, comes as the request's own Referer.

    Another site that shows the dot sends no cookie along, and counts nothing; nor does a machine.
    """
    run = find_run(pk)
    if run is None:
        raise Http404
    is_person = request.method == "GET" and not is_machine(request.headers)
    if is_person and has_cookie(request):
        version = _version(request.GET.get("v", ""), run.campaign_id)
        touch(
            token=visitor_token(request),
            run_id=run.pk,
            utm=_utm(request.META.get("HTTP_REFERER", "")),
            referrer=request.COOKIES.get(FROM_COOKIE, ""),
            version_id=version.pk if version else None,
            variant=version.variant if version else "",
            device_hash=origin_of(request).device_hash,
            now=now_of(request),
        )
    response = HttpResponse(_DOT, content_type="image/gif")
    response["Cache-Control"] = "private, no-store"
    return response


def _utm(address: str) -> dict[str, str]:
    """The query of the page's address; nothing for what is no address."""
    try:
        return dict(parse_qsl(urlsplit(address).query[:1_000]))
    except ValueError:
        return {}


def _version(text: str, campaign_id: int) -> LandingVersion | None:
    return LandingVersion.objects.filter(pk=whole(text) or 0, campaign_id=campaign_id).first()


@require_safe
def landing_picture(request: HttpRequest, token: str, width: int) -> HttpResponseBase:
    """A picture in one of its widths. Its name never means another picture, so browsers keep it."""
    row = LandingPicture.objects.filter(token=token).first() if len(token) <= 32 else None
    size = next((size for size in row.sizes if size["width"] == width), None) if row else None
    if size is None or not default_storage.exists(size["name"]):
        raise Http404
    response = FileResponse(default_storage.open(size["name"]), content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@csrf_exempt  # changes nothing here: it fills in a form, and pages from memory hold no token
@require_POST
@public_page
def contact(request: HttpRequest) -> HttpResponse:
    """The early phone number: kept for ten minutes in this browser to fill in the log-in form, and nowhere else.
    Not in the address, which histories and logs keep."""
    back = safe_next(request, request.POST.get("next", ""))
    response = HttpResponseRedirect(f"{reverse('h5:login')}?next={quote(back)}")
    response.status_code = 303
    if not is_sent_from_elsewhere(request):
        keep_hint(request, response, request.POST.get("phone", ""))
    return response
