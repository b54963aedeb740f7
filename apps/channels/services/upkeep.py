"""What every scan does before it sends: take over from the dead, say what is late, hold, release, hand to people.

Each step is one set-based transaction over partial indexes, so its cost follows what is due, not what exists.
Hence the order by due time, which the indexes have, and ``statement_timestamp()`` in conditions:
``clock_timestamp()`` is volatile, and no index serves that.
Rows that another scan has in hand are skipped, so any number of scans may do this at once (D7).
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.channels.drivers.registry import all_drivers
from apps.channels.models import Channel
from apps.channels.services.facts import record_failures
from apps.channels.services.telling import tell


@dataclass
class Upkeep:
    """How many deliveries each step moved."""

    reclaimed: int = 0
    unknown: int = 0
    missed: int = 0
    released: int = 0
    held: int = 0
    handed_over: int = 0


def tidy() -> Upkeep:
    """Do all steps that are due."""
    done = Upkeep()
    done.reclaimed, done.unknown = reap()
    done.missed = miss()
    done.released = _run(_RELEASE)
    done.held = _run(_HOLD, {"reason": _("通道已暂停或失效，恢复后自动继续。")})
    done.handed_over = _run(_HAND_OVER, {"manual": _manual_drivers()})
    return done


_EXPIRED = """
SELECT id FROM channels_channel WHERE leased_until < statement_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED
"""

_RECLAIM = """
UPDATE channels_delivery SET state = 'pending', leased_until = NULL, updated_at = clock_timestamp()
WHERE channel_id = ANY(%(channels)s) AND state = 'claimed'
"""

#: The request may have arrived. Only a channel that opted in to at-least-once sends it again by itself.
_DOUBT = """
UPDATE channels_delivery AS d SET
    state = CASE WHEN c.is_at_least_once THEN 'pending' ELSE 'unknown' END,
    leased_until = NULL, reason_code = 'lease_expired', reason = %(reason)s, updated_at = clock_timestamp()
FROM channels_channel AS c
WHERE c.id = d.channel_id AND d.channel_id = ANY(%(channels)s) AND d.state = 'sending'
RETURNING d.channel_id
"""

#: A killed request counts against the pace as if it had just ended: it cannot have ended later (D5).
_FREE = """
UPDATE channels_channel SET
    leased_until = NULL,
    recent_at = recent_at || array_fill(
        clock_timestamp(), ARRAY[cardinality(array_positions(%(doubted)s::bigint[], id))])
WHERE id = ANY(%(channels)s)
"""


def reap() -> tuple[int, int]:
    """Take over channels whose lease ran out, i.e. whose worker died (D3, D7).

    What was only claimed is pending again; what was being sent is unknown. Returns both counts.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_EXPIRED)
        channels = [row[0] for row in cursor.fetchall()]
        if not channels:
            return 0, 0
        reason = _("发送途中进程中断，不知道平台收到没有。请到群里看一眼，再标记已发或重发。")
        cursor.execute(_RECLAIM, {"channels": channels})
        reclaimed = cursor.rowcount
        cursor.execute(_DOUBT, {"channels": channels, "reason": reason})
        doubted = [row[0] for row in cursor.fetchall()]
        cursor.execute(_FREE, {"channels": channels, "doubted": doubted})
    return reclaimed, len(doubted)


#: Apart, because each has a partial index of its own.
_WAITING = ("state = 'pending'", "state IN ('held', 'awaiting_person')")

_MISS = """
UPDATE channels_delivery SET
    state = 'missed', reason_code = 'cutoff',
    reason = left(%(reason)s || CASE WHEN reason = '' THEN '' ELSE '（' || reason || '）' END, 300),
    updated_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM channels_delivery
    WHERE {states} AND due_at <= statement_timestamp() AND cutoff_at <= statement_timestamp()
    ORDER BY due_at LIMIT 5000 FOR UPDATE SKIP LOCKED
)
RETURNING id, channel_id, subject
"""


def miss() -> int:
    """Say of what is past its cutoff that it was missed, and tell the channel's people, once a channel (D6)."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows: list[tuple[int, int, str]] = []
        for states in _WAITING:
            cursor.execute(_MISS.format(states=states), {"reason": _("过了截止时间，没有发送。")})
            rows += cursor.fetchall()
        if not rows:
            return 0
        record_failures([row[0] for row in rows])
        by_channel: dict[int, list[tuple[int, str]]] = {}
        for pk, channel_id, subject in rows:
            by_channel.setdefault(channel_id, []).append((pk, subject))
        for channel in Channel.objects.filter(pk__in=by_channel).select_related("owner"):
            _tell_missed(channel, by_channel[channel.pk])
    return len(rows)


def _tell_missed(channel: Channel, missed: list[tuple[int, str]]) -> None:
    first, subject = min(missed)
    tell(
        channel,
        key=f"missed:{channel.pk}:{first}:{len(missed)}",
        text=_("通道“%(channel)s”有 %(count)s 条消息错过了截止时间，没有发出，例如“%(subject)s”。")
        % {"channel": channel.name, "count": len(missed), "subject": subject},
        url=_missed_url(channel),
        level=NoticeLevel.WARNING,
    )


def _missed_url(channel: Channel) -> str:
    try:
        return f"{reverse('admin:channels_delivery_changelist')}?state__exact=missed&channel__id__exact={channel.pk}"
    except NoReverseMatch:
        return ""


_RELEASE = """
UPDATE channels_delivery SET state = 'pending', reason_code = '', reason = '', updated_at = clock_timestamp()
WHERE id IN (
    SELECT d.id FROM channels_delivery AS d JOIN channels_channel AS c ON c.id = d.channel_id
    WHERE d.state = 'held' AND c.state = 'active'
    ORDER BY d.due_at LIMIT 5000 FOR UPDATE OF d SKIP LOCKED
)
"""

_HOLD = """
UPDATE channels_delivery SET
    state = 'held', reason_code = 'channel', reason = %(reason)s, updated_at = clock_timestamp()
WHERE id IN (
    SELECT d.id FROM channels_channel AS c JOIN channels_delivery AS d ON d.channel_id = c.id
    WHERE c.state <> 'active' AND d.state = 'pending' AND d.due_at <= statement_timestamp()
    ORDER BY d.due_at LIMIT 5000 FOR UPDATE OF d SKIP LOCKED
)
"""

_HAND_OVER = """
UPDATE channels_delivery SET state = 'awaiting_person', updated_at = clock_timestamp()
WHERE id IN (
    SELECT d.id FROM channels_channel AS c JOIN channels_delivery AS d ON d.channel_id = c.id
    WHERE c.driver = ANY(%(manual)s) AND c.state = 'active'
      AND d.state = 'pending' AND d.due_at <= statement_timestamp()
    ORDER BY d.due_at LIMIT 5000 FOR UPDATE OF d SKIP LOCKED
)
"""


def _run(sql: str, values: dict[str, Any] | None = None) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or {})
        return cursor.rowcount


def _manual_drivers() -> list[str]:
    return [key for key, driver in all_drivers().items() if driver.is_manual]
