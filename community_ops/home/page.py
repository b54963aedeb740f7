"""The live part of the home page: read anew for the page and for each refresh."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.clock import database_now
from community_ops.home.campaigns import RunDue, runs_due
from community_ops.home.figures import Figure, figures
from community_ops.home.first_steps import Step, first_steps
from community_ops.home.links import link
from community_ops.home.timeline import Timeline, timeline
from community_ops.home.trouble import Trouble, troubles
from community_ops.home.waiting import Card, waiting

REFRESH_SECONDS = 15


@dataclass(frozen=True)
class Live:
    now: datetime
    steps: list[Step]
    timeline: Timeline | None
    runs: list[RunDue]
    waiting: list[Card]
    troubles: list[Trouble]
    figures: list[Figure]
    new_post_url: str


def live(request: HttpRequest) -> Live:
    """Everything that changes while posts go out, of what this user may see (S1), by the database clock (D7)."""
    user: Any = request.user
    now = database_now()
    return Live(
        now=now,
        steps=first_steps(user),
        timeline=timeline(user, now) if user.has_perm("channels.view_delivery") else None,
        runs=runs_due(user, now),
        waiting=waiting(user, now),
        troubles=troubles(user, now),
        figures=figures(user, now),
        new_post_url=link("content_calendar_post_add") if user.has_perm("content_calendar.add_post") else "",
    )


@require_GET
@never_cache
def live_fragment(request: HttpRequest) -> HttpResponse:
    """The live part alone, as HTML: what the page fetches every ``REFRESH_SECONDS``."""
    return render(request, "portal/home_live.html", {"home": live(request)})
