"""Leasing channels and claiming their due messages (D5, D7).

A worker leases whole channels, not single messages: so a robot's messages stay in order and its pace needs no
talk between workers. Time is the database's; conditions use ``statement_timestamp()``, which is stable, so that
an index can serve them. Only ``upkeep.reap`` frees a lease that has run out, because it
must count the killed request before the channel is given away.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.channels.drivers.registry import all_drivers
from apps.core.secrets import open_token

#: Messages that one lease takes at most; a fast channel is simply leased again.
BATCH = 25

_WITHIN_WINDOW = "at > statement_timestamp() - make_interval(secs => c.rate_window_seconds + %(margin)s)"

#: Free channels whose first pending message may go now. LATERAL reads one index entry per channel, however many
#: million messages lie ahead. ``recent_at`` is trimmed to its window while we are here.
LEASE = f"""
UPDATE channels_channel AS c SET
    lease_token = c.lease_token + 1,
    leased_until = clock_timestamp() + make_interval(secs => %(lease)s),
    recent_at = ARRAY(SELECT at FROM unnest(c.recent_at) AS at WHERE {_WITHIN_WINDOW} ORDER BY at)
FROM (
    SELECT c.id
    FROM channels_channel AS c
    CROSS JOIN LATERAL (
        SELECT d.due_at, d.available_at FROM channels_delivery AS d
        WHERE d.channel_id = c.id AND d.state = 'pending' AND d.due_at <= statement_timestamp()
        ORDER BY d.due_at, d.sequence, d.id LIMIT 1
    ) AS first
    WHERE c.state = 'active'
      AND c.driver = ANY(%(drivers)s)
      AND c.leased_until IS NULL
      AND (c.circuit_open_until IS NULL OR c.circuit_open_until <= statement_timestamp())
      AND first.available_at <= statement_timestamp()
      AND c.rate_limit > (SELECT count(*) FROM unnest(c.recent_at) AS at WHERE {_WITHIN_WINDOW})
    ORDER BY first.due_at, c.id
    LIMIT %(limit)s
    FOR UPDATE OF c SKIP LOCKED
) AS ready
WHERE c.id = ready.id
RETURNING c.id, c.lease_token, c.driver, c.secret, c.signing_secret, c.is_at_least_once,
          c.rate_limit - cardinality(c.recent_at)
"""

#: A second statement, so a second snapshot: what the former holder wrote before it let go is seen. Messages are
#: taken from the front up to the first that must wait, never past it.
CLAIM = """
UPDATE channels_delivery AS d SET
    state = 'claimed', lease_token = chosen.token, updated_at = clock_timestamp(),
    leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM (
    SELECT lease.token, front.id
    FROM unnest(%(channels)s::bigint[], %(tokens)s::bigint[], %(counts)s::int[])
         AS lease(channel_id, token, count)
    CROSS JOIN LATERAL (
        SELECT head.id FROM (
            SELECT p.id, bool_and(p.available_at <= statement_timestamp())
                         OVER (ORDER BY p.due_at, p.sequence, p.id) AS is_free
            FROM (
                SELECT id, due_at, sequence, available_at FROM channels_delivery
                WHERE channel_id = lease.channel_id AND state = 'pending'
                  AND due_at <= statement_timestamp() AND cutoff_at > statement_timestamp()
                ORDER BY due_at, sequence, id LIMIT lease.count
            ) AS p
        ) AS head WHERE head.is_free
    ) AS front
) AS chosen
WHERE d.id = chosen.id AND d.state = 'pending' AND d.due_at <= statement_timestamp()
RETURNING d.id, d.channel_id, d.key, d.recipient, d.address, d.kind, d.content, d.due_at, d.sequence,
          d.attempt_count
"""

_RENEW = """
UPDATE channels_channel AS c SET leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM (
    SELECT c.id FROM channels_channel AS c
    JOIN unnest(%(channels)s::bigint[], %(tokens)s::bigint[]) AS held(channel_id, token)
      ON c.id = held.channel_id AND c.lease_token = held.token
    WHERE c.leased_until IS NOT NULL
    ORDER BY c.id FOR UPDATE OF c SKIP LOCKED
) AS mine
WHERE c.id = mine.id
"""

_LET_GO = """
UPDATE channels_channel SET leased_until = NULL
WHERE (id, lease_token) IN (SELECT * FROM unnest(%(channels)s::bigint[], %(tokens)s::bigint[]))
"""


@dataclass(frozen=True)
class Lease:
    """A channel in hand. ``token`` fences every write that is made on its strength."""

    channel_id: int
    token: int
    driver: str
    secret: str
    signing_secret: str
    is_at_least_once: bool


@dataclass(frozen=True)
class Claimed:
    """A message in hand."""

    id: int
    channel_id: int
    key: str
    recipient: str
    address: str
    kind: str
    content: dict[str, Any]
    due_at: datetime
    sequence: int
    attempt_count: int


def claim(*, limit: int) -> list[tuple[Lease, list[Claimed]]]:
    """Lease up to ``limit`` channels that may send now and claim the messages their pace allows, in order.

    One transaction; channels that another worker is looking at are skipped, not waited for.
    """
    seconds = settings.DELIVERY_LEASE_SECONDS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            LEASE,
            {
                "lease": seconds,
                "limit": limit,
                "margin": settings.DELIVERY_PACE_MARGIN_SECONDS,
                "drivers": [key for key, driver in all_drivers().items() if not driver.is_manual],
            },
        )
        leases: dict[int, Lease] = {}
        counts: dict[int, int] = {}
        for channel_id, token, driver, secret, signing_secret, is_at_least_once, free in cursor.fetchall():
            leases[channel_id] = Lease(
                channel_id, token, driver, open_token(secret), open_token(signing_secret), is_at_least_once
            )
            counts[channel_id] = min(free, BATCH)
        if not leases:
            return []
        messages = _claim_messages(cursor, leases, counts, seconds)
        empty = [lease for lease in leases.values() if lease.channel_id not in messages]
        if empty:
            cursor.execute(_LET_GO, _identities({lease.channel_id: lease.token for lease in empty}))
    return [(leases[channel_id], found) for channel_id, found in messages.items()]


def _claim_messages(
    cursor: Any, leases: Mapping[int, Lease], counts: Mapping[int, int], seconds: float
) -> dict[int, list[Claimed]]:
    tokens = {channel_id: lease.token for channel_id, lease in leases.items()}
    cursor.execute(
        CLAIM,
        {**_identities(tokens), "counts": [counts[channel_id] for channel_id in tokens], "lease": seconds},
    )
    found = [
        Claimed(pk, channel_id, key, recipient, address, kind, json.loads(content), *rest)
        for pk, channel_id, key, recipient, address, kind, content, *rest in cursor.fetchall()
    ]
    found.sort(key=lambda message: (message.due_at, message.sequence, message.id))
    messages: dict[int, list[Claimed]] = defaultdict(list)
    for message in found:
        messages[message.channel_id].append(message)
    return dict(messages)


def renew(held: Mapping[int, int]) -> None:
    """Extend the leases of ``held`` (channel → token) that are still ours."""
    if not held:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {**_identities(held), "lease": settings.DELIVERY_LEASE_SECONDS})


def _identities(tokens: Mapping[int, int]) -> dict[str, list[int]]:
    return {"channels": list(tokens), "tokens": list(tokens.values())}
