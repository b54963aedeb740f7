"""What goes out within the hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.channels.enums import OPEN_STATES, DeliveryState
from apps.channels.models import Delivery
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post

HOUR = timedelta(hours=1)
BUCKET_MINUTES = 5
ROWS = 12
_TO_COME = OPEN_STATES | {DeliveryState.CLAIMED, DeliveryState.SENDING}


@dataclass(frozen=True)
class Item:
    """Messages of one subject due at one moment. ``minutes`` from now; negative when late."""

    due_at: datetime
    subject: str
    url: str
    count: int
    person_count: int
    held_count: int
    minutes: int


@dataclass(frozen=True)
class Bar:
    """Messages due within five minutes: one bar of the picture, in its own units (0–100)."""

    start: datetime
    count: int
    x: float
    height: float

    @property
    def top(self) -> float:
        return 60 - self.height


@dataclass(frozen=True)
class Timeline:
    items: list[Item]
    bars: list[Bar]
    total: int
    more: int
    peak: int
    unapproved: list[Post]


def timeline(user: User, now: datetime) -> Timeline:
    """Deliveries that are due from now (and late ones) to an hour ahead, and posts nobody has approved yet.

    Two queries, bounded by the hour: partial and team indexes serve them at any size of history.
    """
    end = now + HOUR
    due = Delivery.objects.visible_to(user).filter(
        state__in=_TO_COME, due_at__gte=now - 24 * HOUR, due_at__lt=end
    )
    groups = list(
        due.order_by("due_at", "subject")
        .values("due_at", "subject", "source_url")
        .annotate(
            count=Count("pk"),
            person=Count("pk", filter=Q(state=DeliveryState.AWAITING_PERSON)),
            held=Count("pk", filter=Q(state=DeliveryState.HELD)),
        )[:500]
    )
    items = [
        Item(
            due_at=row["due_at"],
            subject=row["subject"],
            url=row["source_url"],
            count=row["count"],
            person_count=row["person"],
            held_count=row["held"],
            minutes=int((row["due_at"] - now).total_seconds() // 60),
        )
        for row in groups
    ]
    bars = _bars(items, now)
    return Timeline(
        items=items[:ROWS],
        bars=bars,
        total=sum(item.count for item in items),
        more=max(0, len(items) - ROWS),
        peak=max((bar.count for bar in bars), default=0),
        unapproved=_unapproved(user, now, end),
    )


def _bars(items: list[Item], now: datetime) -> list[Bar]:
    local = timezone.localtime(now)
    start = local.replace(minute=local.minute - local.minute % BUCKET_MINUTES, second=0, microsecond=0)
    counts = [0] * (60 // BUCKET_MINUTES + 1)
    for item in items:
        index = int((item.due_at - start).total_seconds() // (BUCKET_MINUTES * 60))
        counts[min(max(index, 0), len(counts) - 1)] += item.count
    peak = max(counts) or 1
    width = 100 / len(counts)
    return [
        Bar(
            start=start + timedelta(minutes=BUCKET_MINUTES * index),
            count=count,
            x=round(index * width, 2),
            height=round(56 * count / peak, 2) if count else 0,
        )
        for index, count in enumerate(counts)
    ]


def _unapproved(user: User, now: datetime, end: datetime) -> list[Post]:
    posts = Post.objects.visible_to(user).filter(
        state=PostState.SUBMITTED, scheduled_at__gte=now, scheduled_at__lt=end
    )
    return list(posts.order_by("scheduled_at")[:5])
