"""体验令牌: trying a campaign as a member, through the same API; and ending every session of one."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.accounts.admin.base import run_service
from apps.core.clock import database_now
from apps.members.models import Member
from apps.members.services.sessions import (
    OPEN_FOR_OTHERS,
    STAFF_LIFETIME,
    close_all_sessions,
    open_session,
)


@require_POST
def token_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a token and show it once; the answer is not to be stored by browsers or proxies."""
    user, member = _asked(request, pk)
    token = run_service(
        request,
        lambda: open_session(member=member, now=database_now(), label=_("后台体验"), actor=user),
    )
    if token is None:
        return redirect("admin:members_member_change", pk)
    answer = render(
        request,
        "members/token.html",
        {
            **admin.site.each_context(request),
            "title": _("体验令牌"),
            "opts": Member._meta,
            "member": member,
            "token": token,
            "hours": int(STAFF_LIFETIME.total_seconds() // 3600),
        },
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def close_tokens_view(request: HttpRequest, pk: int) -> HttpResponse:
    """End every session of the member: a lost phone, or the end of a trial."""
    user, member = _asked(request, pk)
    run_service(
        request,
        lambda: close_all_sessions(member=member, actor=user, now=database_now()),
        success=lambda closed: (
            ngettext("撤销了 %(count)d 个登录令牌。", "撤销了 %(count)d 个登录令牌。", closed)
            % {"count": closed}
        ),
    )
    return redirect("admin:members_member_change", pk)


def _asked(request: HttpRequest, pk: int) -> tuple[Any, Member]:
    user: Any = request.user
    if not user.has_perm(OPEN_FOR_OTHERS):
        raise PermissionDenied
    return user, get_object_or_404(Member.objects.visible_to(user), pk=pk)
