"""What goes on now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Run
from apps.campaigns.selectors.public_runs import going_and_coming
from apps.h5.views.base import now_of, public_page

_MOST = 30
_PRIZES = 3


@dataclass(frozen=True)
class Offer:
    """A run as the list shows it. ``until``: its start while it waits for it, else its end; ``prizes``: names of
    what can be won; ``left``: of its stock, ``None`` where nothing is counted."""

    run: Run
    mechanic: Mechanic[Any]
    is_coming: bool
    is_paused: bool
    until: datetime
    prizes: list[str]
    left: int | None


@require_safe
@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Runs that go on, soonest to end first, then those to come."""
    now = now_of(request)
    offers = [_offer(run) for run in going_and_coming(now=now)[:_MOST]]
    going = [offer for offer in offers if not offer.is_coming]
    coming = [offer for offer in offers if offer.is_coming]
    return render(request, "h5/home.html", {"going": going, "coming": coming, "now": now})


def _offer(run: Run) -> Offer:
    """From the row alone: a list of thirty must not read thirty plans."""
    is_coming = run.state == RunState.SCHEDULED
    mechanic = get_mechanic(run.mechanic)
    names = [item["name"] for items in run.plan.get("slots", {}).values() for item in items]
    return Offer(
        run=run,
        mechanic=mechanic,
        is_coming=is_coming,
        is_paused=run.state == RunState.PAUSED,
        until=run.opens_at if is_coming else run.closes_at,
        prizes=list(dict.fromkeys(names))[:_PRIZES],
        left=_left(run) if mechanic.stock_word else None,
    )


def _left(run: Run) -> int | None:
    counted = getattr(run, "stock", None)
    if counted is None or counted.stock is None:
        return None
    return max(counted.stock - counted.reserved - counted.sold, 0)
