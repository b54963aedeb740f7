"""What is done to a review: write, read anew, publish, take up again, tasks."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.analytics.admin.board.page import Route
from apps.analytics.enums import ReviewSection
from apps.analytics.models import Review, ReviewAction
from apps.analytics.selectors.periods import day_named
from apps.analytics.services.reviews import (
    Clash,
    add_action,
    drop_action,
    finish_action,
    publish,
    refigure,
    reopen,
    reopen_action,
    take_up,
    write,
)
from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid
from apps.core.numbers import whole


def view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """POST one of the verbs below; ``write`` with ``Accept: application/json`` answers for the autosave."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user = cast(User, request.user)
    review = Review.objects.visible_to(user).filter(pk=pk).first()
    if review is None or not user.has_perm("analytics.view_review"):
        raise Http404
    if verb == "write":
        return _write(request, review, user)
    act = _ACTS.get(verb)
    if act is None:
        raise Http404
    run_service(request, lambda: act(request, review, user))
    return redirect(review.get_absolute_url() + _ANCHORS.get(verb, ""))


def _write(request: HttpRequest, review: Review, user: User) -> HttpResponse:
    """Nothing typed is lost: on a clash the page comes back with what was typed beside what is there."""
    typed = {key: request.POST[key] for key in ReviewSection.values if key in request.POST}
    is_script = "application/json" in request.headers.get("Accept", "")
    try:
        saved = write(
            review=review,
            sections=typed,
            revision=whole(request.POST.get("revision"), at_most=10**8) or 0,
            actor=user,
            now=database_now(),
        )
    except DomainError as error:
        latest = error.theirs.revision if isinstance(error, Clash) else review.revision
        if is_script:
            return JsonResponse({"message": str(error), "revision": latest}, status=409)
        theirs = error.theirs if isinstance(error, Clash) else review
        page: dict[str, Any] = {
            "title": _("还没有保存"),
            "review": theirs,
            "error": error,
            "sections": [
                (key, label, typed.get(key, ""), theirs.sections.get(key, ""))
                for key, label in ReviewSection.choices
            ],
        }
        return TemplateResponse(
            request, "analytics/review_clash.html", {**site.each_context(request), **page}, status=409
        )
    if is_script:
        return JsonResponse({"revision": saved.revision})
    return redirect(review.get_absolute_url() + "#text")


def _refigure(request: HttpRequest, review: Review, user: User) -> None:
    refigure(review=review, actor=user, now=database_now())


def _publish(request: HttpRequest, review: Review, user: User) -> None:
    publish(review=review, actor=user, now=database_now())


def _reopen(request: HttpRequest, review: Review, user: User) -> None:
    reopen(review=review, actor=user, now=database_now())


def _add(request: HttpRequest, review: Review, user: User) -> None:
    """``hypothesis`` and ``number`` take up a suggestion; else ``text``, ``owner``, ``due_on``."""
    number = whole(request.POST.get("number"), at_most=999)
    if request.POST.get("hypothesis") and number is not None:
        take_up(
            review=review,
            hypothesis=request.POST["hypothesis"],
            number=number,
            actor=user,
            now=database_now(),
        )
        return
    people = User.objects.filter(is_active=True, is_staff=True)
    team = review.home_team
    if team is not None:
        people = people.filter(teams=team)
    given, day = request.POST.get("owner", ""), request.POST.get("due_on", "")
    owner = people.filter(pk=whole(given)).first()
    if given and owner is None:
        raise Invalid(_("选项不对。"), hint=_("刷新页面，重新选择。"), field="owner")
    due_on = day_named(day)
    if day and due_on is None:
        raise Invalid(_("日期要写成 2026-03-01 这样。"), field="due_on")
    add_action(
        review=review,
        text=request.POST.get("text", ""),
        actor=user,
        now=database_now(),
        owner=owner,
        due_on=due_on,
    )


def _action(request: HttpRequest, review: Review) -> ReviewAction:
    found = review.actions.filter(pk=whole(request.POST.get("action")) or 0).first()
    if found is None:
        raise Http404
    return found


def _done(request: HttpRequest, review: Review, user: User) -> None:
    finish_action(action=_action(request, review), actor=user, now=database_now())


def _undone(request: HttpRequest, review: Review, user: User) -> None:
    reopen_action(action=_action(request, review), actor=user)


def _drop(request: HttpRequest, review: Review, user: User) -> None:
    drop_action(action=_action(request, review), actor=user)


_ACTS: dict[str, Callable[[HttpRequest, Review, User], None]] = {
    "refigure": _refigure,
    "publish": _publish,
    "reopen": _reopen,
    "add": _add,
    "done": _done,
    "undone": _undone,
    "drop": _drop,
}
_ANCHORS = dict.fromkeys(("add", "done", "undone", "drop"), "#actions")

ROUTE = Route("review_act", "review/<int:pk>/<slug:verb>/", view)
