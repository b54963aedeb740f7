"""处理预警: mark alerts as dealt with."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.analytics.admin.board.page import Route
from apps.analytics.models import Alert
from apps.analytics.services.alerts import acknowledge
from apps.core.clock import database_now
from apps.core.numbers import whole, wholes


def view(request: HttpRequest) -> HttpResponse:
    """POST ``alert`` (ids, several) and ``note``."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    ids = wholes(request.POST.getlist("alert")[:200])
    run_service(
        request,
        lambda: acknowledge(
            alerts=Alert.objects.filter(pk__in=ids),  # type: ignore[arg-type]
            actor=cast(User, request.user),
            now=database_now(),
            note=request.POST.get("note", ""),
        ),
        success=lambda number: _("已处理 %d 条。") % number if number else _("没有要处理的。"),
    )
    rule = whole(request.POST.get("rule"))
    return redirect(reverse("admin:analytics_alerts") + ("" if rule is None else f"?rule={rule}"))


ROUTE = Route("alerts_seen", "alerts/seen/", view)
