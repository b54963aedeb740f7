"""The page of a verb that asks for something, and where a refusal is shown."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState
from apps.campaigns.mechanics.base import Button, Param, ParamKind, Verb
from apps.campaigns.models import Contribution, Entry, Run
from apps.core.errors import DomainError, Invalid
from apps.core.errors import Text as Words
from apps.core.numbers import whole
from apps.h5.selectors.entry_page import EntryPage
from apps.h5.services.drafts import Draft
from apps.h5.views.asking import control_of, fields_of, new_key

type Options = dict[str, Sequence[tuple[str, Words]]]


def verb_form(
    request: HttpRequest,
    *,
    run: Run,
    verb: Verb,
    button: Button | None,
    draft: Draft,
    back: str,
    options: Options | None = None,
    error: DomainError | None = None,
    list_address: str = "",
) -> HttpResponse:
    """The form with what was typed, with the error at its field or above all. 422 for what was typed wrongly."""
    asked = asked_of(verb, button)
    part = draft.texts.get("part", "")
    chosen = next((words for value, words in (options or {}).get("part", ()) if value == part), "")
    if chosen:
        asked = [param for param in asked if param.kind != ParamKind.PART]
    fields = fields_of(asked, draft, error=error, options=options)
    context = {
        "run": run,
        "verb": verb,
        "label": button.label if button else verb.label,
        "fields": fields,
        "part": part if chosen else "",
        "chosen": chosen,
        "back": back,
        "key": new_key(),
        "error": error if error and not any(field.error for field in fields) else None,
        "has_errors": error is not None,
        "list_address": list_address,
    }
    return render(request, "h5/playing/form.html", context, status=status_of(error))


def asked_of(verb: Verb, button: Button | None) -> list[Param]:
    """The verb's parameters that these rules need, in the mechanic's order."""
    asks = None if button is None else button.asks
    if asks is None:
        return list(verb.params)
    by_key = {param.key: param for param in verb.params}
    return [by_key[key] for key in asks]


def has_page(verb: Verb, button: Button | None) -> bool:
    """Is the verb played from a page of its own, whether it is offered now or not?"""
    return control_of(button or Button(verb.key, verb.label), verb, Draft()).has_page


def status_of(error: DomainError | None) -> int:
    if error is None:
        return 200
    return 422 if isinstance(error, Invalid) else 409


def in_members_words(error: DomainError) -> DomainError:
    """The engine's word for a key that stood for something else is meant for programmers."""
    if error.code == "key_reused":
        return DomainError(
            _("刚才那一次已经提交了。"), hint=_("先看看页面上的结果，需要的话再来一次。"), code=error.code
        )
    return error


def options_for(verb: Verb, page: EntryPage, *, member_id: int, part: str, now: datetime) -> Options:
    """What may be chosen: contributions that the viewer may speak of, and entries of whoever would give them."""
    options: Options = {}
    for param in verb.params:
        if param.kind == ParamKind.PART:
            options[param.key] = _parts(page)
        elif param.kind == ParamKind.ENTRY:
            giver = _giver(page, part) if any(p.kind == ParamKind.PART for p in verb.params) else member_id
            options[param.key] = _entries(page.entry, giver, now) if giver else ()
    return options


def _parts(page: EntryPage) -> list[tuple[str, Words]]:
    """The owner speaks of others' contributions, everybody else of their own."""
    return [
        (str(one.part_id), one.name)
        for one in page.people
        if (not one.is_mine if page.is_mine else one.is_mine)
    ]


def _giver(page: EntryPage, part: str) -> int | None:
    rows = Contribution.objects.filter(pk=whole(part) or 0, entry=page.entry)
    return rows.values_list("member_id", flat=True).first()


def _entries(entry: Entry, owner_id: int, now: datetime) -> list[tuple[str, Words]]:
    rows = Entry.objects.filter(run_id=entry.run_id, owner_id=owner_id, state=EntryState.OPEN)
    rows = rows.exclude(pk=entry.pk).exclude(expires_at__lte=now).order_by("-id")
    return [(row.code, row.title or row.code) for row in rows[:50]]
