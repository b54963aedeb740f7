"""The calendar: front page of the room."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.accounts.models import User
from apps.channels.models import Channel
from apps.content_calendar.admin.pages import need, show, staff
from apps.content_calendar.enums import PostState
from apps.content_calendar.selectors.approvals import waiting_for
from apps.content_calendar.selectors.tasks import tasks_of_calendar
from apps.content_calendar.selectors.wall_clock import from_wall, house_zone, to_wall
from apps.core.clock import database_now
from apps.groups.models import Group

#: A list longer than this is no help in a drop-down; its filter still works by URL.
_MOST_CHOICES = 500


def calendar_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    need(request, "view_post")
    user = staff(request)
    return show(
        model_admin,
        request,
        "calendar.html",
        title=_("内容日历"),
        config=_config(request),
        states=PostState.choices,
        filters=_filters(user),
        waiting_count=waiting_for(user).count(),
        may_add=user.has_perm("content_calendar.add_post"),
        zone=house_zone().key,
    )


def tasks_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Tasks of other rooms between ``start`` and ``end`` (wall-clock times of the house), as JSON."""
    need(request, "view_post")
    try:
        start, end = (
            from_wall(datetime.fromisoformat(request.GET.get(name, ""))) for name in ("start", "end")
        )
    except ValueError:
        return JsonResponse({"message": _("时间要写成 2026-03-02T09:00 这样。")}, status=400)
    if not timedelta(0) < end - start <= timedelta(days=370):
        return JsonResponse({"message": _("一次最多看一年，结束要晚于开始。")}, status=400)
    found = tasks_of_calendar(staff(request), start=start, end=end)
    return JsonResponse(
        [
            {
                "id": f"task:{task.key}",
                "title": f"{task.title} · {task.owner}" if task.owner else task.title,
                "day": task.day.isoformat(),
                "url": task.url,
                "is_done": task.is_done,
            }
            for task in found
        ],
        safe=False,
    )


def _config(request: HttpRequest) -> dict[str, Any]:
    return {
        "feed": reverse("content_calendar:posts"),
        "tasks": reverse("admin:content_calendar_post_tasks"),
        "page": reverse("admin:content_calendar_post_page", args=[0]),
        "add": reverse("admin:content_calendar_post_add")
        if staff(request).has_perm("content_calendar.add_post")
        else "",
        "now": to_wall(database_now()).isoformat(timespec="seconds"),
        "labels": dict(PostState.choices),
        "words": {
            "sent": _("已送达"),
            "trouble": _("有问题，点开看看"),
            "groups": _("个群"),
            "filter": _("按条件选群"),
            "local": _("各群当地时间"),
            "past": _("这个时间已经过去，选一个将来的时间。"),
            "moved": _("已移到"),
            "failed": _("没有成功，请刷新页面再试。"),
            "offline": _("连不上服务器，检查网络后再试。"),
            "list": _("列表"),
            "empty": _("这段时间还没有帖子。"),
        },
    }


def _filters(user: User) -> list[tuple[str, str, list[tuple[int, str]]]]:
    authors = User.objects.visible_to(user).filter(posts__isnull=False).distinct().order_by("display_name")
    return [
        ("group", _("全部社群"), _choices(Group.objects.visible_to(user).order_by("name"))),
        ("channel", _("全部通道"), _choices(Channel.objects.visible_to(user).order_by("name"))),
        ("owner", _("全部作者"), _choices(authors)),
    ]


def _choices(rows: Any) -> list[tuple[int, str]]:
    return [(row.pk, str(row)) for row in rows[:_MOST_CHOICES]]
