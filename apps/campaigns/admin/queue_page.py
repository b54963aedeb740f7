"""待处理: screenshots, listings and disputes that wait for a person, of one run or of all; and their pictures."""

import mimetypes
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.admin.run_pages import visible_entry, visible_run
from apps.campaigns.admin.verb_forms import Input, inputs_of, posted_params, yes_no_of
from apps.campaigns.mechanics.base import Param, ParamKind, Verb, Who
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.selectors.staff_work import Task, count_work, is_of_part, photos_of, waiting_work
from apps.campaigns.services.engine import act_as_staff
from apps.campaigns.services.photos import FOLDER
from apps.core.clock import database_now

_SHOWN = 30


@dataclass(frozen=True)
class VerbForm:
    """A staff verb ready to be pressed: ``question`` gets two buttons."""

    verb: Verb
    inputs: list[Input]
    question: Param | None


def queue_view(model_admin: ModelAdmin, request: HttpRequest, pk: int | None = None) -> HttpResponse:
    need(request, "launch_campaign")
    run = visible_run(request, pk) if pk is not None else None
    user = staff(request)
    tasks = waiting_work(user, run=run, limit=_SHOWN)
    return show(
        model_admin,
        request,
        "queue.html",
        title=_("待处理"),
        run=run,
        count=count_work(user, run=run),
        rows=[(task, _forms(task)) for task in tasks],
        here=request.path,
    )


def _forms(task: Task) -> list[VerbForm]:
    return [verb_form(verb, task.entry) for verb in task.verbs]


def verb_form(verb: Verb, entry: Entry) -> VerbForm:
    """Without the part where it is known from the place of the form, and the question that the buttons answer."""
    question = yes_no_of(verb)
    fixed = frozenset(param.key for param in verb.params if param == question or param.kind == ParamKind.PART)
    return VerbForm(verb, inputs_of(verb, entry=entry, fixed=fixed), question)


def decide_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """POST: the verb on the entry, with ``part`` where it needs one; back to where one came from."""
    return _decide(request, visible_entry(request, pk, "launch_campaign"), verb)


@require_POST
def _decide(request: HttpRequest, entry: Entry, key: str) -> HttpResponse:
    mechanic = plan_of(entry.run_id, entry.run.revision).mechanic
    verb = next((one for one in mechanic.verbs if one.key == key and one.who == Who.STAFF), None)
    if verb is None:
        raise Http404
    user = staff(request)

    def call() -> Any:
        params = posted_params(request, verb)
        if is_of_part(verb):
            name = next(param.key for param in verb.params if param.kind == ParamKind.PART)
            params[name] = request.POST.get("part", "")
        return act_as_staff(entry_id=entry.pk, verb=verb.key, params=params, actor=user, now=database_now())

    run_service(request, call, success=_("已处理：%(verb)s。") % {"verb": verb.label})
    back = request.POST.get("next", "")
    is_path = back.startswith("/")  # anything else ``redirect`` takes for the name of a view
    if not is_path or not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("admin:campaigns_entry_change", args=[entry.pk])
    return redirect(back)


def photo_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """A picture that the entry or one of its contributions refers to (``?name=``), to those who see the entry."""
    entry = visible_entry(request, pk)
    name = request.GET.get("name", "")
    if not name.startswith(f"{FOLDER}/") or ".." in name or not _refers(entry, name):
        raise Http404
    kind = mimetypes.guess_type(name)[0] or ""
    if kind not in {"image/png", "image/jpeg"} or not default_storage.exists(name):
        raise Http404
    response = FileResponse(default_storage.open(name), content_type=kind)
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _refers(entry: Entry, name: str) -> bool:
    if name in photos_of(entry.data):
        return True
    return Contribution.objects.filter(entry=entry, data__photos__contains=[name]).exists()
