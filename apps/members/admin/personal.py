"""Two small pages of a member: personal data in full, and points by hand."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.admin.base import run_service
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.members.models import Member
from apps.members.services.personal_data import REVEAL, reveal
from apps.members.services.points import adjust_points


@require_POST
def reveal_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show once; the answer is not to be stored by browsers or proxies."""
    if not request.user.has_perm(REVEAL):
        raise PermissionDenied
    user: Any = request.user
    member = get_object_or_404(Member.objects.visible_to(user), pk=pk)
    data = run_service(
        request, lambda: reveal(member=member, actor=user, reason=request.POST.get("reason", ""))
    )
    if data is None:
        return redirect("admin:members_member_change", pk)
    answer = render(
        request,
        "members/reveal.html",
        {
            **admin.site.each_context(request),
            "title": _("完整个人信息"),
            "opts": Member._meta,
            "member": member,
            "data": data,
        },
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def points_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Add or take points with a reason."""
    if not request.user.has_perm("members.change_member"):
        raise PermissionDenied
    user: Any = request.user
    member = get_object_or_404(Member.objects.visible_to(user), pk=pk)
    run_service(
        request,
        lambda: adjust_points(
            member=member,
            delta=_whole(request.POST.get("delta", "")),
            actor=user,
            now=database_now(),
            reason=request.POST.get("reason", ""),
            key=request.POST.get("key", "")[:64],
        ),
        success=_("积分已调整。"),
    )
    return redirect("admin:members_member_change", pk)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Invalid(_("积分要填整数。"), hint=_("减少时写负数，例如 -100。"), field="delta") from None
