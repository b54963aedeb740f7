"""Notices from providers: who sent them is proven first, then they are taken once."""

import logging
from collections.abc import Mapping
from datetime import datetime

from apps.core.errors import DomainError
from apps.orders.providers.base import BadNotice, PaymentNotice, Provider, RefundNotice, RefundOutcome, Reply
from apps.orders.services.credentials import credentials_of
from apps.orders.services.payments import record_payment
from apps.orders.services.refunds import settle_by_notice

logger = logging.getLogger(__name__)


def take_notice(*, provider: Provider, headers: Mapping[str, str], body: bytes, now: datetime) -> Reply:
    """Read a notice and act on it; returns what the provider is answered. ``headers`` have lower-case names.

    Refused without a trace in the tables: what is forged, expired or unreadable. A repeat is answered as the first.
    """
    try:
        credentials = credentials_of(provider)
        notice = provider.read_notice(headers, body, credentials=credentials, now=now)
    except BadNotice as error:
        logger.warning("a notice was refused", extra={"provider": provider.key, "why": str(error)})
        return provider.reply(problem="bad_notice")
    except DomainError as error:
        return provider.reply(problem=error.code)
    try:
        match notice:
            case PaymentNotice():
                record_payment(
                    provider=provider.key,
                    transaction_no=notice.transaction_no,
                    number=notice.number,
                    amount=notice.amount,
                    paid_at=notice.paid_at,
                    now=now,
                    data=notice.data,
                )
            case RefundNotice():
                _take_refund(notice, now)
    except DomainError as error:
        logger.warning("a notice could not be taken", extra={"provider": provider.key, "why": error.code})
        return provider.reply(problem=error.code)
    return provider.reply()


def _take_refund(notice: RefundNotice, now: datetime) -> None:
    verdict = notice.verdict
    if verdict.outcome not in {RefundOutcome.DONE, RefundOutcome.FAILED}:
        return
    settle_by_notice(
        number=notice.number,
        amount=notice.amount,
        is_done=verdict.outcome is RefundOutcome.DONE,
        is_closed=verdict.is_closed,
        code=verdict.code,
        provider_no=verdict.provider_no,
        now=now,
    )
