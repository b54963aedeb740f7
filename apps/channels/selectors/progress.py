"""Health is progress (D8): what is due and not sent, how late it is, what waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.channels.enums import ChannelState
from apps.channels.models import Channel, Delivery


@dataclass(frozen=True)
class DeliveryHealth:
    """Counts of deliveries and ages in seconds at one moment. ``sent_today`` and so on count from local midnight.

    ``lag_p95_seconds``: how late the slowest twentieth of the last 15 minutes' sends was, None without sends.
    """

    oldest_due_seconds: float
    due_count: int
    in_hand_count: int
    unknown_count: int
    awaiting_count: int
    held_count: int
    sent_today: int
    failed_today: int
    missed_today: int
    lag_p95_seconds: float | None

    @property
    def is_stuck(self) -> bool:
        """Something has been due for minutes on a channel that could send it."""
        return self.oldest_due_seconds > 120


@dataclass(frozen=True)
class ChannelHealth:
    """One channel: its backlog, its quota in the present window, its penalty."""

    channel: Channel
    due_count: int
    oldest_due_seconds: float
    unknown_count: int
    held_count: int
    used: int
    circuit_open_until: datetime | None

    @property
    def quota_percent(self) -> int:
        return min(100, round(100 * self.used / self.channel.rate_limit))

    def clears_at(self, now: datetime) -> datetime | None:
        """When the backlog will be through at the channel's pace, None without one or while it does not send."""
        if not self.due_count or self.channel.state != ChannelState.ACTIVE:
            return None
        begin = max(now, self.circuit_open_until) if self.circuit_open_until else now
        windows = (self.used + self.due_count - 1) // self.channel.rate_limit
        return begin + timedelta(seconds=windows * self.channel.rate_window_seconds)


#: Every part reads a partial index; history costs nothing. ``pending`` that waits for the pace, a penalty or a
#: retry is due all the same: that is what lag means.
_HEALTH = """
SELECT
    COALESCE((SELECT extract(epoch FROM %(now)s - min(due_at)) FROM channels_delivery
              WHERE state = 'pending' AND due_at <= %(now)s AND {seen}), 0)::float8,
    (SELECT count(*) FROM channels_delivery WHERE state = 'pending' AND due_at <= %(now)s AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state IN ('claimed', 'sending') AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'unknown' AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'awaiting_person' AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'held' AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'sent' AND sent_at >= %(midnight)s AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'failed' AND due_at >= %(midnight)s AND {seen}),
    (SELECT count(*) FROM channels_delivery WHERE state = 'missed' AND due_at >= %(midnight)s AND {seen}),
    (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - due_at))
       FROM channels_delivery
      WHERE state = 'sent' AND sent_at >= %(now)s - interval '15 minutes' AND {seen})::float8
"""


def delivery_health(now: datetime, *, user: User | None = None) -> DeliveryHealth:
    """The outbox at ``now``: over all teams, or only what ``user`` may see (S1). Costs a few index reads."""
    values: dict[str, Any] = {"now": now, "midnight": local_midnight(now)}
    seen = "true"
    if user is not None and not user.has_perm(Delivery.objects.all().view_all_permission):
        seen = "team_id = ANY(%(teams)s)"
        values["teams"] = list(user.teams.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH.format(seen=seen), values)
        return DeliveryHealth(*cursor.fetchone())


def local_midnight(now: datetime) -> datetime:
    """When ``now``'s day began on the house clock."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


_CHANNELS = """
SELECT c.id,
    due.count, COALESCE(extract(epoch FROM %(now)s - due.oldest), 0)::float8,
    (SELECT count(*) FROM channels_delivery AS d WHERE d.channel_id = c.id AND d.state = 'unknown'),
    (SELECT count(*) FROM channels_delivery AS d WHERE d.channel_id = c.id AND d.state = 'held'),
    (SELECT count(*) FROM unnest(c.recent_at) AS at
      WHERE at > %(now)s - make_interval(secs => c.rate_window_seconds))
FROM channels_channel AS c
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(due_at) AS oldest FROM channels_delivery AS d
    WHERE d.channel_id = c.id AND d.state = 'pending' AND d.due_at <= %(now)s
) AS due
WHERE c.id = ANY(%(channels)s)
"""


def channel_healths(*, channels: Sequence[Channel], now: datetime) -> list[ChannelHealth]:
    """Health of each of ``channels``, in their order, in one query."""
    by_id = {channel.pk: channel for channel in channels}
    with connection.cursor() as cursor:
        cursor.execute(_CHANNELS, {"now": now, "channels": list(by_id)})
        rows = cursor.fetchall()
    found = {
        pk: ChannelHealth(by_id[pk], due, oldest, unknown, held, used, by_id[pk].circuit_open_until)
        for pk, due, oldest, unknown, held, used in rows
    }
    return [found[channel.pk] for channel in channels]


def troubled_channels(*, user: User, now: datetime, limit: int = 50) -> list[ChannelHealth]:
    """The visible channels, those with trouble or backlog first, at most ``limit`` of them."""
    channels = list(Channel.objects.visible_to(user).select_related("team"))
    found = channel_healths(channels=channels, now=now)
    found.sort(
        key=lambda health: (
            health.channel.state == "active",
            -health.unknown_count,
            -health.oldest_due_seconds,
            health.channel.name,
        )
    )
    return found[:limit]
