"""Closing posts whose messages have all come to an end."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from apps.channels.enums import FINAL_STATES
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post, PostTarget

#: How long after its time a finished post is watched for messages that a person sends again.
WATCHED = timedelta(days=7)
#: A group's clock may be this far ahead of the house clock, and its messages due that much earlier.
_ZONES_APART = timedelta(hours=26)


@transaction.atomic
def finish_posts(*, now: datetime) -> tuple[int, int]:
    """Finish scheduled posts whose deliveries are all final, and open finished ones again of which a person
    resent a message. Set-based and idempotent; returns (finished, opened again).
    """
    targets = PostTarget.objects.filter(post=OuterRef("pk"))
    under_way = targets.exclude(delivery__state__in=FINAL_STATES)
    finished = (
        Post.objects.filter(
            Exists(targets),
            ~Exists(under_way),
            state=PostState.SCHEDULED,
            scheduled_at__lte=now + _ZONES_APART,
        )
        .order_by()
        .update(state=PostState.FINISHED, updated_at=Now())
    )
    opened = (
        Post.objects.filter(Exists(under_way), state=PostState.FINISHED, scheduled_at__gte=now - WATCHED)
        .order_by()
        .update(state=PostState.SCHEDULED, updated_at=Now())
    )
    return finished, opened
