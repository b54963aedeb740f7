"""开始复盘."""

from datetime import date
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.accounts.admin.base import run_service
from apps.accounts.models import Team, User
from apps.analytics.admin.board.page import Route
from apps.analytics.selectors.periods import month_named
from apps.analytics.services.reviews import start_review
from apps.campaigns.models import Campaign, Run
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.groups.models import Group


def view(request: HttpRequest) -> HttpResponse:
    """POST ``kind`` with ``run``, ``campaign``, ``group`` or ``team``, and ``month`` (2026-03)."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    user = cast(User, request.user)
    made = run_service(
        request,
        lambda: start_review(
            kind=request.POST.get("kind", ""),
            actor=user,
            now=database_now(),
            run=_one(request, "run", Run.objects.visible_to(user).select_related("campaign__team")),
            campaign=_one(request, "campaign", Campaign.objects.visible_to(user)),
            group=_one(request, "group", Group.objects.visible_to(user)),
            team=_one(request, "team", Team.objects.all()),
            month=_month(request.POST.get("month", "")),
        ),
        success=lambda pair: (
            _("数据和诊断已经备好，写上你的结论。") if pair[1] else _("这里已经有复盘了，接着写。")
        ),
    )
    return redirect(made[0].get_absolute_url() if made else "admin:analytics_reviews")


def _month(text: str) -> date | None:
    if not text:
        return None
    month = month_named(text)
    if month is None:
        raise Invalid(_("月份要写成 2026-03 这样。"), hint=_("选要复盘的那个月。"), field="month")
    return month.first


def _one(request: HttpRequest, name: str, rows: QuerySet[Any]) -> Any:
    return rows.filter(pk=whole(request.POST.get(name))).first()


ROUTE = Route("reviews_start", "reviews/start/", view)
