"""A form for any verb of any mechanic: made of its parameters, with what was typed and what was wrong with it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip
from apps.campaigns.mechanics.base import Button, Param, ParamKind, Verb, Who
from apps.core.errors import DomainError, Invalid
from apps.core.errors import Text as Words
from apps.h5.services.drafts import Draft
from apps.h5.services.uploads import keep_uploads, reference_of
from apps.h5.views.base import viewer_of, visitor_token

#: Verbs of members; the rest is none of the pages' business.
MEMBERS = (Who.OWNER, Who.OTHERS, Who.ANYONE)
#: Pictures that an address may send before anybody has logged in: (how many forms, in seconds).
_STRANGERS_UPLOADS = (20, 600)
_LONGEST = 5_000


@dataclass(frozen=True)
class Photo:
    """A picture that was sent with an earlier try of the form."""

    token: str
    name: str


@dataclass(frozen=True)
class Field:
    """One parameter as a form shows it; ``options`` are (value, words). ``words`` stand in place of its label."""

    param: Param
    value: str = ""
    error: Words = ""
    photos: tuple[Photo, ...] = ()
    options: tuple[tuple[str, Words], ...] = ()
    words: Words = ""

    @property
    def name(self) -> str:
        return f"p_{self.param.key}"

    @property
    def id(self) -> str:
        """What its label points to."""
        return f"of-{self.param.key}"

    @property
    def kind(self) -> str:
        return self.param.kind.value

    @property
    def is_long(self) -> bool:
        """Is it a text of several lines?"""
        return self.param.kind == ParamKind.TEXT and self.param.most > 200


@dataclass(frozen=True)
class Control:
    """A verb that is offered, and how: ``press`` a button, fill a ``field`` beside it, go to a ``form`` of its own,
    or beside each ``part`` that it speaks of. ``second`` is a yes/no that makes a second button."""

    verb: Verb
    label: Words
    is_primary: bool
    why_not: Words
    fields: tuple[Field, ...]
    way: str
    second: Field | None = None
    question: Field | None = None

    @property
    def is_typed(self) -> bool:
        """Does it hold something that somebody wrote?"""
        return any(field.value or field.photos for field in self.fields)

    @property
    def has_page(self) -> bool:
        """Does it ask for more than a button and a line beside it can?"""
        return self.way == "form" or (self.way == "part" and bool(self.fields))


def control_of(button: Button, verb: Verb, draft: Draft) -> Control:
    """How to offer ``button``, by what it asks for."""
    asked = [param for param in verb.params if button.asks is None or param.key in button.asks]
    part = next((param for param in asked if param.kind == ParamKind.PART), None)
    rest = [param for param in asked if param is not part]
    choices = [param for param in rest if param.kind == ParamKind.BOOLEAN]
    second = question = None
    way = "press"
    if part is not None:
        way = "part"
        if len(rest) == 1 and rest == choices:
            question, rest = Field(choices[0]), []
    elif len(choices) == 1 and len(rest) == 1 and not choices[0].is_required:
        second, rest = Field(choices[0], words=button.choice), []
    elif rest:
        way = "field" if len(rest) == 1 and rest[0].kind == ParamKind.TEXT else "form"
    fields = tuple(fields_of(rest, draft))
    return Control(verb, button.label, button.is_primary, button.why_not, fields, way, second, question)


def fields_of(
    params: Iterable[Param],
    draft: Draft,
    *,
    error: DomainError | None = None,
    options: Mapping[str, Sequence[tuple[str, Words]]] | None = None,
) -> list[Field]:
    """Inputs for ``params`` with what was typed, and the error at its place."""
    return [
        Field(
            param,
            value=draft.texts.get(param.key, ""),
            error=error.message if error is not None and error.field == param.key else "",
            photos=tuple(_photo(token) for token in draft.photos.get(param.key, [])),
            options=tuple((options or {}).get(param.key, ())),
        )
        for param in params
    ]


def typed_in(request: HttpRequest, verb: Verb) -> tuple[Draft, Invalid | None]:
    """What was posted for ``verb``'s declared parameters, and nothing else of the body (S2).

    Pictures are stored and become tokens of this browser; tokens of others, or forged ones, are left out. What is
    no picture is the second value, with the parameter's key: the rest of the form is not lost for it.
    """
    token = visitor_token(request)
    texts: dict[str, str] = {}
    photos: dict[str, list[str]] = {}
    wrong: Invalid | None = None
    for param in verb.params:
        name = f"p_{param.key}"
        if param.kind == ParamKind.PHOTOS:
            kept = [
                one for one in request.POST.getlist(f"{name}_kept") if reference_of(one, visitor_token=token)
            ]
            photos[param.key] = kept[: param.most]
            try:
                photos[param.key] += _uploads(request, name, param.most - len(kept))
            except Invalid as error:
                wrong = Invalid(error.message, hint=error.hint, code=error.code, field=param.key)
        elif name in request.POST:
            texts[param.key] = request.POST[name][:_LONGEST].replace("\r\n", "\n")
    return Draft(texts, photos), wrong


def params_in(draft: Draft, request: HttpRequest) -> dict[str, Any]:
    """The draft as the engine takes it."""
    token = visitor_token(request)
    found = {
        key: [name for one in tokens if (name := reference_of(one, visitor_token=token))]
        for key, tokens in draft.photos.items()
    }
    return {**draft.texts, **found}


def posted_key(request: HttpRequest) -> str:
    """The Idempotency-Key that the page had put into its form. Raises ``Invalid``."""
    key = request.POST.get("key", "")
    if not 16 <= len(key) <= 80 or not key.isascii() or not key.isprintable():
        raise Invalid(_("页面不完整。"), hint=_("请刷新页面再试。"), code="key_missing")
    return key


def new_key() -> str:
    return secrets.token_urlsafe(16)


def _uploads(request: HttpRequest, name: str, most: int) -> list[str]:
    files = request.FILES.getlist(name)[: max(most, 0)]
    if not files:
        return []
    if viewer_of(request) is None:
        limit = Limit(f"h5:upload:{client_ip(request)}", *_STRANGERS_UPLOADS)
        if counters().wait_for([limit]):
            raise Invalid(_("上传得太多了。"), hint=_("先登录，再上传照片。"), code="busy")
    return keep_uploads(files, visitor_token=visitor_token(request))


def _photo(token: str) -> Photo:
    return Photo(token, PurePosixPath(token.split(":", 1)[0]).name)
