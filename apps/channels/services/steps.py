"""The hot path: one round trip records the last successes of all threads and commits ``sending`` with its Attempt
for their next messages (D2). Fenced by the lease token (D7); a repeat changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.channels.drivers.base import Verdict
from apps.channels.services.leasing import Claimed, Lease


@dataclass(frozen=True)
class Started:
    """A request that may leave: ``sending`` and Attempt ``number`` are committed."""

    lease: Lease
    message: Claimed
    number: int


@dataclass(frozen=True)
class Finished:
    """A request with its verdict. ``status`` is the HTTP status, None without an answer."""

    started: Started
    verdict: Verdict
    status: int | None = None
    #: No byte left, so the message may go again and the platform's quota is untouched.
    is_unsent: bool = False


@dataclass(frozen=True)
class Step:
    """Record the success ``finished`` and start ``message``; either may be None, and both go in one commit.

    ``is_last``: ``finished`` was the last message of its channel, which is let go.
    """

    finished: Finished | None = None
    lease: Lease | None = None
    message: Claimed | None = None
    is_last: bool = False


#: All steps of several threads at once. The channel's row is the fence: without its token nothing starts.
STEPS = """
WITH step AS (
    SELECT * FROM unnest(
        %(prev)s::bigint[], %(prev_channel)s::bigint[], %(prev_token)s::bigint[], %(prev_number)s::smallint[],
        %(status)s::smallint[], %(code)s::text[], %(detail)s::text[], %(is_last)s::boolean[],
        %(next)s::bigint[], %(next_channel)s::bigint[], %(next_token)s::bigint[])
    AS step(prev, prev_channel, prev_token, prev_number, status, code, detail, is_last,
            next, next_channel, next_token)
), touched AS (
    UPDATE channels_channel AS c SET
        recent_at = CASE WHEN used.has_finished THEN c.recent_at || clock_timestamp() ELSE c.recent_at END,
        leased_until = CASE WHEN used.is_over THEN NULL
                            ELSE clock_timestamp() + make_interval(secs => %(lease)s::float8) END
    FROM (
        SELECT channel_id, token, bool_or(has_finished) AS has_finished, bool_and(is_over) AS is_over
        FROM (SELECT prev_channel, prev_token, true, is_last FROM step WHERE prev IS NOT NULL
              UNION ALL
              SELECT next_channel, next_token, false, false FROM step WHERE next IS NOT NULL
             ) AS use(channel_id, token, has_finished, is_over)
        GROUP BY channel_id, token
    ) AS used
    WHERE c.id = used.channel_id AND c.lease_token = used.token AND c.leased_until IS NOT NULL
    RETURNING c.id, c.lease_token, c.state
), closed_attempt AS (
    UPDATE channels_attempt AS a SET
        outcome = 'accepted', finished_at = clock_timestamp(), status = step.status, code = step.code,
        detail = step.detail
    FROM step
    WHERE a.delivery_id = step.prev AND a.number = step.prev_number AND a.lease_token = step.prev_token
      AND a.outcome = 'started'
), closed AS (
    UPDATE channels_delivery AS d SET
        state = 'sent', sent_at = clock_timestamp(), leased_until = NULL, reason_code = '', reason = '',
        updated_at = clock_timestamp()
    FROM step
    WHERE d.id = step.prev AND d.lease_token = step.prev_token AND d.attempt_count = step.prev_number
      AND d.state IN ('sending', 'unknown')
), opened AS (
    UPDATE channels_delivery AS d SET
        state = 'sending', attempt_count = d.attempt_count + 1, updated_at = clock_timestamp(),
        leased_until = clock_timestamp() + make_interval(secs => %(lease)s::float8)
    FROM step JOIN touched ON touched.id = step.next_channel AND touched.lease_token = step.next_token
    WHERE d.id = step.next AND d.lease_token = step.next_token AND d.state = 'claimed'
      AND d.cutoff_at > clock_timestamp() AND touched.state = 'active'
    RETURNING d.id, d.attempt_count, d.lease_token
)
INSERT INTO channels_attempt (delivery_id, number, lease_token, started_at)
SELECT id, attempt_count, lease_token, clock_timestamp() FROM opened
RETURNING delivery_id, number
"""


def run_steps(steps: Sequence[Step], *, using: BaseDatabaseWrapper | None = None) -> list[int | None]:
    """Commit ``steps`` in one statement, each on a channel of its own, over ``using`` or this thread's connection.

    Returns, for each, the number of the Attempt that now may be made, or None if its message must not be sent:
    recalled, past its cutoff, its channel paused or leased to another. Raises ``psycopg.OperationalError`` or
    ``InterfaceError`` when the database is lost: then nobody knows whether it was committed.
    """
    columns = zip(*(_row(step) for step in steps), strict=True)
    values: dict[str, Any] = dict(zip(_COLUMNS, map(list, columns), strict=True))
    values["lease"] = settings.DELIVERY_LEASE_SECONDS
    wrapper = using or connection
    wrapper.ensure_connection()
    raw: Any = wrapper.connection
    if settings.DELIVERY_PREPARE and raw.prepare_threshold is None:
        raw.prepare_threshold = 1
    # Django's own cursors bind on the client: this statement would be planned anew each time.
    with psycopg.Cursor(raw) as cursor:
        cursor.execute(STEPS, values, prepare=settings.DELIVERY_PREPARE)
        numbers: dict[int, int] = dict(cursor.fetchall())
    return [numbers.get(step.message.id) if step.message else None for step in steps]


_COLUMNS = (
    "prev",
    "prev_channel",
    "prev_token",
    "prev_number",
    "status",
    "code",
    "detail",
    "is_last",
    "next",
    "next_channel",
    "next_token",
)


def _row(step: Step) -> tuple[Any, ...]:
    before: tuple[Any, ...] = (None, None, None, None, None, None, None, False)
    if step.finished:
        started, verdict = step.finished.started, step.finished.verdict
        before = (
            started.message.id,
            started.lease.channel_id,
            started.lease.token,
            started.number,
            step.finished.status,
            verdict.code[:40],
            (verdict.proof or verdict.detail)[:300],
            step.is_last,
        )
    if step.lease and step.message:
        return *before, step.message.id, step.lease.channel_id, step.lease.token
    return *before, None, None, None
