"""Webhook: the shop takes the money and tells us with a signed JSON request.

The header ``X-Community-Ops-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "{t}." + body>`` proves who sent it,
with the key both sides agreed on. A payment is ``{"type": "payment", "order": …, "transaction": …, "amount":
"12.50", "paid_at": ISO 8601 with an offset}``, a refund that the shop has finished ``{"type": "refund", "refund":
our number, "transaction": …, "amount": "12.50", "status": "done" | "failed", "reason": …}``.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.numbers import whole
from apps.orders.providers.base import (
    Answer,
    BadNotice,
    Credentials,
    Instructions,
    OrderFacts,
    PaymentNotice,
    RefundNotice,
    RefundOutcome,
    RefundVerdict,
    Reply,
    Request,
)
from apps.orders.providers.by_person import RefundByPerson

SIGNATURE_HEADER = "X-Community-Ops-Signature"
#: A notice older than this, or from further ahead, may be a replay.
WINDOW_SECONDS = 300
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class Webhook(RefundByPerson):
    """Refunds are made in the shop; it may tell us, or a person confirms them here."""

    key = "webhook"
    label = _("店铺收款（Webhook）")
    help_text = _("成员在自有商城付款，商城用约定的密钥签名后通知这里；退款在商城里操作。")
    variables: Mapping[str, str] = {"key": "PAYMENT_WEBHOOK_KEY"}

    def begin(
        self, order: OrderFacts, *, payer: str, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request | Instructions:
        return Instructions("shop", {"order": order.number}, _("请到商城里付款，付款后这里会自动更新。"))

    def read_begin(self, answer: Answer, *, credentials: Credentials, now: datetime) -> Instructions:
        raise NotImplementedError("there is no request")

    def read_notice(
        self, headers: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime
    ) -> PaymentNotice | RefundNotice | None:
        _verify(headers.get(SIGNATURE_HEADER.lower(), ""), body, credentials["key"], now)
        try:
            notice = json.loads(body, parse_float=Decimal)
            kind = notice["type"]
            if kind == "payment":
                return _payment(notice)
            if kind == "refund":
                return _refund(notice, now)
        except (ValueError, KeyError, TypeError, InvalidOperation, RecursionError) as error:
            raise BadNotice(f"unreadable: {type(error).__name__}") from None
        return None

    def reply(self, *, problem: str = "") -> Reply:
        status = {"": 200, "bad_notice": 401}.get(problem, 409)
        return Reply(
            status, json.dumps({"ok": not problem, **({"error": problem} if problem else {})}).encode()
        )


def sign(key: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _verify(header: str, body: bytes, key: str, now: datetime) -> None:
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp = whole(parts.get("t", ""), at_most=10**12)
    if stamp is None:
        raise BadNotice("no signature")
    expected = sign(key, stamp, body).partition(",v1=")[2]
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode()):
        raise BadNotice("wrong signature")
    if abs(now.timestamp() - stamp) > WINDOW_SECONDS:
        raise BadNotice("too old or from the future")


def _payment(notice: dict[str, Any]) -> PaymentNotice:
    paid_at = datetime.fromisoformat(_text(notice["paid_at"], 40))
    if paid_at.tzinfo is None:
        raise ValueError("paid_at needs an offset")
    if not _FIRST_YEAR <= paid_at.year <= _LAST_YEAR:
        raise ValueError("paid_at is no time of a payment")
    return PaymentNotice(
        number=_text(notice["order"], 64),
        transaction_no=_text(notice["transaction"], 64),
        amount=_amount(notice["amount"]),
        paid_at=paid_at,
    )


def _refund(notice: dict[str, Any], now: datetime) -> RefundNotice:
    outcome = {"done": RefundOutcome.DONE, "failed": RefundOutcome.FAILED}[notice["status"]]
    return RefundNotice(
        number=_text(notice["refund"], 32),
        amount=_amount(notice["amount"]),
        verdict=RefundVerdict(
            outcome,
            code=""
            if outcome is RefundOutcome.DONE
            else _text(str(notice.get("reason") or "refused")[:40], 40),
            provider_no=_text(notice["transaction"], 64),
            done_at=now,
        ),
    )


def _text(value: Any, longest: int) -> str:
    """Raises ``ValueError``, also for NUL and halves of surrogate pairs: escapes can spell them, no table holds them."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\x00" in value:
        raise ValueError("not a short text")
    value.encode()
    return value


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError("not an amount")
    amount = Decimal(value)
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("not an amount to the cent")
    return amount


PROVIDER = Webhook()
