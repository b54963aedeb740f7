"""What is kept about members, why, and for how long."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.h5.services.consents import TERMS_VERSION
from apps.h5.views.base import public_page


@require_safe
@public_page
def terms(request: HttpRequest) -> HttpResponse:
    """The terms of ``TERMS_VERSION``."""
    return render(request, "h5/terms.html", {"version": TERMS_VERSION})
