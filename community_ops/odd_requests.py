"""Addresses that none of our pages made: answered with 400 and a page, not with an alarm in the log."""

from collections.abc import Callable

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse


class OddRequestMiddleware:
    """NUL in an address or a form (PostgreSQL stores none, so it finds none), and filters that a list does not have."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Django's lists and forms handle it themselves; what else reads filters (exports) or fields does not."""
        if isinstance(exception, IncorrectLookupParameters):
            raise BadRequest("no such filter") from exception
        if isinstance(exception, DataError) and _has_nul(request):
            raise BadRequest("NUL in the form") from exception


def _has_nul(request: HttpRequest) -> bool:
    """Looked at only after something failed: reading a form that a view would not have read costs its upload."""
    return any(
        "\0" in text or "%00" in text for _name, texts in request.POST.lists() for text in map(str, texts)
    )
