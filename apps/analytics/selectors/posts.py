"""Posts and their material by what came of them, per hundred members of the groups that they reached."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import sqrt

from django.db import connection

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import CLICKED, CONVERTED, VISITED
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.content_calendar.models import Post
from apps.core.numbers import wholes
from apps.core.proportions import Z
from apps.events.enums import EventKind

_SENT, _FAILED = EventKind.POST_SENT.value, EventKind.POST_FAILED.value
_PAID, _REFUNDED = EventKind.ORDER_PAID.value, EventKind.ORDER_REFUNDED.value
_KINDS = (_SENT, _FAILED, CLICKED, VISITED, CONVERTED, _PAID, _REFUNDED)
#: Fewer clicks than these do not make a post better than another.
FEWEST = 10


@dataclass
class Came:
    """What came of one post, or of several: sums add up. ``reached`` counts the members of each group that it was sent
    to, as many as are in it now; the same group twice counts twice. ``revenue`` in yuan, less refunds."""

    posts: int = 0
    sent: int = 0
    unsent: int = 0
    clicks: int = 0
    visits: int = 0
    conversions: int = 0
    revenue: Decimal = Decimal(0)
    reached: int = 0

    def add(self, other: "Came") -> None:
        self.posts += other.posts
        self.sent += other.sent
        self.unsent += other.unsent
        self.clicks += other.clicks
        self.visits += other.visits
        self.conversions += other.conversions
        self.revenue += other.revenue
        self.reached += other.reached

    @property
    def is_small(self) -> bool:
        """Too few clicks and visits to say which is better."""
        return self.clicks + self.visits < FEWEST

    def per_hundred(self, count: Decimal | int) -> float | None:
        """Per hundred members reached; None where nobody was."""
        return float(count) * 100 / self.reached if self.reached else None

    def interval(self, count: int) -> tuple[float, float] | None:
        """95 % of the count per hundred members reached (Poisson, square-root scale); None where nobody was reached."""
        if not self.reached:
            return None
        low, high = max(0.0, sqrt(count) - Z / 2) ** 2, (sqrt(count + 1) + Z / 2) ** 2
        return low * 100 / self.reached, high * 100 / self.reached


@dataclass
class PostRow:
    """``post`` is None for one that was deleted: its figures stay under its number."""

    key: str
    post: Post | None
    came: Came = field(default_factory=Came)


def post_rows(scope: Scope, period: Period) -> list[PostRow]:
    """Every post with a fact in the period: the best first by clicks and visits per hundred reached, small samples last.
    Three queries."""
    kept = figures(scope=scope, period=period, kinds=_KINDS, dim=Dimension.POST)
    reached = _reached(scope, period)
    numbers = wholes(kept)
    posts = {str(post.pk): post for post in Post.objects.filter(pk__in=numbers).select_related("image")}
    rows = [
        PostRow(
            key,
            posts.get(key),
            Came(
                posts=1,
                sent=one.count(_SENT),
                unsent=one.count(_FAILED),
                clicks=one.count(CLICKED),
                visits=one.count(VISITED),
                conversions=one.count(CONVERTED),
                revenue=one.value(_PAID) - one.value(_REFUNDED),
                reached=reached.get(key, 0),
            ),
        )
        for key, one in kept.items()
    ]
    return sorted(rows, key=lambda row: (row.came.is_small, -rate(row.came), -row.came.sent, row.key))


def rate(came: Came) -> float:
    """What posts are ranked by: clicks and visits per hundred members reached; 0 where nobody was."""
    return came.per_hundred(came.clicks + came.visits) or 0.0


def together[K](rows: Iterable[PostRow], key_of: Callable[[Post], K | None]) -> list[tuple[K, Came]]:
    """Posts by what they have in common (their picture, their kind), ranked as posts are."""
    found: dict[K, Came] = defaultdict(Came)
    for row in rows:
        key = key_of(row.post) if row.post is not None else None
        if key is not None:
            found[key].add(row.came)
    return sorted(found.items(), key=lambda pair: (pair[1].is_small, -rate(pair[1])))


def unsent_reasons(
    scope: Scope, period: Period, *, dim: Dimension = Dimension.TOTAL, key: str = ""
) -> Sequence[tuple[str, int]]:
    """Messages that did not go out by the state they ended in (failed, missed, unknown), the most first; of all
    groups, or of one."""
    kept = figures(scope=scope, period=period, kinds=(_FAILED,), dim=dim, keys=[key])[key]
    found = {variant: count for (_kind, variant), (count, _value) in kept.sums.items()}
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _reached(scope: Scope, period: Period) -> dict[str, int]:
    """{post: members of its groups}: what went out in the period, each part of a post once per group and occurrence."""
    teams = "" if scope.teams is None else "AND coalesce(d.team_id, 0) = ANY(%(teams)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.post_id, sum(g.member_count) FROM ("
            " SELECT DISTINCT t.post_id, t.group_id, t.occurrence FROM channels_delivery d"
            " JOIN content_calendar_posttarget t ON t.delivery_id = d.id"
            f" WHERE d.state = 'sent' AND d.sent_at >= %(start)s AND d.sent_at < %(end)s {teams}) t"
            " JOIN groups_group g ON g.id = t.group_id GROUP BY 1",
            {"start": period.start, "end": period.end, "teams": scope.teams},
        )
        return {str(post): int(members) for post, members in cursor.fetchall()}
