"""What the calendar shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import User
from apps.channels.enums import DeliveryState
from apps.content_calendar.enums import EDITABLE_STATES, PostState, Selection
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.audience import reaching
from apps.content_calendar.selectors.wall_clock import to_wall
from apps.groups.models import Group

#: A person ought to look at these.
TROUBLE_STATES = frozenset(
    {DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.HELD}
)
#: Nothing has left, nothing is on its way: the post may still be moved.
UNTOUCHED_STATES = frozenset({DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.CANCELLED})
#: More than a month of a busy house; a longer answer would only freeze the page.
MOST_ENTRIES = 5_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the calendar is filtered by; ``None`` and "" mean everything. ``owner`` is the author's id."""

    group: int | None = None
    channel: int | None = None
    owner: int | None = None
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Messages of a post by what became of them; cancelled ones are not counted in ``total``."""

    total: int = 0
    sent: int = 0
    trouble: int = 0
    begun: int = 0
    by_state: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, by_state: dict[str, int]) -> "Progress":
        return cls(
            total=sum(n for state, n in by_state.items() if state != DeliveryState.CANCELLED),
            sent=by_state.get(DeliveryState.SENT, 0),
            trouble=sum(by_state.get(state, 0) for state in TROUBLE_STATES),
            begun=sum(n for state, n in by_state.items() if state not in UNTOUCHED_STATES),
            by_state=by_state,
        )

    @property
    def percent(self) -> int:
        return self.sent * 100 // self.total if self.total else 0


def posts_of_calendar(user: User, *, start: datetime, end: datetime, wanted: Wanted) -> QuerySet[Post]:
    """Posts that ``user`` may see (S1) with a time in ``[start, end)``, by time."""
    posts = Post.objects.visible_to(user).filter(scheduled_at__gte=start, scheduled_at__lt=end)
    if wanted.owner:
        posts = posts.filter(author_id=wanted.owner)
    if wanted.state:
        posts = posts.filter(state=wanted.state)
    if wanted.group or wanted.channel:
        groups = Group.objects.visible_to(user)
        if wanted.group:
            groups = groups.filter(pk=wanted.group)
        if wanted.channel:
            # Where it goes now, or where it went while the group had another channel.
            groups = groups.filter(channel_id=wanted.channel)
        condition = reaching(groups) if groups else Q(pk__in=[])
        if wanted.channel and not wanted.group:
            through = PostTarget.objects.filter(delivery__channel_id=wanted.channel).values("post")
            condition |= Q(pk__in=through)
        posts = posts.filter(condition)
    return posts.order_by("scheduled_at", "id")


def progress_of(posts: QuerySet[Post] | Iterable[int]) -> dict[int, Progress]:
    """Progress by post id, in one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        PostTarget.objects.filter(post__in=posts)
        .order_by()
        .values_list("post_id", "delivery__state")
        .annotate(n=Count("pk"))
    )
    for post_id, state, count in rows:
        counts[post_id][state] = count
    return {post_id: Progress.of(by_state) for post_id, by_state in counts.items()}


def entries(user: User, posts: QuerySet[Post]) -> list[dict[str, Any]]:
    """The calendar's entries in three queries, however many posts there are. Times are the house clock's.

    ``group_count`` is ``None`` while a filter has not been resolved.
    """
    rows = list(
        posts.values(
            "id", "title", "state", "kind", "scheduled_at", "selection", "is_group_time",
            "author_id", "author__display_name", "author__username",
        )[:MOST_ENTRIES]
    )  # fmt: skip
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    progress = progress_of(ids)
    chosen = dict(
        Post.groups.through.objects.filter(post_id__in=ids).values_list("post_id").annotate(n=Count("pk"))
    )
    may_change = user.has_perm("content_calendar.change_post")
    return [
        _entry(row, progress.get(row["id"], Progress()), chosen.get(row["id"], 0), may_change=may_change)
        for row in rows
    ]


def _entry(row: Mapping[str, Any], progress: Progress, chosen: int, *, may_change: bool) -> dict[str, Any]:
    state = row["state"]
    is_scheduled = state == PostState.SCHEDULED
    is_open_filter = row["selection"] == Selection.FILTER and state not in {
        PostState.SCHEDULED,
        PostState.FINISHED,
    }
    return {
        "id": row["id"],
        "title": row["title"],
        "start": to_wall(row["scheduled_at"]).isoformat(timespec="seconds"),
        "state": state,
        "kind": row["kind"],
        "is_group_time": row["is_group_time"],
        "author": row["author__display_name"] or row["author__username"],
        "group_count": None if is_open_filter else chosen,
        "progress": {key: value for key, value in asdict(progress).items() if key != "by_state"},
        "can_move": may_change and (state in EDITABLE_STATES or (is_scheduled and not progress.begun)),
    }
