"""Pictures of members, to those who may see them."""

import re

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.campaigns.services.photos import FOLDER, WIDTHS, smaller
from apps.h5.selectors.photos import may_see
from apps.h5.services.uploads import reference_of
from apps.h5.views.base import member_id_of, public_page, visitor_token

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.(jpg|png)")
_KINDS = {"jpg": "image/jpeg", "png": "image/png"}


@public_page
@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponse:
    """``?e=`` names the entry that shows it, ``?t=`` is the token of one that this browser has just sent; ``?w=`` a
    smaller copy. Whoever may not see it learns nothing, not even whether it exists."""
    fits = _NAME.fullmatch(name)
    if fits is None or not _is_shown(request, name):
        raise Http404
    reference = f"{FOLDER}/{name}"
    if not default_storage.exists(reference):
        raise Http404
    width = request.GET.get("w", "")
    if width in {str(one) for one in WIDTHS}:
        reference = smaller(reference, int(width))
    with default_storage.open(reference) as file:
        response = HttpResponse(file.read(), content_type=_KINDS[fits[1]])
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _is_shown(request: HttpRequest, name: str) -> bool:
    if token := request.GET.get("t", ""):
        return reference_of(token, visitor_token=visitor_token(request)) == f"{FOLDER}/{name}"
    code = request.GET.get("e", "")
    return may_see(name=f"{FOLDER}/{name}", code=code, member_id=member_id_of(request))
