"""What waits for a person's hands."""

from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.channels.drivers.registry import all_drivers
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.channels.models.delivery import DeliveryQuerySet


def inbox(*, user: User) -> DeliveryQuerySet:
    """Messages that ``user`` may send by hand now, the oldest first."""
    rows = Delivery.objects.visible_to(user).filter(state=DeliveryState.AWAITING_PERSON)
    return rows.select_related("channel").order_by("due_at", "sequence", "id")


def just_missed(*, user: User, now: datetime) -> DeliveryQuerySet:
    """Messages for a person's hands that went past their cutoff within a day: perhaps they were sent after all."""
    manual = [key for key, driver in all_drivers().items() if driver.is_manual]
    rows = Delivery.objects.visible_to(user).filter(
        state=DeliveryState.MISSED, channel__driver__in=manual, due_at__gt=now - timedelta(days=1)
    )
    return rows.select_related("channel").order_by("-due_at", "-id")
