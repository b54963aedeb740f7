"""Writing what happened to a request, fenced by the lease token (D2, D3, D7).

``run_steps`` is the hot path: one round trip records the last successes of all threads and commits ``sending`` with
its Attempt for their next messages. ``settle`` records everything that is not a plain success. Both lock in the
order channel, delivery, attempt, and both may be repeated: a second time changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from apps.channels.drivers.base import Outcome, Verdict
from apps.channels.enums import AttemptOutcome, DeliveryState
from apps.channels.services.facts import record_failures
from apps.channels.services.leasing import Claimed, Lease
from apps.channels.services.lifecycle import disable_gone


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


_CLOSE_ATTEMPT = """
UPDATE channels_attempt SET outcome = %(outcome)s, finished_at = clock_timestamp(), status = %(status)s,
       code = %(code)s, detail = %(detail)s
WHERE delivery_id = %(delivery)s AND number = %(number)s AND lease_token = %(token)s AND outcome = 'started'
"""

_CLOSE_DELIVERY = """
UPDATE channels_delivery SET
    state = %(state)s, leased_until = NULL, reason_code = %(code)s, reason = %(detail)s,
    sent_at = CASE WHEN %(state)s = 'sent' THEN clock_timestamp() END,
    available_at = GREATEST(available_at, clock_timestamp() + make_interval(secs => %(delay)s)),
    updated_at = clock_timestamp()
WHERE id = %(delivery)s AND lease_token = %(token)s AND attempt_count = %(number)s
  AND state IN ('sending', 'unknown')
RETURNING id
"""

#: The rest of the batch goes back, the channel is free for whoever comes next.
_HAND_BACK = """
UPDATE channels_delivery SET state = 'pending', leased_until = NULL, updated_at = clock_timestamp()
WHERE id = ANY(%(messages)s::bigint[]) AND lease_token = %(token)s AND state = 'claimed'
"""

_FREE_CHANNEL = """
UPDATE channels_channel SET
    leased_until = CASE WHEN %(is_last)s THEN NULL ELSE leased_until END,
    recent_at = CASE WHEN %(counts)s THEN recent_at || clock_timestamp() ELSE recent_at END,
    circuit_open_until = CASE WHEN %(rest)s > 0 THEN
        GREATEST(circuit_open_until, clock_timestamp() + make_interval(secs => %(rest)s))
        ELSE circuit_open_until END
WHERE id = %(channel)s AND lease_token = %(token)s AND leased_until IS NOT NULL
"""

_ATTEMPT_OUTCOMES = {
    Outcome.ACCEPTED: AttemptOutcome.ACCEPTED,
    Outcome.RETRY: AttemptOutcome.RETRY,
    Outcome.REFUSED: AttemptOutcome.REFUSED,
    Outcome.CHANNEL_GONE: AttemptOutcome.REFUSED,
    Outcome.AMBIGUOUS: AttemptOutcome.AMBIGUOUS,
}


def settle(finished: Finished, *, rest_of_batch: list[Claimed]) -> bool:
    """Record a verdict of any kind. Returns True if the batch goes on (only this message was at fault).

    Otherwise the rest goes back to pending, so that a later message never overtakes this one, and the channel
    is let go: resting after an unreadable answer, in penalty (D5), or disabled for good (D9).
    """
    started, verdict = finished.started, finished.verdict
    goes_on = verdict.outcome in {Outcome.ACCEPTED, Outcome.REFUSED}
    state = _state_after(finished)
    detail = _sentence(finished)
    values: dict[str, Any] = {
        "delivery": started.message.id,
        "number": started.number,
        "channel": started.lease.channel_id,
        "token": started.lease.token,
        "outcome": AttemptOutcome.NOT_SENT if finished.is_unsent else _ATTEMPT_OUTCOMES[verdict.outcome],
        "state": state,
        "status": finished.status,
        "code": verdict.code[:40],
        "detail": detail[:300],
        "delay": _delay(finished) if state == DeliveryState.PENDING else 0,
        "messages": [message.id for message in rest_of_batch],
        "is_last": not goes_on,
        "counts": not finished.is_unsent,
        "rest": _rest(verdict, finished.is_unsent),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FREE_CHANNEL, values)
        cursor.execute(_CLOSE_DELIVERY, values)
        is_news = cursor.fetchone() is not None
        cursor.execute(_CLOSE_ATTEMPT, values)
        if not goes_on:
            cursor.execute(_HAND_BACK, values)
        if verdict.outcome is Outcome.CHANNEL_GONE:
            disable_gone(channel_id=started.lease.channel_id, token=started.lease.token, detail=detail)
        if is_news and state == DeliveryState.FAILED:
            record_failures([started.message.id])
    return goes_on


def hand_back(
    lease: Lease, messages: list[Claimed], *, unrequested: Started | None = None, is_broken: bool = False
) -> None:
    """Put claimed messages back and let go of the channel. ``unrequested`` was marked as sending but its request
    was never made, which we alone know: it goes back too, as an attempt that was not sent."""
    values: dict[str, Any] = {
        "channel": lease.channel_id,
        "token": lease.token,
        "messages": [message.id for message in messages],
        "is_last": True,
        "counts": False,
        "rest": settings.DELIVERY_REST_SECONDS if is_broken else 0,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FREE_CHANNEL, values)
        if unrequested is not None:
            values |= {
                "delivery": unrequested.message.id,
                "number": unrequested.number,
                "outcome": AttemptOutcome.NOT_SENT,
                "state": DeliveryState.PENDING,
                "status": None,
                "code": "not_sent",
                "detail": _("请求没有发出。"),
                "delay": 0,
            }
            cursor.execute(_CLOSE_DELIVERY, values)
            cursor.execute(_CLOSE_ATTEMPT, values)
        cursor.execute(_HAND_BACK, values)


def put_back(lease: Lease, message: Claimed) -> None:
    """Put one claimed message back that may not be started now, and keep the channel. What became of it meanwhile
    stands: recalled stays recalled, and the next scan says missed or held of the rest (D6, D9)."""
    with connection.cursor() as cursor:
        cursor.execute(_HAND_BACK, {"messages": [message.id], "token": lease.token})


_FAIL_UNSENDABLE = """
UPDATE channels_delivery SET state = 'failed', leased_until = NULL, reason_code = 'content', reason = %s,
       updated_at = clock_timestamp()
WHERE id = %s AND lease_token = %s AND state = 'claimed' RETURNING id
"""


def fail_unsendable(lease: Lease, message: Claimed, *, reason: str) -> None:
    """A message that no request can be built for fails before any attempt."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FAIL_UNSENDABLE, [reason[:300], message.id, lease.token])
        if cursor.fetchone():
            record_failures([message.id])


def backoff(attempts: int) -> timedelta:
    """The wait before try ``attempts + 1`` when the platform names none: 2 s, doubling, at most a minute."""
    return timedelta(seconds=min(60, 2 ** min(attempts, 6)))


def _state_after(finished: Finished) -> DeliveryState:
    if finished.is_unsent:
        return DeliveryState.PENDING
    match finished.verdict.outcome:
        case Outcome.ACCEPTED:
            return DeliveryState.SENT
        case Outcome.RETRY:
            return DeliveryState.PENDING
        case Outcome.REFUSED:
            return DeliveryState.FAILED
        case Outcome.CHANNEL_GONE:
            return DeliveryState.HELD
        case Outcome.AMBIGUOUS:
            is_resent = finished.started.lease.is_at_least_once
            return DeliveryState.PENDING if is_resent else DeliveryState.UNKNOWN


def _delay(finished: Finished) -> float:
    if finished.verdict.retry_after is not None:
        return finished.verdict.retry_after
    return backoff(finished.started.number).total_seconds()


def _rest(verdict: Verdict, is_unsent: bool) -> float:
    if verdict.outcome is Outcome.AMBIGUOUS and not is_unsent:
        return float(settings.DELIVERY_REST_SECONDS)
    if verdict.outcome is Outcome.RETRY and verdict.is_penalty:
        return verdict.retry_after or float(settings.DELIVERY_REST_SECONDS)
    return 0.0


def _sentence(finished: Finished) -> str:
    verdict = finished.verdict
    if finished.is_unsent:
        return _("连接不上：%(detail)s") % {"detail": verdict.detail}
    match verdict.outcome:
        case Outcome.REFUSED | Outcome.CHANNEL_GONE:
            return _("平台拒绝（%(code)s）：%(detail)s") % {"code": verdict.code, "detail": verdict.detail}
        case Outcome.RETRY:
            return _("平台要求稍后再发（%(code)s）：%(detail)s") % {
                "code": verdict.code,
                "detail": verdict.detail,
            }
    return verdict.detail
