"""Writing what happened to a request when it was not a plain success (for that see ``steps``).

Fenced by the lease token, locking in the order channel, delivery, attempt as ``steps`` does; a repeat changes
nothing (D3, D7).
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.channels.drivers.base import Outcome, Verdict
from apps.channels.enums import AttemptOutcome, DeliveryState
from apps.channels.services.facts import record_failures
from apps.channels.services.leasing import Claimed, Lease
from apps.channels.services.lifecycle import disable_gone
from apps.channels.services.steps import Finished, Started

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
