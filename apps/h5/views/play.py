"""A run's play page for the viewer, and opening an entry in it."""

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import select_template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.campaigns.mechanics.base import Button, Verb
from apps.campaigns.models import Run
from apps.core.errors import DomainError
from apps.h5.selectors.entry_page import debt_of
from apps.h5.selectors.run_page import RunPage, find_run, run_page
from apps.h5.services.drafts import Draft, draft_of, drop_draft, keep_draft
from apps.h5.services.playing import open_as_member
from apps.h5.views.arriving import SeeOther, arrived
from apps.h5.views.asking import control_of, new_key, params_in, posted_key, typed_in
from apps.h5.views.base import (
    Viewer,
    member_id_of,
    now_of,
    origin_of,
    public_page,
    to_login,
    viewer_of,
    visitor_token,
)
from apps.h5.views.forms import has_page, in_members_words, status_of, verb_form


@public_page
@require_safe
def play(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The offer, the viewer's own entries, and what others have opened."""
    run = found_run(pk)
    arrived(request, run.pk)
    return _play_response(request, run)


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def open_entry(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET: the opening verb's form. POST: open an entry, and to its page (C11)."""
    run = found_run(pk)
    viewer = viewer_of(request)
    page = run_page(run, member_id=member_id_of(request), now=now_of(request))
    verb = page.plan.mechanic.opening
    button = next((one for one in page.page.buttons if one.verb == verb.key), None)
    if request.method == "POST":
        return _open(request, page, verb, button, viewer)
    if viewer is None:
        return to_login(request)
    draft = draft_of(visitor_token=visitor_token(request), path=request.path)
    return _form(request, page, verb, button, draft)


def found_run(pk: int) -> Run:
    run = find_run(pk)
    if run is None:
        raise Http404
    return run


def _play_response(
    request: HttpRequest, run: Run, *, error: DomainError | None = None, draft: Draft | None = None
) -> HttpResponse:
    page = run_page(run, member_id=member_id_of(request), now=now_of(request))
    if draft is None:
        path = reverse("h5:open", args=[run.pk])
        draft = draft_of(visitor_token=visitor_token(request), path=path)
    verbs = page.plan.mechanic
    controls = [control_of(one, verbs.verb(one.verb), draft) for one in offered(page)]
    context: dict[str, Any] = {
        "offer": page,
        "page": page,
        "run": run,
        "mechanic": verbs,
        "rules": page.plan.rules,
        "main_controls": controls,
        "benefits": page.benefits,
        "error": error,
        "new_key": new_key,
    }
    face = select_template([f"h5/play/{verbs.key}.html", "h5/playing/page.html"])
    return HttpResponse(face.render(context, request), status=status_of(error))


def offered(page: RunPage) -> list[Button]:
    """The page's buttons as they stand now: none before the run, after it, and for who is in the ranking already;
    none that can be pressed when nothing is left."""
    if page.is_waiting or page.is_over or page.is_taking_part:
        return []
    buttons = list(page.page.buttons)
    if page.is_sold_out:
        return [replace(one, why_not=_("已经领完了，留意下一期")) for one in buttons]
    return buttons


def _open(
    request: HttpRequest, page: RunPage, verb: Verb, button: Button | None, viewer: Viewer | None
) -> HttpResponseBase:
    pk, token = page.run.pk, visitor_token(request)
    draft, wrong = typed_in(request, verb)
    if viewer is None:
        keep_draft(draft, visitor_token=token, path=request.path)
        return to_login(request, request.path if has_page(verb, button) else reverse("h5:play", args=[pk]))
    try:
        if wrong is not None:
            raise wrong
        key = posted_key(request)
        outcome = open_as_member(
            run_id=pk,
            member_id=viewer.member_id,
            params=params_in(draft, request),
            key=key,
            origin=origin_of(request),
            visitor_token=token,
            now=now_of(request),
        )
    except DomainError as raised:
        error = in_members_words(raised)
        if has_page(verb, button):
            return _form(request, page, verb, button, draft, error)
        return _play_response(request, page.run, error=error, draft=draft)
    drop_draft(visitor_token=token, path=request.path)
    debt = debt_of(code=outcome.code, member_id=viewer.member_id)
    if debt is not None:
        return SeeOther(reverse("h5:pay", args=[debt.number]))
    return SeeOther(f"{reverse('h5:entry', args=[outcome.code])}?did={verb.key}&k={key}")


def _form(
    request: HttpRequest,
    page: RunPage,
    verb: Verb,
    button: Button | None,
    draft: Draft,
    error: DomainError | None = None,
) -> HttpResponse:
    return verb_form(
        request,
        run=page.run,
        verb=verb,
        button=button,
        draft=draft,
        back=reverse("h5:play", args=[page.run.pk]),
        error=error,
    )
