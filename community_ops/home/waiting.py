"""What waits for this person."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import Approval, Notice, User
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.approvals import waiting_for
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from community_ops.home.campaigns import campaign_cards
from community_ops.home.cards import Card
from community_ops.home.links import change_link, link

_ROWS = 3
RECENT = timedelta(days=7)


def attention_counts(user: User) -> dict[str, dict[str, Any]]:
    """Count and oldest due time of deliveries that need a person, by state. One query on a partial index."""
    rows = (
        Delivery.objects.visible_to(user)
        .filter(state__in=[DeliveryState.AWAITING_PERSON, DeliveryState.UNKNOWN])
        .order_by()
        .values("state")
        .annotate(count=Count("pk"), since=Min("due_at"))
    )
    return {row["state"]: dict(row) for row in rows}


def pending_approvals(user: User) -> QuerySet[Approval]:
    """Requests about the posts that this user may decide on: what the page behind the count shows (A2)."""
    posts = ContentType.objects.get_for_model(Post)
    decidable = waiting_for(user).order_by().values("pk")
    return Approval.objects.pending().filter(subject_type=posts, subject_id__in=decidable)


def waiting(user: User, now: datetime) -> list[Card]:
    """Cards with something in them, most urgent first; each count opens its rows (A2)."""
    cards = [
        *_delivery_cards(user),
        _approvals(user),
        _rejected(user),
        *campaign_cards(user),
        *_imports(user, now),
        _notices(user),
    ]
    return [card for card in cards if card is not None and card.count]


def _delivery_cards(user: User) -> list[Card]:
    if not user.has_perm("channels.operate_delivery"):
        return []
    found = attention_counts(user)
    unknown = found.get(DeliveryState.UNKNOWN, {})
    manual = found.get(DeliveryState.AWAITING_PERSON, {})
    changelist = "channels_delivery_changelist"
    return [
        Card(
            key="unknown",
            label=_("结果未知"),
            count=unknown.get("count", 0),
            url=link(changelist, state__exact=DeliveryState.UNKNOWN),
            icon="help",
            tone="danger",
            todo=_("到群里看一眼：已经收到就“标记已发”，没有就“重发”。系统不会自己重发。"),
            since=unknown.get("since"),
        ),
        Card(
            key="manual",
            label=_("人工发送"),
            count=manual.get("count", 0),
            url=link("channels_delivery_inbox")
            or link(changelist, state__exact=DeliveryState.AWAITING_PERSON),
            icon="front_hand",
            tone="warning",
            todo=_("复制文案发到群里，然后打勾。"),
            since=manual.get("since"),
        ),
    ]


def _approvals(user: User) -> Card | None:
    if not user.has_perm("content_calendar.approve_post"):
        return None
    pending = pending_approvals(user)
    rows = list(pending.select_related("requested_by", "subject_type").order_by("requested_at")[:_ROWS])
    count = len(rows) if len(rows) < _ROWS else pending.order_by().count()
    return Card(
        key="approvals",
        label=_("待我审批"),
        count=count,
        url=link("content_calendar_post_approvals"),
        icon="approval",
        tone="warning",
        todo=_("看预览，通过或写明理由退回。没有审批的帖子到点不会发。"),
        since=rows[0].requested_at if rows else None,
        rows=[
            (
                f"{row.title} · {row.requested_by}",
                change_link(f"{row.subject_type.app_label}_{row.subject_type.model}_change", row.subject_id),
            )
            for row in rows
        ],
    )


def _rejected(user: User) -> Card | None:
    if not user.has_perm("content_calendar.change_post"):
        return None
    mine = Post.objects.filter(author=user, state=PostState.REJECTED).order_by("-updated_at")
    rows = list(mine[: _ROWS + 1])
    count = len(rows) if len(rows) <= _ROWS else mine.order_by().count()
    return Card(
        key="rejected",
        label=_("被退回的帖子"),
        count=count,
        url=link(
            "content_calendar_post_changelist", state__exact=PostState.REJECTED, author__id__exact=user.pk
        ),
        icon="undo",
        tone="warning",
        todo=_("按审批意见修改后再提交。"),
        rows=[(post.title, change_link("content_calendar_post_change", post.pk)) for post in rows[:_ROWS]],
    )


def _imports(user: User, now: datetime) -> list[Card]:
    if not user.has_perm("imports.view_importjob"):
        return []
    mine = ImportJob.objects.filter(created_by=user, created_at__gte=now - RECENT)
    found = dict(
        mine.filter(state__in=[JobState.FAILED, JobState.CHECKED])
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    jobs = "imports_importjob_changelist"
    return [
        Card(
            key="imports_failed",
            label=_("导入失败"),
            count=found.get(JobState.FAILED, 0),
            url=link(jobs, state__exact=JobState.FAILED),
            icon="error",
            tone="danger",
            todo=_("打开任务看原因，改好文件再导一次。"),
        ),
        Card(
            key="imports_checked",
            label=_("导入待确认"),
            count=found.get(JobState.CHECKED, 0),
            url=link(jobs, state__exact=JobState.CHECKED),
            icon="fact_check",
            tone="info",
            todo=_("预检做完了，看过数字再开始导入。"),
        ),
    ]


def _notices(user: User) -> Card:
    unread = Notice.objects.filter(user=user, read_at__isnull=True)
    rows = list(unread.order_by("-id")[: _ROWS + 1])
    return Card(
        key="notices",
        label=_("未读通知"),
        count=len(rows) if len(rows) <= _ROWS else unread.order_by().count(),
        url=link("accounts_notice_changelist", read="no"),
        icon="notifications",
        tone="info",
        todo="",
        rows=[(notice.text, change_link("accounts_notice_open", notice.pk)) for notice in rows[:_ROWS]],
    )
