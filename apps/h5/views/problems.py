"""A refusal is told on the page where one typed, after a redirect: the back button never offers to send a form again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.core.errors import DomainError
from apps.h5.views.sealed import seal, unkeep, unseal

_COOKIE = "problem"
_LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Problem:
    """What went wrong on this page, told once; ``typed`` is what the form is filled with again."""

    message: str
    hint: str
    code: str
    field: str
    typed: dict[str, str]


def see_other(address: str) -> HttpResponse:
    """303: the next request is a GET, so reload and back send nothing again."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def again(request: HttpRequest, error: DomainError, **typed: str) -> HttpResponse:
    """Back to this page with what went wrong. The texts are ours; only ``typed`` is the person's."""
    response = see_other(request.path)
    data = {
        "path": request.path,
        "message": str(error.message),
        "hint": str(error.hint),
        "code": error.code,
        "field": error.field or "",
        "typed": typed,
    }
    seal(request, response, _COOKIE, data, _LIFE)
    return response


def form_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page with its problem, if there is one, as ``error``; the next look is without."""
    found = problem_of(request)
    response = render(request, template, {**context, "error": found})
    if found is not None:
        unkeep(response, _COOKIE)
    return response


def problem_of(request: HttpRequest) -> Problem | None:
    """What went wrong when this page's form was sent."""
    data = unseal(request, _COOKIE)
    if data is None or data.pop("path") != request.path:
        return None
    return Problem(**data)
