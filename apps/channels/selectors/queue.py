"""What stands in one channel's queue."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from apps.channels.enums import DeliveryState
from apps.channels.models import Channel, Delivery


@dataclass(frozen=True)
class Queue:
    """Counts of deliveries. ``in_time`` and ``too_late`` split those held by their cutoff."""

    due: int
    to_come: int
    in_time: int
    too_late: int

    @property
    def held(self) -> int:
        return self.in_time + self.too_late


def queue_of(channel: Channel, *, now: datetime) -> Queue:
    """The queue of ``channel`` at ``now``, in one query over its open deliveries."""
    waiting = Q(state=DeliveryState.PENDING) | Q(state=DeliveryState.AWAITING_PERSON)
    held = Q(state=DeliveryState.HELD)
    rows = Delivery.objects.filter(
        channel=channel,
        state__in=[DeliveryState.PENDING, DeliveryState.AWAITING_PERSON, DeliveryState.HELD],
    )
    counts = rows.aggregate(
        due=Count("pk", filter=waiting & Q(due_at__lte=now)),
        to_come=Count("pk", filter=waiting & Q(due_at__gt=now)),
        in_time=Count("pk", filter=held & Q(cutoff_at__gt=now)),
        too_late=Count("pk", filter=held & Q(cutoff_at__lte=now)),
    )
    return Queue(**counts)
