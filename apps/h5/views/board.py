"""The live board of a run, and what others have opened in it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.campaigns.selectors.board import board as board_of
from apps.campaigns.selectors.plans import plan_of
from apps.core.numbers import whole
from apps.h5.selectors.run_page import shelf as shelf_of
from apps.h5.views.base import member_id_of, now_of, public_page
from apps.h5.views.play import found_run

_ROWS = 50
_CARDS = 20


@public_page
@require_safe
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Best score first (C7), and the viewer's own place with the gap to the next. Only for what is ranked."""
    run, now = found_run(pk), now_of(request)
    plan = plan_of(run.pk, run.revision)
    if not plan.mechanic.is_ranked:
        raise Http404
    found = board_of(run_id=run.pk, limit=_ROWS, member_id=member_id_of(request), now=now)
    context = {"run": run, "board": found, "mechanic": plan.mechanic, "rules": plan.rules, "now": now}
    return render(request, "h5/playing/board.html", context)


@public_page
@require_safe
def shelf(request: HttpRequest, pk: int) -> HttpResponse:
    """What others have opened and strangers may join, newest first."""
    run, now = found_run(pk), now_of(request)
    plan = plan_of(run.pk, run.revision)
    if not plan.mechanic.is_browsable:
        raise Http404
    before = whole(request.GET.get("before")) or 0
    found = shelf_of(run, plan, member_id=member_id_of(request), now=now, most=_CARDS + 1, before=before)
    context = {
        "run": run,
        "mechanic": plan.mechanic,
        "found": found[:_CARDS],
        "following": found[_CARDS - 1].pk if len(found) > _CARDS else None,
        "now": now,
    }
    return render(request, "h5/playing/shelf.html", context)
