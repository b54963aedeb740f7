"""What waits for my approval."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.content_calendar.admin.pages import need, show, staff
from apps.content_calendar.selectors.approvals import submitted_posts, waiting_for
from apps.content_calendar.selectors.wall_clock import house_zone
from apps.core.clock import database_now

_SHOWN = 100


def approvals_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Posts that I may decide on, most urgent first; below them those that wait for somebody else."""
    need(request, "view_post")
    user = staff(request)
    mine = list(waiting_for(user)[:_SHOWN])
    known = {post.pk for post in mine}
    others = [post for post in submitted_posts(user)[:_SHOWN] if post.pk not in known]
    return show(
        model_admin,
        request,
        "approvals.html",
        title=_("待我审批"),
        mine=mine,
        others=others,
        may_approve=user.has_perm("content_calendar.approve_post"),
        now=database_now(),
        zone=house_zone().key,
    )
