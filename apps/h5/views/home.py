"""What goes on now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.campaigns.selectors.public_runs import going_and_coming
from apps.h5.views.base import now_of, public_page

_MOST = 30


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Runs that go on, soonest to end first, then those to come."""
    now = now_of(request)
    runs = list(going_and_coming(now=now)[:_MOST])
    return render(request, "h5/home.html", {"runs": runs, "now": now})
