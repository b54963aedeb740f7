"""个人链接: staff make a link that logs one member in, and send it to that member."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.campaigns.models import Run
from apps.campaigns.selectors.public_runs import going_and_coming
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.h5.services.personal_links import MOST_DAYS, personal_link
from apps.members.admin import panels
from apps.members.admin.panels import Tool
from apps.members.models import Member
from apps.members.services.sessions import OPEN_FOR_OTHERS

_MOST_RUNS = 100


def personal_link_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose where it leads and for how long; the link is shown once and is not to be stored on the way."""
    user: Any = request.user
    if not user.has_perm(OPEN_FOR_OTHERS):
        raise PermissionDenied
    member = get_object_or_404(Member.objects.visible_to(user), pk=pk)
    now = database_now()
    runs = going_and_coming(now=now).filter(pk__in=Run.objects.visible_to(user))[:_MOST_RUNS]
    link = None
    if request.method == "POST":
        link = run_service(
            request,
            lambda: personal_link(
                member=member,
                run=_chosen(Run.objects.visible_to(user), request.POST.get("run", "")),
                actor=user,
                now=now,
                days=_days(request.POST.get("days", "")),
            ),
        )
    context = {
        **admin.site.each_context(request),
        "title": _("个人链接"),
        "opts": Member._meta,
        "member": member,
        "runs": runs,
        "days": range(1, MOST_DAYS + 1),
        "most_days": MOST_DAYS,
        "link": link,
    }
    answer = render(request, "h5/personal_link_admin.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _chosen(runs: QuerySet[Run], text: str) -> Run | None:
    if not text:
        return None
    run = runs.filter(pk=whole(text) or 0).first()
    if run is None:
        raise Invalid(_("没有这期活动。"), hint=_("请从列表里选一期。"), field="run")
    return run


def _days(text: str) -> int:
    return whole(text, at_most=999) or 0


def _tool(member: Member, user: User) -> Tool | None:
    if not user.has_perm(OPEN_FOR_OTHERS):
        return None
    url = reverse("members_member_personal_link", args=[member.pk])
    return Tool(gettext_lazy("个人链接"), url, "personal-link")


panels.tools.append(_tool)
