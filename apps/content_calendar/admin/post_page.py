"""A post's page: what it is, where it stands, group by group, and what may be done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.accounts.models import User
from apps.channels.enums import FINAL_STATES
from apps.channels.models import Delivery
from apps.channels.services import by_person
from apps.content_calendar.admin.pages import show, staff, visible_post
from apps.content_calendar.admin.post_actions import actions_for
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.approvals import approvals_of
from apps.content_calendar.selectors.audience import groups_of
from apps.content_calendar.selectors.calendar import Progress, progress_of
from apps.content_calendar.selectors.targets import SHOWN, targets_of, verbs_for
from apps.content_calendar.selectors.wall_clock import from_wall, house_zone, to_wall
from apps.content_calendar.services.audience_checks import forecast_of
from apps.content_calendar.services.changes import cancel_post, move_post, recall_post
from apps.content_calendar.services.checks import problems_of
from apps.content_calendar.services.finishing import finish_posts
from apps.content_calendar.services.posts import copy_post
from apps.content_calendar.services.preview import bubble_of, previews
from apps.content_calendar.services.scheduling import approve_post, audience_digest
from apps.content_calendar.services.submission import reject_post
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.groups.models import Group

_ROWS = 50
#: How soon before its time a scheduled post's page starts to look every few seconds.
_SOON = timedelta(minutes=2)


def page_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    post = visible_post(request, pk)
    now = database_now()
    user = staff(request)
    is_before = post.state not in {PostState.SCHEDULED, PostState.FINISHED}
    everywhere = list(groups_of(post).select_related("channel"))
    seen = Group.objects.visible_to(user).filter(pk__in=[group.pk for group in everywhere])
    seen_ids = set(seen.values_list("pk", flat=True))
    groups = [group for group in everywhere if group.pk in seen_ids]
    progress = progress_of([post.pk]).get(post.pk, Progress())
    return show(
        model_admin,
        request,
        "post_page.html",
        title=post.title,
        actions=actions_for(post, user=user, progress=progress),
        groups=groups,
        group_count=len(everywhere),
        hidden_groups=len(everywhere) - len(groups),
        previews=previews(post, groups, now=now) if is_before else [],
        samples=[] if is_before else _samples(post, user),
        problems=problems_of(post, now=now, groups=groups) if is_before else None,
        finish=forecast_of(post, everywhere) if is_before else None,
        approvals=approvals_of(post)[:10],
        seen=audience_digest(post, everywhere) if post.state == PostState.SUBMITTED else "",
        wall_time=to_wall(post.scheduled_at).strftime("%Y-%m-%dT%H:%M") if post.scheduled_at else "",
        zone=house_zone().key,
        **_live(post, request, progress, now),
    )


def _samples(post: Post, user: User) -> list[dict[str, Any]]:
    """One snapshot per way of sending: what really goes out, rather than what would be rendered now."""
    found: dict[str, dict[str, Any]] = {}
    targets = targets_of(post, user=user).order_by("delivery__sequence")[:200]
    for target in targets:
        sample = found.setdefault(
            target.delivery.channel.driver,
            {"group": target.group, "driver": target.delivery.channel.get_driver_display(), "bubbles": []},
        )
        if sample["group"] == target.group:
            sample["bubbles"].append(bubble_of(target.delivery.content))
    return list(found.values())


def _live(post: Post, request: HttpRequest, progress: Progress, now: datetime) -> dict[str, Any]:
    """What changes while messages go out."""
    user = staff(request)
    shown = request.GET.get("show", "")
    targets = targets_of(post, user=user, shown=shown)
    page = Paginator(targets, _ROWS).get_page(request.GET.get("p"))
    may_operate = user.has_perm("channels.operate_delivery")
    rows = [(target, verbs_for(target.delivery) if may_operate else []) for target in page]
    counts = progress.by_state
    tabs = [("", _("全部"), sum(counts.values()))] + [
        (key, label, sum(counts.get(state, 0) for state in SHOWN[key]))
        for key, label in (
            ("trouble", _("有问题")),
            ("person", _("待人工")),
            ("open", _("待发送")),
            ("sent", _("已送达")),
            ("cancelled", _("已取消")),
        )
    ]
    visible = PostTarget.objects.visible_to(user).filter(post=post).count()
    running = sum(n for state, n in counts.items() if state not in FINAL_STATES)
    is_near = post.scheduled_at is not None and post.scheduled_at <= now + _SOON
    return {
        "post": post,
        "progress": progress,
        "page": page,
        "rows": rows,
        "tabs": [tab for tab in tabs if tab[2] or not tab[0] or tab[0] == shown],
        "shown": shown,
        "hidden_count": sum(counts.values()) - visible,
        "poll_seconds": (3 if is_near else 20) if running or post.state == PostState.SCHEDULED else 0,
    }


def progress_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """What the page asks for every few seconds while messages go out."""
    post = visible_post(request, pk)
    progress = progress_of([post.pk]).get(post.pk, Progress())
    live = _live(post, request, progress, database_now())
    return JsonResponse(
        {
            "state": post.state,
            "counts": progress.by_state,
            "poll_seconds": live["poll_seconds"],
            "html": render_to_string("content_calendar/_progress.html", live, request=request),
        }
    )


@require_POST
def _act(request: HttpRequest, post: Post, verb: str) -> HttpResponse:
    user = staff(request)
    now = database_now()
    text = request.POST.get("reason", "").strip()
    verbs: dict[str, tuple[Callable[[], Any], Any]] = {
        "approve": (
            lambda: approve_post(
                post=post, actor=user, now=now, comment=text, seen=request.POST.get("seen", "")
            ),
            _("已通过，到点发布。"),
        ),
        "reject": (lambda: reject_post(post=post, actor=user, now=now, comment=text), _("已退回给作者。")),
        "recall": (
            lambda: recall_post(post=post, actor=user, now=now, reason=text),
            lambda result: _("已撤回为草稿。") + result.sentence,
        ),
        "cancel": (
            lambda: cancel_post(post=post, actor=user, now=now, reason=text),
            lambda result: _("已取消。") + result.sentence,
        ),
        "move": (
            lambda: move_post(post=post, to=_typed_time(request), actor=user, now=now),
            lambda moved: (
                _("已改到 %(time)s。") % {"time": to_wall(moved.scheduled_at).strftime("%Y-%m-%d %H:%M")}
            ),
        ),
        "copy": (
            lambda: copy_post(post=post, actor=user, now=now),
            _("已复制成一条新草稿，选好时间再提交。"),
        ),
    }
    if verb not in verbs:
        raise Http404
    call, success = verbs[verb]
    result = run_service(request, call, success=success)
    if verb == "copy" and result is not None:
        return redirect("admin:content_calendar_post_change", result.pk)
    return redirect(post.get_absolute_url())


def act_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    return _act(request, visible_post(request, pk), verb)


def _typed_time(request: HttpRequest) -> datetime:
    try:
        return from_wall(datetime.fromisoformat(request.POST.get("at", "")))
    except ValueError as error:
        raise Invalid(_("没有看懂这个时间。"), hint=_("请重新选择日期和时间。"), field="at") from error


@require_POST
def _operate(request: HttpRequest, post: Post, delivery: Delivery, verb: str) -> HttpResponse:
    user = staff(request)
    now = database_now()
    reason = request.POST.get("reason", "")
    calls: dict[str, tuple[Callable[..., Delivery], str]] = {
        "mark_sent": (by_person.mark_sent, _("“%(group)s”已标记为送达。")),
        "resend": (by_person.resend, _("“%(group)s”马上重发。")),
        "cancel": (by_person.cancel, _("“%(group)s”不再发送。")),
    }
    if verb not in calls:
        raise Http404
    service, sentence = calls[verb]
    done = run_service(
        request,
        lambda: service(delivery=delivery, actor=user, now=now, reason=reason),
        success=sentence % {"group": delivery.recipient},
    )
    if done is not None:
        finish_posts(now=now)  # the tick would do it, up to half a minute later
    return redirect(post.get_absolute_url())


def delivery_view(
    model_admin: ModelAdmin, request: HttpRequest, pk: int, delivery_id: int, verb: str
) -> HttpResponse:
    post = visible_post(request, pk)
    delivery = (
        Delivery.objects.visible_to(staff(request)).filter(pk=delivery_id, post_target__post=post).first()
    )
    if delivery is None:
        raise Http404
    return _operate(request, post, delivery, verb)
