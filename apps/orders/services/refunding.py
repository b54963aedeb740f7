"""Paying back by machine: each step committed before its request leaves, and after its answer came (as D2, D3).

A refund in doubt is never asked for anew before the provider was asked what became of it; and it is asked for
under the number it had, which an idempotent provider pays once.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.models import move
from apps.core.outbound import NoAnswer, NotSent
from apps.orders.enums import OPEN_REFUND_STATES, REFUND_MOVES, RefundState
from apps.orders.models import Refund
from apps.orders.providers.base import Provider, RefundFacts, RefundOutcome, RefundVerdict
from apps.orders.providers.registry import all_providers, get_provider
from apps.orders.services.beginning import ask
from apps.orders.services.credentials import credentials_of, notify_url
from apps.orders.services.owners import locked
from apps.orders.services.refunds import finish, give_up
from apps.orders.services.telling import refund_url, tell

logger = logging.getLogger(__name__)

#: Longer than any request may take: after that the step counts as lost, and the provider is asked.
_LEASE = timedelta(seconds=60)
_RUN_SECONDS = 20.0
#: WeChat Pay's advice for queries: every minute at first, then 5, 10, 20, 30 minutes apart (doc 4013071041).
_PAUSES = [1, 1, 1, 1, 1, 5, 10, 20, 30]
#: From this attempt on it has taken so long that a person should look.
_TELL_FROM = 8


@dataclass(frozen=True)
class _Step:
    refund: Refund
    attempt: int
    is_query: bool


def process_refunds(*, now: datetime, limit: int = 100) -> int:
    """Take due refunds one step further each; returns how many were taken. Any number may run at once.

    Those that a person pays back are left to the staff page.
    """
    began = time.monotonic()
    taken = 0
    while taken < limit and time.monotonic() - began < _RUN_SECONDS:
        step = _claim(now)
        if step is None:
            break
        taken += 1
        try:
            verdict = _perform(step, now)
        except Exception as error:
            logger.exception("a refund could not be asked for", extra={"refund": step.refund.pk})
            verdict = RefundVerdict(RefundOutcome.AMBIGUOUS, detail=type(error).__name__)
        failpoint("refund.answered")
        _write(step, verdict, now)
    return taken


@transaction.atomic
def _claim(now: datetime) -> _Step | None:
    """Take one due refund by a lease. Its first request goes by ``sending``; what was left in doubt is queried."""
    machines = [key for key, provider in all_providers().items() if not provider.is_refund_by_person]
    refund = (
        Refund.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state__in=OPEN_REFUND_STATES, available_at__lte=now, payment__provider__in=machines)
        .select_related("order", "payment")
        .order_by("available_at", "id")
        .first()
    )
    if refund is None:
        return None
    is_query = refund.state != RefundState.REQUESTED
    attempt = refund.attempt_count + 1
    changes: dict[str, Any] = {"attempt_count": attempt, "available_at": now + _LEASE}
    if is_query:
        Refund.objects.filter(pk=refund.pk).update(**changes)
    else:
        move(refund, RefundState.SENDING, table=REFUND_MOVES, **changes)
    return _Step(refund, attempt, is_query)


def _perform(step: _Step, now: datetime) -> RefundVerdict:
    refund, provider = step.refund, get_provider(step.refund.payment.provider)
    facts = RefundFacts(
        number=refund.number,
        order_number=refund.order.number,
        transaction_no=refund.payment.transaction_no,
        amount=refund.amount,
        paid_amount=refund.payment.amount,
        reason=refund.reason,
    )
    try:
        credentials = credentials_of(provider)
        if step.is_query:
            request = provider.refund_query(facts, credentials=credentials, now=now)
        else:
            url = notify_url(provider)
            request = provider.refund_request(facts, credentials=credentials, notify_url=url, now=now)
        failpoint("refund.sending")
        answer = ask(request)
    except DomainError as error:  # not configured, or a key that cannot be read: nothing has left
        return RefundVerdict(RefundOutcome.BUSY, error.code, str(error.message))
    except NotSent:
        return RefundVerdict(RefundOutcome.BUSY, "not_sent", _("连不上支付渠道。"))
    except NoAnswer:
        return RefundVerdict(RefundOutcome.AMBIGUOUS, "no_answer", _("支付渠道没有回答。"))
    read = provider.read_refund_query if step.is_query else provider.read_refund
    return read(answer, credentials=credentials, now=now)


@transaction.atomic
def _write(step: _Step, verdict: RefundVerdict, now: datetime) -> None:
    """Write the verdict, unless a notice or a later attempt was faster."""
    order = locked(step.refund.order)
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("payment")
        .filter(pk=step.refund.pk, attempt_count=step.attempt, state__in=OPEN_REFUND_STATES)
        .first()
    )
    if refund is None:
        return
    refund.order = order
    match verdict.outcome:
        case RefundOutcome.DONE:
            done_at = min(verdict.done_at or now, now)
            finish(refund, done_at=done_at, provider_no=verdict.provider_no, now=now)
        case RefundOutcome.FAILED:
            give_up(refund, code=verdict.code, detail=verdict.detail, is_closed=verdict.is_closed, now=now)
        case _:
            _wait(refund, _state_after(step, refund, verdict), verdict, now)


def _state_after(step: _Step, refund: Refund, verdict: RefundVerdict) -> RefundState:
    provider: Provider = get_provider(refund.payment.provider)
    match verdict.outcome:
        case RefundOutcome.PROCESSING:
            return RefundState.SENDING
        case RefundOutcome.NOT_FOUND if provider.is_refund_idempotent:
            return RefundState.REQUESTED
        case RefundOutcome.BUSY if not step.is_query:
            return RefundState.REQUESTED
    return RefundState.UNKNOWN


def _wait(refund: Refund, state: RefundState, verdict: RefundVerdict, now: datetime) -> None:
    pause = timedelta(minutes=_PAUSES[min(refund.attempt_count, len(_PAUSES)) - 1])
    is_new_start = verdict.outcome is RefundOutcome.NOT_FOUND and state == RefundState.REQUESTED
    changes: dict[str, Any] = {
        "available_at": now if is_new_start else now + pause,
        "code": verdict.code[:40],
        "error": verdict.detail[:300],
        "provider_no": verdict.provider_no[:64] or refund.provider_no,
    }
    if state == refund.state:
        Refund.objects.filter(pk=refund.pk).update(updated_at=now, **changes)
    else:
        move(refund, state, table=REFUND_MOVES, **changes)
    if refund.attempt_count == _TELL_FROM or verdict.code == "not_configured":
        tell(
            refund.order.team,
            key=f"refund:{refund.pk}:slow",
            text=_("订单 %(order)s 的退款一直没有结果：%(problem)s")
            % {"order": refund.order, "problem": verdict.detail or refund.get_state_display()},
            url=refund_url(refund),
        )
