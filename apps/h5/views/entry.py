"""One entry as owner, friend or stranger, and playing a verb on it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import select_template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.campaigns.api.shapes import benefits
from apps.campaigns.mechanics.base import Button, ParamKind, Refused, Verb, Who
from apps.campaigns.models import Entry
from apps.core.errors import DomainError, NotAllowed
from apps.h5.selectors.entry_page import EntryPage, debt_of, entry_page, find_entry
from apps.h5.services.drafts import Draft, draft_of, drop_draft, keep_draft
from apps.h5.services.playing import act_as_member
from apps.h5.views.arriving import SeeOther, arrived
from apps.h5.views.asking import MEMBERS, Control, control_of, new_key, params_in, posted_key, typed_in
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
from apps.h5.views.forms import has_page, in_members_words, options_for, status_of, verb_form


@public_page
@require_safe
def entry(request: HttpRequest, code: str) -> HttpResponseBase:
    """What there is to see and to do for whoever looks."""
    found = _found(code)
    arrived(request, found.run_id)
    return entry_response(request, found)


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, code: str, verb: str) -> HttpResponseBase:
    """GET: the verb's form. POST: play it, and back to the entry's page (C11)."""
    found = _found(code)
    page = entry_page(found, member_id=member_id_of(request), now=now_of(request))
    asked = _members_verb(page, verb)
    button = _button(page, asked)
    viewer = viewer_of(request)
    if request.method == "POST":
        return _play(request, page, asked, button, viewer)
    if viewer is None:
        return to_login(request)
    _check_role(asked, page)
    draft = draft_of(visitor_token=visitor_token(request), path=request.path)
    if part := request.GET.get("part", ""):
        draft = Draft({**draft.texts, "part": part}, draft.photos)
    return _form(request, page, asked, button, draft, viewer)


def entry_response(
    request: HttpRequest, found: Entry, *, error: DomainError | None = None, draft: Draft | None = None
) -> HttpResponse:
    """The entry's page; with the refusal of what was just tried, if there is one."""
    page = entry_page(
        found,
        member_id=member_id_of(request),
        now=now_of(request),
        did=request.GET.get("did", ""),
        key=request.GET.get("k", ""),
    )
    controls = [_control(request, page, button, draft) for button in page.page.buttons]
    context: dict[str, Any] = {
        "page": page,
        "entry": page.entry,
        "run": page.run,
        "mechanic": page.plan.mechanic,
        "rules": page.plan.rules,
        "main_controls": [one for one in controls if one.is_primary and one.way != "part"],
        "side_controls": [one for one in controls if not one.is_primary and one.way != "part"],
        "part_controls": [one for one in controls if one.way == "part"],
        "benefits": benefits(page.plan),
        "error": error,
        "new_key": new_key,
    }
    face = select_template([f"h5/play/{page.plan.mechanic.key}.html", "h5/playing/page.html"])
    return HttpResponse(face.render(context, request), status=status_of(error))


def _play(
    request: HttpRequest, page: EntryPage, asked: Verb, button: Button | None, viewer: Viewer | None
) -> HttpResponseBase:
    code, token = page.entry.code, visitor_token(request)
    home = reverse("h5:entry", args=[code])
    draft, wrong = typed_in(request, asked)
    if viewer is None:
        keep_draft(draft, visitor_token=token, path=request.path)
        return to_login(request, request.path if has_page(asked, button) else home)
    try:
        if wrong is not None:
            raise wrong
        key = posted_key(request)
        before = debt_of(code=code, member_id=viewer.member_id)
        outcome = act_as_member(
            code=code,
            verb=asked.key,
            member_id=viewer.member_id,
            params=params_in(draft, request),
            key=key,
            origin=origin_of(request),
            visitor_token=token,
            now=now_of(request),
        )
    except DomainError as error:
        return _refused(request, page, asked, button, draft, viewer, in_members_words(error))
    drop_draft(visitor_token=token, path=request.path)
    debt = debt_of(code=code, member_id=viewer.member_id)
    if debt is not None and (debt != before or outcome.is_repeat):
        return SeeOther(reverse("h5:pay", args=[debt.number]))
    return SeeOther(f"{home}?did={asked.key}&k={key}")


def _refused(
    request: HttpRequest,
    page: EntryPage,
    asked: Verb,
    button: Button | None,
    draft: Draft,
    viewer: Viewer,
    error: DomainError,
) -> HttpResponse:
    if has_page(asked, button):
        return _form(request, page, asked, button, draft, viewer, error)
    # Things may have moved on since the page was drawn: as it is now.
    return entry_response(request, _found(page.entry.code), error=error, draft=draft)


def _form(
    request: HttpRequest,
    page: EntryPage,
    asked: Verb,
    button: Button | None,
    draft: Draft,
    viewer: Viewer,
    error: DomainError | None = None,
) -> HttpResponse:
    part = draft.texts.get("part", "")
    run_id = page.run.pk
    return verb_form(
        request,
        run=page.run,
        verb=asked,
        button=button,
        draft=draft,
        back=reverse("h5:entry", args=[page.entry.code]),
        options=options_for(asked, page, member_id=viewer.member_id, part=part, now=page.now),
        error=error,
        list_address=reverse("h5:open", args=[run_id]) if page.plan.mechanic.is_browsable else "",
    )


def _control(request: HttpRequest, page: EntryPage, button: Button, draft: Draft | None) -> Control:
    verb = page.plan.mechanic.verb(button.verb)
    if draft is None:
        path = reverse("h5:act", args=[page.entry.code, verb.key])
        draft = draft_of(visitor_token=visitor_token(request), path=path)
    if verb.who == Who.OWNER and not draft.texts:
        # What the owner changes begins with what it says now.
        said = {p.key: str(page.data.get(p.key) or "") for p in verb.params if p.kind == ParamKind.TEXT}
        draft = Draft(said, draft.photos)
    return control_of(button, verb, draft)


def _found(code: str) -> Entry:
    found = find_entry(code)
    if found is None:
        raise Http404
    return found


def _members_verb(page: EntryPage, key: str) -> Verb:
    try:
        verb: Verb = page.plan.mechanic.verb(key)
    except Refused as error:
        raise Http404 from error
    if verb.who not in MEMBERS or verb.opens:
        raise Http404
    return verb


def _button(page: EntryPage, verb: Verb) -> Button | None:
    return next((button for button in page.page.buttons if button.verb == verb.key), None)


def _check_role(verb: Verb, page: EntryPage) -> None:
    """Whoever may not play it is not shown its choices either."""
    if (verb.who == Who.OWNER and not page.is_mine) or (verb.who == Who.OTHERS and page.is_mine):
        raise NotAllowed(_("这一步不归你做。"), hint=_("回到上一页，看看你能做什么。"))
