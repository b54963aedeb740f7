"""Approval schedules: groups are frozen and deliveries made in one transaction (D1)."""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.approvals import decide
from apps.channels.services.outbox import Draft, create_deliveries
from apps.content_calendar.enums import POST_MOVES, PostState
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.audience import groups_of
from apps.content_calendar.services.access import check_may, check_sight, lock_post
from apps.content_calendar.services.checks import problems_of
from apps.content_calendar.services.links import links_of
from apps.content_calendar.services.messages import group_due_at, messages_for
from apps.content_calendar.services.problems import names_of
from apps.content_calendar.services.submission import (
    check_not_own,
    fingerprint,
    pending_approval,
    tell_author,
)
from apps.core.errors import Invalid
from apps.core.models import move
from apps.groups.models import Group

#: A single post has one occurrence; a series will number its repeats.
OCCURRENCE = 1


def delivery_key(*, post_id: int, group_id: int, occurrence: int, part: int) -> str:
    """What makes a delivery the same one however often its post is scheduled (D1)."""
    return f"post:{post_id}:{group_id}:{occurrence}:{part}"


@transaction.atomic
def approve_post(*, post: Post, actor: User, now: datetime, comment: str = "", seen: str = "") -> Post:
    """Approve and schedule: freeze the groups and create every target and delivery, or nothing at all.

    ``seen`` is ``audience_digest`` of the page that the approver decided from: if the groups have changed
    since, they are asked to look again. Raises ``NotAllowed`` (own post, groups out of sight), ``WrongState``
    (somebody was faster), ``Invalid`` (too late, changed, or not sendable any more).
    """
    check_may(actor, "content_calendar.approve_post", post)
    post = lock_post(post)
    approval = pending_approval(post)
    check_not_own(post, actor)
    groups = list(groups_of(post).select_related("channel"))
    check_sight(actor, groups, hint=_("请能看到这些社群的同事审批。"))
    if seen and seen != audience_digest(post, groups):
        raise Invalid(
            _("你打开页面之后，内容或匹配到的社群有了变化。"), hint=_("刷新页面，看过最新的再审批。")
        )
    decide(
        approval=approval,
        approve=True,
        actor=actor,
        now=now,
        fingerprint=fingerprint(post),
        comment=comment,
    )
    _check_sendable(post, groups, now=now)
    move(post, PostState.SCHEDULED, table=POST_MOVES, approved_by=actor, approved_at=now)
    _create_targets(post, groups, now=now)
    tell_author(
        post,
        text=_("《%(title)s》已通过审批，到点发布。") % {"title": post.title},
        level=NoticeLevel.INFO,
        now=now,
    )
    return post


def audience_digest(post: Post, groups: list[Group]) -> str:
    """What an approver saw: the post's fingerprint and the very groups that it reaches."""
    return f"{fingerprint(post)[:32]}-{hash_of(groups)}"


def hash_of(groups: list[Group]) -> str:
    """A short digest of a list of groups."""
    return hashlib.sha256(
        ",".join(str(g.pk) for g in sorted(groups, key=lambda g: g.pk)).encode()
    ).hexdigest()[:16]


def _check_sendable(post: Post, groups: list[Group], *, now: datetime) -> None:
    late = [g for g in groups if group_due_at(post, g) + timedelta(minutes=post.cutoff_minutes) <= now]
    if late:
        raise Invalid(
            _("审批得太晚了：%(names)s 的发布时间已经过了最晚迟到 %(minutes)s 分钟。")
            % {"names": names_of(late), "minutes": post.cutoff_minutes},
            hint=_("退回给作者改时间，再提交。"),
            code="too_late",
        )
    # Between submission and approval a group may have lost its robot, or a value may have grown too long.
    # A time that has just passed is fine here: it goes out at once, within its cutoff.
    errors = [p for p in problems_of(post, now=now).errors if p.code != "past"]
    if errors:
        raise Invalid(
            _("提交之后出现了新的问题：%(message)s") % {"message": errors[0].message},
            hint=_("处理好再审批，或退回给作者。"),
            code=errors[0].code,
        )


def _create_targets(post: Post, groups: list[Group], *, now: datetime) -> None:
    drafts: list[Draft] = []
    places: list[tuple[Group, int]] = []
    links = links_of(post, groups, now=now)
    for rank, group in enumerate(groups):
        if group.channel_id is None:
            raise Invalid(_("“%(group)s”没有发送通道。") % {"group": group}, hint=_("先绑定一个通道。"))
        due = group_due_at(post, group)
        for message in messages_for(post, group, due=due, run_link=links.get(group.pk)):
            drafts.append(
                Draft(
                    key=delivery_key(
                        post_id=post.pk, group_id=group.pk, occurrence=OCCURRENCE, part=message.part
                    ),
                    channel_id=group.channel_id,
                    team_id=group.team_id,
                    recipient=group.name,
                    address=group.channel_address,
                    subject=post.title,
                    source_url=post.get_absolute_url(),
                    kind=message.kind,
                    content=message.content,
                    due_at=due,
                    cutoff_at=due + timedelta(minutes=post.cutoff_minutes),
                    sequence=sequence_of(post, rank=rank, part=message.part),
                )
            )
            places.append((group, message.part))
    deliveries = create_deliveries(drafts=drafts, now=now)
    PostTarget.objects.bulk_create(
        [
            PostTarget(post=post, group=group, occurrence=OCCURRENCE, part=part, delivery=delivery)
            for (group, part), delivery in zip(places, deliveries, strict=True)
        ],
        ignore_conflicts=True,
        batch_size=2_000,
    )


def sequence_of(post: Post, *, rank: int, part: int) -> int:
    """The place of a message among those due at the same time: older posts first, a group's text and picture
    together."""
    return post.pk * 1_000_000 + rank * 10 + part
