"""The fortnight behind us: posts that went out, with the few that did not.

Written, submitted and approved by the services at a moment in the past. What the platform answered is
written straight into the outbox, consistent with D1–D6, since no platform was there to answer; in the same
transaction, so that no worker ever sees these deliveries as due.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.channels.enums import AttemptOutcome, DeliveryState
from apps.channels.models import Attempt, Delivery
from apps.content_calendar.models import Post
from apps.content_calendar.services.finishing import finish_posts
from community_ops.demo import texts
from community_ops.demo.posts import Writer

DAYS = 13
#: (hour of the day, fewest groups per post) of each past day.
TIMES = ((9, 12), (19, 8))


@dataclass(frozen=True)
class Mishap:
    """What became of one delivery instead of being sent."""

    state: str
    code: str
    reason: str
    outcome: str
    status: int | None = 200


_TOO_LONG = Mishap(DeliveryState.FAILED, "45002", "内容超过长度限制", AttemptOutcome.REFUSED)
_NO_ANSWER = Mishap(
    DeliveryState.UNKNOWN, "read_timeout", "请求已发出，没等到平台的回答", AttemptOutcome.AMBIGUOUS, None
)
_LATE = Mishap(DeliveryState.MISSED, "cutoff", "过了截止时间还没轮到", AttemptOutcome.NOT_SENT, None)
#: (day back, post of the day, place in the post) → what went wrong there.
_MISHAPS = {
    (1, 1, 3): _NO_ANSWER,
    (1, 0, 2): _TOO_LONG,
    (1, 1, 6): _LATE,
    (4, 0, 5): _TOO_LONG,
    (6, 1, 1): _LATE,
    (6, 1, 2): _LATE,
    (9, 1, 4): _TOO_LONG,
}


def load_history(*, writer: Writer, now: datetime) -> int:
    """Two posts a day for ``DAYS`` days back; returns how many posts."""
    count = 0
    for back in range(DAYS, 0, -1):
        for place, (hour, group_count) in enumerate(TIMES):
            day = timezone.localtime(now) - timedelta(days=back)
            due = day.replace(hour=hour, minute=0, second=0, microsecond=0)
            if due > now - timedelta(hours=1):
                continue  # still within reach of the dispatcher
            text = texts.DAILY[(back * len(TIMES) + place) % len(texts.DAILY)]
            with transaction.atomic():
                groups = writer.groups(back * 5 + place * 11, group_count + back * 7 % 5)
                post = writer.schedule(text, groups, due, now=due - timedelta(hours=2))
                _answer(post, {at: what for (b, p, at), what in _MISHAPS.items() if (b, p) == (back, place)})
            count += 1
    finish_posts(now=now)
    return count


def _answer(post: Post, mishaps: dict[int, Mishap]) -> None:
    deliveries = list(Delivery.objects.filter(post_target__post=post).order_by("pk"))
    attempts = []
    for place, delivery in enumerate(deliveries):
        started = delivery.due_at + timedelta(seconds=1 + place % 4, milliseconds=170 * place)
        mishap = mishaps.get(place)
        attempts.append(
            Attempt(
                delivery=delivery,
                number=1,
                lease_token=1,
                started_at=started,
                finished_at=started + timedelta(milliseconds=120),
                outcome=mishap.outcome if mishap else AttemptOutcome.ACCEPTED,
                status=mishap.status if mishap else 200,
                code=mishap.code if mishap else "0",
                detail=mishap.reason if mishap else "ok",
            )
        )
        delivery.attempt_count = 1
        delivery.state = mishap.state if mishap else DeliveryState.SENT
        delivery.reason_code = mishap.code if mishap else ""
        delivery.reason = mishap.reason if mishap else ""
        delivery.sent_at = None if mishap else started + timedelta(milliseconds=120)
    Attempt.objects.bulk_create(attempts)
    Delivery.objects.bulk_update(deliveries, ["attempt_count", "state", "reason_code", "reason", "sent_at"])
