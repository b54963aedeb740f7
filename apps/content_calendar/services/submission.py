"""Asking for approval, and sending a post back."""

import hashlib
import json
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import ApprovalState, NoticeLevel
from apps.accounts.models import Approval, User
from apps.accounts.services.approvals import decide, request_approval
from apps.accounts.services.notices import notify
from apps.content_calendar.enums import POST_MOVES, PostState, Selection
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.audience import groups_of
from apps.content_calendar.services.access import check_may, check_sight, lock_post
from apps.content_calendar.services.checks import problems_of
from apps.content_calendar.services.problems import HasProblems
from apps.core.errors import NotAllowed, WrongState
from apps.core.models import move


def fingerprint(post: Post) -> str:
    """A digest (64 hex digits) of all that an approver decides about: content, groups, time."""
    by_filter = post.selection == Selection.FILTER
    matter = {
        "kind": post.kind,
        "body": post.body,
        "image": post.image.file.name if post.image else "",
        "link": [post.link_title, post.link_url],
        "filter": post.group_filter if by_filter else None,
        "groups": None if by_filter else sorted(post.groups.values_list("pk", flat=True)),
        "time": post.scheduled_at.isoformat() if post.scheduled_at else "",
        "is_group_time": post.is_group_time,
        "cutoff": post.cutoff_minutes,
    }
    return hashlib.sha256(json.dumps(matter, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def submit_post(*, post: Post, actor: User, now: datetime, confirmed: str = "") -> Post:
    """Ask for approval. ``confirmed`` is ``Problems.token`` of the warnings that the person ticked.

    Raises ``HasProblems`` with everything that is wrong, or with the warnings that want a tick.
    """
    check_may(actor, "content_calendar.change_post", post)
    post = lock_post(post)
    if post.state not in {PostState.DRAFT, PostState.REJECTED}:
        raise WrongState(
            _("帖子现在是“%(state)s”，不用再提交。") % {"state": post.get_state_display()},
            hint=_("刷新页面看看最新状态。"),
        )
    if actor != post.author:  # a filter reaches what the author may see, whoever wrote it
        check_sight(actor, groups_of(post), hint=_("去掉它们，或由对应团队的同事来发。"))
    problems = problems_of(post, now=now)
    if problems.errors or problems.token != (confirmed if problems.warnings else ""):
        raise HasProblems(problems)
    move(
        post,
        PostState.SUBMITTED,
        table=POST_MOVES,
        submitted_by=actor,
        approved_by=None,
        approved_at=None,
    )
    request_approval(
        subject=post,
        title=_("帖子《%(title)s》") % {"title": post.title},
        fingerprint=fingerprint(post),
        team=post.team,
        actor=actor,
    )
    return post


@transaction.atomic
def reject_post(*, post: Post, actor: User, now: datetime, comment: str) -> Post:
    """Send a submitted post back to its author with a reason; raises ``Invalid`` without one."""
    check_may(actor, "content_calendar.approve_post", post)
    post = lock_post(post)
    decide(
        approval=pending_approval(post),
        approve=False,
        actor=actor,
        now=now,
        fingerprint=fingerprint(post),
        comment=comment,
    )
    move(post, PostState.REJECTED, table=POST_MOVES)
    tell_author(
        post,
        text=_("《%(title)s》被退回：%(comment)s") % {"title": post.title, "comment": comment},
        level=NoticeLevel.WARNING,
        now=now,
    )
    return post


def pending_approval(post: Post) -> Approval:
    """The open request of ``post``, its row locked; raises ``WrongState`` if there is none."""
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .filter(
            subject_type=ContentType.objects.get_for_model(Post),
            subject_id=post.pk,
            state=ApprovalState.PENDING,
        )
        .first()
    )
    if approval is None or post.state != PostState.SUBMITTED:
        raise WrongState(
            _("帖子现在是“%(state)s”，没有等待审批的请求。") % {"state": post.get_state_display()},
            hint=_("刷新页面看看最新状态。"),
        )
    return approval


def check_not_own(post: Post, actor: User) -> None:
    """Raise ``NotAllowed`` if ``actor`` wrote or submitted ``post``; holds for superusers too."""
    if actor.pk in {post.author_id, post.submitted_by_id}:
        raise NotAllowed(_("不能审批自己写的或自己提交的帖子。"), hint=_("请另一位有审批权限的同事处理。"))


def tell_author(post: Post, *, text: str, level: NoticeLevel, now: datetime) -> None:
    """Leave a notice for the author and for whoever submitted the post."""
    people = {user for user in (post.author, post.submitted_by) if user is not None}
    notify(
        users=people,
        key=f"post:{post.pk}:{post.state}:{now.timestamp():.0f}",
        text=text,
        url=post.get_absolute_url(),
        level=level,
    )
