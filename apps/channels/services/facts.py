"""Facts of delivery for the event log.

``post.sent`` is not written in the transaction that records a verdict: it would cost a fifth of the worker's
throughput. A tick derives it, set-based, from ``sent_at``; the key makes repeats harmless. Failures are rare and
are written at once.
"""

from collections.abc import Sequence

from django.db import connection, transaction

#: Longer than any recording transaction may stay open, so that no late commit falls behind the watermark.
_OVERLAP = "interval '2 minutes'"

_RECORD_SENT = f"""
INSERT INTO events_event (occurred_at, recorded_at, kind, key, team_id, subject, data)
SELECT d.sent_at, now(), 'post.sent', 'delivery:' || d.id || ':sent', d.team_id, left(d.key, 80),
       jsonb_build_object('channel', d.channel_id,
                          'late_seconds', round(extract(epoch FROM d.sent_at - d.due_at)::numeric, 1))
FROM channels_delivery AS d
WHERE d.state = 'sent' AND d.sent_at > COALESCE(
    (SELECT max(occurred_at) - {_OVERLAP} FROM events_event WHERE kind = 'post.sent'), '-infinity')
  AND NOT EXISTS (SELECT 1 FROM events_event AS e
                  WHERE e.key = 'delivery:' || d.id || ':sent' AND e.occurred_at = d.sent_at)
ORDER BY d.sent_at
LIMIT %s
ON CONFLICT (key, occurred_at) DO NOTHING
"""

_RECORD_FAILED = """
INSERT INTO events_event (occurred_at, recorded_at, kind, key, team_id, subject, data)
SELECT d.updated_at, now(), 'post.failed', 'delivery:' || d.id || ':' || d.state || ':' || d.attempt_count,
       d.team_id, left(d.key, 80),
       jsonb_build_object('channel', d.channel_id, 'state', d.state, 'code', d.reason_code)
FROM channels_delivery AS d
WHERE d.id = ANY(%s::bigint[])
ON CONFLICT (key, occurred_at) DO NOTHING
"""


@transaction.atomic
def record_sent(*, limit: int = 50_000) -> int:
    """Record ``post.sent`` for messages sent since the last one recorded; returns how many were new."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_SENT, [limit])
        return cursor.rowcount


def record_failures(deliveries: Sequence[int]) -> None:
    """Record ``post.failed`` for deliveries that just failed or were missed, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_FAILED, [list(deliveries)])
