"""WeChat Pay APIv3 商家转账: money to the member's balance, who confirms it in WeChat (merchant docs 4012716434,
4012716437).

The same ``out_bill_no`` is one transfer however often it is sent. WeChat warns that an answer other than 200 says
nothing certain: the number must be queried before anybody concludes that it was not paid.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.providers.base import PacketFacts, PacketOutcome, PacketVerdict
from apps.orders.providers import wechat_signing as signing
from apps.orders.providers.base import Answer, BadNotice, Credentials, Request

_PATH = "/v3/fund-app/mch-transfer/transfer-bills"
_O = PacketOutcome
_STATES = {
    **dict.fromkeys(
        ("ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "TRANSFERING", "CANCELING"), _O.PROCESSING
    ),
    "SUCCESS": _O.DONE,
    "FAIL": _O.FAILED,
    "CANCELLED": _O.FAILED,
}
_BUSY = {"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED"}
_NOT_FOUND = {"NOT_FOUND", "RECORD_NOT_FOUND", "RESOURCE_NOT_EXISTS"}


class WechatTransfer:
    key = "wechat_transfer"
    label = _("微信商家转账")
    help_text = _("直接转到成员的微信零钱，成员点一下确认收款。单笔上限以商户平台为准。")
    variables: Mapping[str, str] = {
        **{
            name: f"WECHAT_PAY_{name.upper()}"
            for name in ("base", "mchid", "appid", "serial_no", "private_key", "public_key_id", "public_key")
        },
        "scene_id": "WECHAT_TRANSFER_SCENE_ID",
    }
    is_by_person = False
    is_idempotent = True
    identity_kind = "wechat_openid"

    def request(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request:
        content = {
            "appid": credentials["appid"],
            "out_bill_no": packet.number,
            "transfer_scene_id": credentials["scene_id"],
            "openid": packet.payee,
            "transfer_amount": _fen(packet.amount),
            "transfer_remark": packet.reason[:32],
            # What the scene 现金营销 (1000) asks to be told.
            "transfer_scene_report_infos": [
                {"info_type": "活动名称", "info_content": packet.title[:32]},
                {"info_type": "奖励说明", "info_content": packet.reason[:32]},
            ],
        }
        return _request("POST", _PATH, content, credentials, now)

    def read(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict:
        """An answer that is not signed by WeChat says nothing (D4)."""
        found = _object(answer.body)
        code, words = str(found.get("code", ""))[:40], str(found.get("message", ""))[:100]
        try:
            signing.verify(answer.headers, answer.body, credentials=credentials, now=now)
        except BadNotice as error:
            return PacketVerdict(_O.AMBIGUOUS, code or f"http_{answer.status}", str(error))
        if answer.status == 200:
            return _verdict(found)
        if answer.status == 429 or code in _BUSY:
            return PacketVerdict(_O.BUSY, code, words)
        outcome = _O.AMBIGUOUS if answer.status >= 500 else _O.REFUSED
        return PacketVerdict(outcome, code or f"http_{answer.status}", words)

    def query(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request:
        return _request("GET", f"{_PATH}/out-bill-no/{packet.number}", None, credentials, now)

    def read_query(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict:
        """A query that was refused says nothing about the transfer, unless it says that there is none."""
        verdict = self.read(answer, credentials=credentials, now=now)
        if verdict.outcome is not _O.REFUSED:
            return verdict
        is_unknown = answer.status == 404 and verdict.code in _NOT_FOUND
        return PacketVerdict(_O.NOT_FOUND if is_unknown else _O.AMBIGUOUS, verdict.code, verdict.detail)


def _verdict(found: Mapping[str, Any]) -> PacketVerdict:
    state = str(found.get("state", ""))
    package = str(found.get("package_info", ""))
    return PacketVerdict(
        _STATES.get(state, _O.AMBIGUOUS),
        code=state[:40],
        detail=str(found.get("fail_reason", ""))[:100],
        provider_no=str(found.get("transfer_bill_no", ""))[:64],
        data={"package_info": package[:1000]} if package else {},
    )


def _fen(amount: Decimal) -> int:
    fen = amount * 100
    if fen != int(fen):
        raise ValueError(f"{amount} has fractions of a fen")
    return int(fen)


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


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


PROVIDER = WechatTransfer()
