"""WeChat Pay APIv3: JSAPI payments (公众号、小程序), their notices, refunds (merchant docs 4012791856, 4012791862)."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Invalid
from apps.orders.providers import wechat_signing as signing
from apps.orders.providers.base import (
    Answer,
    BadNotice,
    Credentials,
    Instructions,
    OrderFacts,
    PaymentNotice,
    RefundFacts,
    RefundNotice,
    RefundOutcome,
    RefundVerdict,
    Reply,
    Request,
)

_O = RefundOutcome
#: ABNORMAL: the payer's card is gone; the merchant pays it out on WeChat's own pages, or asks again anew.
_STATUSES = {"SUCCESS": _O.DONE, "PROCESSING": _O.PROCESSING, "CLOSED": _O.FAILED, "ABNORMAL": _O.FAILED}
_PAUSE_CODES = {"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED"}
_HOUSE = ZoneInfo("Asia/Shanghai")


class WechatPay:
    """Amounts go in fen. A refund number is paid once, however often it is asked for."""

    key = "wechat_pay"
    label = gettext_lazy("微信支付")
    help_text = gettext_lazy("公众号和小程序里付款，付款和退款都自动到账、自动通知。")
    variables: Mapping[str, str] = {
        name: f"WECHAT_PAY_{name.upper()}"
        for name in (
            *("base", "mchid", "appid", "serial_no"),
            *("private_key", "api_v3_key", "public_key_id", "public_key"),
        )
    }
    is_refund_by_person = False
    is_refund_idempotent = True

    def begin(
        self, order: OrderFacts, *, payer: str, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request | Instructions:
        if not payer:
            raise Invalid(
                _("还不知道你的微信身份。"), hint=_("请在微信里打开并授权，再付款。"), field="payer"
            )
        content: dict[str, Any] = {
            "appid": credentials["appid"],
            "mchid": credentials["mchid"],
            "description": order.title[:127],
            "out_trade_no": order.number,
            "notify_url": notify_url,
            "amount": {"total": to_fen(order.amount), "currency": "CNY"},
            "payer": {"openid": payer},
        }
        if order.pay_before is not None:
            content["time_expire"] = order.pay_before.astimezone(_HOUSE).isoformat(timespec="seconds")
        return _request("POST", "/v3/pay/transactions/jsapi", content, credentials, now)

    def read_begin(self, answer: Answer, *, credentials: Credentials, now: datetime) -> Instructions:
        found = _object(answer.body)
        if answer.status != 200 or not isinstance(found.get("prepay_id"), str):
            raise Invalid(
                _("微信支付没有受理：%(words)s") % {"words": _words(found) or answer.status},
                hint=_("请过一会儿再试，或联系客服。"),
            )
        try:
            signing.verify(answer.headers, answer.body, credentials=credentials, now=now)
        except BadNotice:
            raise Invalid(_("微信支付的回答验签失败。"), hint=_("请联系技术人员检查平台公钥。")) from None
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        package = f"prepay_id={found['prepay_id']}"
        message = f"{credentials['appid']}\n{stamp}\n{nonce}\n{package}\n"
        params = {
            "appId": credentials["appid"],
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signing.sign(message, credentials["private_key"]),
        }
        return Instructions("wechat_jsapi", params)

    def read_notice(
        self, headers: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime
    ) -> PaymentNotice | RefundNotice | None:
        signing.verify(headers, body, credentials=credentials, now=now)
        notice = _object(body)
        resource = notice.get("resource")
        if not isinstance(resource, dict):
            raise BadNotice("no resource")
        found = signing.open_resource(resource, credentials=credentials)
        if found.get("mchid") != credentials["mchid"]:
            raise BadNotice("of another merchant")
        kind = str(notice.get("event_type", ""))
        try:
            if kind == "TRANSACTION.SUCCESS" and found["trade_state"] == "SUCCESS":
                return _payment(found)
            if kind.startswith("REFUND."):
                return RefundNotice(
                    number=str(found["out_refund_no"]),
                    amount=to_yuan(found["amount"]["refund"]),
                    verdict=_verdict(found, str(found["refund_status"])),
                )
        except (KeyError, TypeError, ValueError) as error:
            raise BadNotice(f"unreadable: {type(error).__name__}") from None
        return None

    def reply(self, *, problem: str = "") -> Reply:
        """Anything but 2xx makes WeChat tell us again, for up to a day."""
        if not problem:
            return Reply(204)
        status = 401 if problem == "bad_notice" else 500
        return Reply(status, json.dumps({"code": "FAIL", "message": problem}).encode())

    def refund_request(
        self, refund: RefundFacts, *, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request:
        content = {
            "transaction_id": refund.transaction_no,
            "out_refund_no": refund.number,
            "reason": _shorten(refund.reason, 80),
            "notify_url": notify_url,
            "amount": {
                "refund": to_fen(refund.amount),
                "total": to_fen(refund.paid_amount),
                "currency": "CNY",
            },
        }
        return _request("POST", "/v3/refund/domestic/refunds", content, credentials, now)

    def read_refund(self, answer: Answer, *, credentials: Credentials, now: datetime) -> RefundVerdict:
        """A refusal is final unless WeChat says that it is busy or does not know; an answer that is not signed by
        WeChat says nothing (D4)."""
        found = _object(answer.body)
        code, words = str(found.get("code", "")), _words(found)
        try:
            signing.verify(answer.headers, answer.body, credentials=credentials, now=now)
        except BadNotice as error:
            return RefundVerdict(_O.AMBIGUOUS, code or f"http_{answer.status}", str(error))
        if answer.status == 200:
            return _verdict(found, str(found.get("status", "")))
        if answer.status == 429 or code in _PAUSE_CODES:
            return RefundVerdict(_O.BUSY, code, words)
        if answer.status >= 500:
            return RefundVerdict(_O.AMBIGUOUS, code, words)
        if answer.status == 404 and code == "RESOURCE_NOT_EXISTS":
            return RefundVerdict(_O.FAILED, code, words)
        return RefundVerdict(_O.FAILED, code or f"http_{answer.status}", words)

    def refund_query(self, refund: RefundFacts, *, credentials: Credentials, now: datetime) -> Request:
        return _request("GET", f"/v3/refund/domestic/refunds/{refund.number}", None, credentials, now)

    def read_refund_query(self, answer: Answer, *, credentials: Credentials, now: datetime) -> RefundVerdict:
        """A query that was refused says nothing about the refund."""
        verdict = self.read_refund(answer, credentials=credentials, now=now)
        if answer.status == 200 or verdict.outcome is not _O.FAILED:
            return verdict
        is_unknown_number = answer.status == 404 and verdict.code == "RESOURCE_NOT_EXISTS"
        outcome = _O.NOT_FOUND if is_unknown_number else _O.AMBIGUOUS
        return RefundVerdict(outcome, verdict.code, verdict.detail)


def to_fen(amount: Decimal) -> int:
    """Yuan to fen; raises ``ValueError`` for what is finer."""
    fen = amount * 100
    if fen != int(fen):
        raise ValueError(f"{amount} has fractions of a fen")
    return int(fen)


def to_yuan(fen: int) -> Decimal:
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError("fen are whole")
    return Decimal(fen).scaleb(-2)


def _request(
    method: str, path: str, content: Mapping[str, Any] | None, credentials: Credentials, now: datetime
) -> Request:
    body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Wechatpay-Serial": credentials["public_key_id"],
        "Authorization": signing.authorization(method, path, body, credentials=credentials, now=now),
    }
    return Request(method, credentials["base"].rstrip("/") + path, headers, body)


def _payment(found: dict[str, Any]) -> PaymentNotice:
    """``total`` is the order's amount; what the payer gave himself may be less, where WeChat gave a discount.
    The openid is personal data and is left out."""
    paid_at = datetime.fromisoformat(found["success_time"])
    if paid_at.tzinfo is None or found["amount"].get("currency", "CNY") != "CNY":
        raise ValueError("not CNY, or a time without an offset")
    kept = ("trade_type", "bank_type", "trade_state")
    return PaymentNotice(
        number=str(found["out_trade_no"]),
        transaction_no=str(found["transaction_id"]),
        amount=to_yuan(found["amount"]["total"]),
        paid_at=paid_at,
        data={name: str(found[name])[:32] for name in kept if name in found},
    )


def _verdict(found: dict[str, Any], status: str) -> RefundVerdict:
    outcome = _STATUSES.get(status, _O.AMBIGUOUS)
    done_at = None
    if outcome is _O.DONE and isinstance(found.get("success_time"), str):
        try:
            done_at = datetime.fromisoformat(found["success_time"])
        except ValueError:
            done_at = None
    return RefundVerdict(
        outcome,
        code="" if outcome in {_O.DONE, _O.PROCESSING} else status,
        provider_no=str(found.get("refund_id", ""))[:64],
        done_at=done_at if done_at and done_at.tzinfo else None,
        is_closed=status == "CLOSED",
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(found: Mapping[str, Any]) -> str:
    return str(found.get("message", ""))[:200]


def _shorten(text: str, size: int) -> str:
    """At most ``size`` bytes of UTF-8, at a whole character."""
    return text.encode()[:size].decode(errors="ignore")


PROVIDER = WechatPay()
