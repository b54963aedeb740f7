"""Taking back, cancelling and moving what was scheduled."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.approvals import withdraw
from apps.accounts.services.audit import audit
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.channels.services.outbox import cancel_deliveries, move_deliveries, rewrite_deliveries
from apps.content_calendar.enums import EDITABLE_STATES, POST_MOVES, PostState
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.wall_clock import plannable
from apps.content_calendar.services.access import check_may, lock_post
from apps.content_calendar.services.links import links_of
from apps.content_calendar.services.messages import group_due_at, messages_for, variables_of
from apps.core.errors import Invalid, WrongState
from apps.core.models import move


@dataclass(frozen=True)
class TakenBack:
    """What became of a post's messages: ``cancelled`` will not go out, ``gone`` are out or cannot be stopped."""

    post: Post
    cancelled: int = 0
    gone: int = 0

    @property
    def sentence(self) -> str:
        if self.gone:
            return _("已停下 %(cancelled)s 条；另有 %(gone)s 条已经发出或正在发送，收不回来。") % {
                "cancelled": self.cancelled,
                "gone": self.gone,
            }
        if self.cancelled:
            return _("已停下 %(cancelled)s 条，一条都没有发出。") % {"cancelled": self.cancelled}
        return ""


@transaction.atomic
def recall_post(*, post: Post, actor: User, now: datetime, reason: str = "") -> TakenBack:
    """Back to draft, from submitted, scheduled or cancelled. What was sent stays sent, and is counted."""
    check_may(actor, "content_calendar.change_post", post)
    return _take_back(
        lock_post(post), to=PostState.DRAFT, actor=actor, now=now, reason=reason or _("帖子被撤回")
    )


@transaction.atomic
def cancel_post(*, post: Post, actor: User, now: datetime, reason: str = "") -> TakenBack:
    """The post will not go out (any more); it stays on the calendar as cancelled."""
    check_may(actor, "content_calendar.change_post", post)
    return _take_back(
        lock_post(post), to=PostState.CANCELLED, actor=actor, now=now, reason=reason or _("帖子被取消")
    )


def _take_back(post: Post, *, to: PostState, actor: User, now: datetime, reason: str) -> TakenBack:
    verb = "post.recall" if to == PostState.DRAFT else "post.cancel"
    before = post.state
    move(post, to, table=POST_MOVES, submitted_by=None, approved_by=None, approved_at=None)
    cancelled = gone = 0
    if before == PostState.SUBMITTED:
        withdraw(subject=post, actor=actor, now=now)
    elif before == PostState.SCHEDULED:
        mine = deliveries_of(post)
        cancelled = cancel_deliveries(deliveries=mine, actor=actor, now=now, reason=reason)
        gone = mine.exclude(state=DeliveryState.CANCELLED).count()
    audit(actor=actor, action=verb, target=post, reason=reason, cancelled=cancelled, gone=gone)
    return TakenBack(post=post, cancelled=cancelled, gone=gone)


def deliveries_of(post: Post) -> QuerySet[Delivery]:
    """All deliveries of ``post``."""
    return Delivery.objects.filter(post_target__post=post)


@transaction.atomic
def move_post(*, post: Post, to: datetime, actor: User, now: datetime) -> Post:
    """Give the post another time (aware). A draft just takes it; a scheduled post takes its open deliveries
    along, and their text is rendered anew where it names the date.

    Raises ``Invalid`` for a time in the past, ``WrongState`` for posts that wait for approval, are over, or
    have begun to go out.
    """
    check_may(actor, "content_calendar.change_post", post)
    post = lock_post(post)
    if to <= now:
        raise Invalid(
            _("不能移到过去的时间。"), hint=_("选一个将来的时间。"), code="past", field="scheduled_at"
        )
    plannable(to)
    before = post.scheduled_at
    if post.state in EDITABLE_STATES:
        post.scheduled_at = to
        post.save(update_fields=["scheduled_at", "updated_at"])
    elif post.state == PostState.SCHEDULED:
        _move_scheduled(post, to, actor=actor, now=now)
    elif post.state == PostState.SUBMITTED:
        raise WrongState(_("等待审批的帖子不能改时间。"), hint=_("先撤回，改好时间再提交。"))
    else:
        raise WrongState(
            _("帖子现在是“%(state)s”，不能改时间。") % {"state": post.get_state_display()},
            hint=_("可以复制成一条新帖子。"),
        )
    audit(
        actor=actor,
        action="post.move",
        target=post,
        before=before.isoformat() if before else "",
        after=to.isoformat(),
    )
    return post


def _move_scheduled(post: Post, to: datetime, *, actor: User, now: datetime) -> None:
    targets = list(
        PostTarget.objects.filter(post=post)
        .exclude(delivery__state=DeliveryState.CANCELLED)
        .select_related("delivery", "group")
    )
    began = [
        t
        for t in targets
        if t.delivery.state not in {DeliveryState.PENDING, DeliveryState.HELD} or t.delivery.attempt_count
    ]
    if began:
        raise WrongState(
            _("已经开始发送（%(count)s 条），不能再改时间。") % {"count": len(began)},
            hint=_("可以撤回剩下的，或复制成一条新帖子。"),
            code="began",
        )
    post.scheduled_at = to
    post.save(update_fields=["scheduled_at", "updated_at"])
    by_shift: dict[timedelta, list[int]] = defaultdict(list)
    for target in targets:
        due = group_due_at(post, target.group)
        if due <= now:
            raise Invalid(
                _("按当地时间，“%(group)s”的发布时间会落在过去。") % {"group": target.group},
                hint=_("选更晚的时间。"),
                code="past",
                field="scheduled_at",
            )
        by_shift[due - target.delivery.due_at].append(target.delivery_id)
    moved = 0
    for shift, ids in by_shift.items():
        chosen = Delivery.objects.filter(pk__in=ids)
        moved += move_deliveries(deliveries=chosen, by=shift, actor=actor, now=now)
    if moved != len(targets):  # a worker took one of them in between: nothing of this transaction stays
        raise WrongState(_("刚刚开始发送，来不及改时间了。"), hint=_("刷新页面看看进度。"), code="began")
    if any(name.startswith("post.") or name == "group.day_number" for name in variables_of(post)):
        rewrite_deliveries(contents=_rendered_anew(post, targets, now=now), now=now)


def _rendered_anew(post: Post, targets: list[PostTarget], *, now: datetime) -> dict[int, dict]:
    contents = {}
    by_place = {(t.group_id, t.part): t.delivery_id for t in targets}
    groups = {t.group for t in targets}
    links = links_of(post, groups, now=now)
    for group in groups:
        due = group_due_at(post, group)
        for message in messages_for(post, group, due=due, run_link=links.get(group.pk)):
            if (delivery := by_place.get((group.pk, message.part))) is not None:
                contents[delivery] = message.content
    return contents
