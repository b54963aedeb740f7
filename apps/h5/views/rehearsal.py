"""A play page before anybody plays, in any state: for the admin's frame and a colleague's phone. Nothing on it can
be sent."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string, select_template
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from apps.campaigns.mechanics.base import Button
from apps.campaigns.services.landing.previewing import read_preview
from apps.h5.selectors.play_rehearsal import Rehearsed, screen_of
from apps.h5.services.drafts import Draft
from apps.h5.views.asking import Control, control_of, new_key
from apps.h5.views.base import STRICT_CSP, now_of, public_page
from apps.h5.views.play import offered

_FRAMED = STRICT_CSP | {"frame-ancestors": ["'self'"], "form-action": ["'none'"]}


@require_safe
@xframe_options_sameorigin
def rehearsal(request: HttpRequest, token: str, screen: str) -> HttpResponseBase:
    """``token`` as of a landing page's preview; 404 for a state that the campaign's rules never come to."""
    response = _shown(request, token, screen)
    response._csp_config = _FRAMED  # type: ignore[attr-defined]
    response["X-Robots-Tag"] = "noindex"
    return response


@public_page
def _shown(request: HttpRequest, token: str, key: str) -> HttpResponse:
    previewed = read_preview(token)
    found = screen_of(previewed.campaign, key, now=now_of(request))
    if found is None:
        raise Http404
    page = found.entry or found.offer
    assert page is not None
    if previewed.version is not None:
        page.run.live_theme = previewed.version.theme  # type: ignore[attr-defined]
    controls = _controls(found, offered(found.offer) if found.offer else page.page.buttons)
    context = {
        "page": page,
        "offer": found.offer,
        "entry": found.entry.entry if found.entry else None,
        "run": page.run,
        "mechanic": found.facts.mechanic,
        "rules": found.facts.plan.rules,
        "benefits": found.facts.gifts,
        "main_controls": [
            one for one in controls if one.way != "part" and (one.is_primary or found.offer is not None)
        ],
        "side_controls": [one for one in controls if one.way != "part" and not one.is_primary]
        if found.entry
        else [],
        "part_controls": [one for one in controls if one.way == "part"],
        "error": None,
        "new_key": new_key,
    }
    face = select_template([f"h5/play/{found.facts.mechanic.key}.html", "h5/playing/page.html"])
    body = face.render(context, request)
    note = render_to_string("h5/_rehearsal.html", {"title": found.title}, request=request)
    return HttpResponse(body.replace('<main id="main">', f'<main id="main">{note}', 1))


def _controls(found: Rehearsed, buttons: Iterable[Button]) -> list[Control]:
    mechanic = found.facts.mechanic
    return [control_of(button, mechanic.verb(button.verb), Draft()) for button in buttons]
