"""When a broadcast will be through, at each channel's pace (D5)."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from apps.channels.drivers.registry import all_drivers
from apps.channels.enums import DeliveryState
from apps.channels.models import Channel, Delivery

#: Backlog looked at per channel: more than this is hours away anyway.
_MAX_BACKLOG = 5_000


def forecast_finish(*, counts: Mapping[int, int], starts_at: datetime) -> datetime | None:
    """Return when the last of ``counts`` (channel id → messages, all due at ``starts_at``) will have been sent.

    What is already queued on a channel before them, its recent sends and an open circuit are counted in.
    None when no channel of ``counts`` sends by itself.
    """
    automatic = [key for key, driver in all_drivers().items() if not driver.is_manual]
    finishes = [
        _finish(channel, counts[channel.pk], starts_at)
        for channel in Channel.objects.filter(pk__in=counts, driver__in=automatic)
        if counts[channel.pk] > 0
    ]
    return max(finishes, default=None)


def _finish(channel: Channel, count: int, starts_at: datetime) -> datetime:
    """Replay the pace: a message may go when the one ``rate_limit`` places before is a window old."""
    ahead = Delivery.objects.filter(
        channel=channel,
        state__in=[DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.SENDING],
        due_at__lte=starts_at,
    )
    due = sorted(ahead.order_by("-due_at").values_list("due_at", flat=True)[:_MAX_BACKLOG])
    due += [starts_at] * count
    window = timedelta(seconds=channel.rate_window_seconds)
    recent = deque(sorted(channel.recent_at), maxlen=channel.rate_limit)
    earliest = channel.circuit_open_until
    moment = starts_at
    for due_at in due:
        moment = max(due_at, earliest) if earliest else due_at
        if len(recent) == channel.rate_limit:
            moment = max(moment, recent[0] + window)
        if recent:
            moment = max(moment, recent[-1])
        recent.append(moment)
    return moment
