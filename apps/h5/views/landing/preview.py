"""A page before it is public, in any state of a run: for the editor's frame and a colleague's phone."""

import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import Section, Theme
from apps.campaigns.models import LandingVersion
from apps.campaigns.services.landing.content import MOST_BLOCKS
from apps.campaigns.services.landing.previewing import read_preview
from apps.core.errors import Invalid
from apps.h5.selectors.landing_facts import MOODS, rehearsed
from apps.h5.views.base import STRICT_CSP, now_of, public_page
from apps.h5.views.landing.rendering import default_version, page_context

_FRAMED = STRICT_CSP | {"frame-ancestors": ["'self'"]}


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # shows what it is sent, under a strict CSP and to whom holds a signed token; changes nothing
@xframe_options_sameorigin
def preview(request: HttpRequest, token: str) -> HttpResponseBase:
    """``?as=`` one of ``before``, ``open``, ``paused``, ``sold_out``, ``ended``; ``?lang=``. A POST with ``blocks``
    (JSON) and ``theme`` shows what is not saved yet, leaving out what is not sound."""
    response = _shown(request, token)
    response._csp_config = _FRAMED  # type: ignore[attr-defined]
    response["X-Robots-Tag"] = "noindex"
    return response


@public_page
def _shown(request: HttpRequest, token: str) -> HttpResponse:
    previewed = read_preview(token)
    mood = request.GET.get("as", "open")
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        facts = rehearsed(previewed.campaign, mood=mood if mood in MOODS else "open", now=now_of(request))
        version = previewed.version or default_version(previewed.campaign)
        if request.method == "POST":
            version = _unsaved(request, version)
        return render(request, "h5/landing/page.html", page_context(version, facts, is_preview=True))


def _unsaved(request: HttpRequest, version: LandingVersion) -> LandingVersion:
    """``version`` with what the editor's form holds now; not to be saved."""
    theme = request.POST.get("theme", version.theme)
    return LandingVersion(
        campaign_id=version.campaign_id,
        number=version.number,
        variant=version.variant,
        theme=theme if theme in Theme.values else version.theme,
        blocks=list(_sound(request.POST.get("blocks", ""))),
    )


def _sound(text: str) -> list[dict[str, Any]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = []
    for number, block in enumerate(given[:MOST_BLOCKS] if isinstance(given, list) else []):
        kind = all_blocks().get(str(block.get("kind"))) if isinstance(block, dict) else None
        if (
            kind is None
            or block.get("section") not in Section.values
            or not isinstance(block.get("data"), dict)
        ):
            continue
        data = {}
        for field in kind.inputs:
            try:
                data[field.key] = field.clean(block["data"].get(field.key), is_draft=True)
            except Invalid:
                data[field.key] = field.empty()
        given_id = str(block.get("id"))
        block_id = given_id if re.fullmatch(r"[0-9a-f]{8}", given_id) else f"{number:08x}"
        found.append({"id": block_id, "kind": kind.key, "section": block["section"], "data": data})
    return found
