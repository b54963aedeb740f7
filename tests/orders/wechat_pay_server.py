"""A stand-in for api.mch.weixin.qq.com: verifies our RSA signatures, signs its answers, seals its notices.

It shares no code with the adapter: what both agree on is the documented protocol.
"""

import json
import re
import secrets
import threading
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MCHID, APPID, SERIAL, KEY_ID = "1900000001", "wx0000000000000001", "5157F09EFDC096DE", "PUB_KEY_ID_0119000000"
API_V3_KEY = "0123456789abcdef0123456789abcdef"
_HEADER = re.compile(r'(\w+)="([^"]*)"')


@cache
def merchant_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def platform_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@dataclass
class WechatPayServer:
    """``faults`` are taken one by one by requests to the refund address; ``paid_out`` counts fen per number."""

    prepaid: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid_out: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> "WechatPayServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self, b"")

            def do_POST(self) -> None:
                outer.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self._lock = threading.Lock()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # --- requests

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self.requests.append((handler.command, handler.path))
            fault = ""
            if handler.path.startswith("/v3/refund/") and handler.command == "POST" and self.faults:
                fault = self.faults.pop(0)
            status, content = self._route(handler, body, fault)
        if fault == "hang":  # it was done, and the answer never comes
            time.sleep(1.2)
            handler.close_connection = True
            return
        payload = b"" if content is None else json.dumps(content).encode()
        handler.send_response(status)
        for name, value in self.signed(payload, forged=fault == "unsigned").items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    def _route(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> tuple[int, dict[str, Any]]:
        if not self._is_signed(handler, body):
            self.refused.append(handler.path)
            return 401, {"code": "SIGN_ERROR", "message": "签名错误"}
        if fault == "busy":
            return 429, {"code": "FREQUENCY_LIMITED", "message": "频率超限"}
        if fault == "system_error":
            return 500, {"code": "SYSTEM_ERROR", "message": "系统错误，请用原单号重试"}
        if fault == "not_enough":
            return 403, {"code": "NOT_ENOUGH", "message": "商户余额不足"}
        content = json.loads(body) if body else {}
        if (handler.command, handler.path) == ("POST", "/v3/pay/transactions/jsapi"):
            if content["appid"] != APPID or content["mchid"] != MCHID or not content["payer"]["openid"]:
                return 400, {"code": "PARAM_ERROR", "message": "参数错误"}
            self.prepaid[content["out_trade_no"]] = content
            return 200, {"prepay_id": f"wx{secrets.token_hex(16)}"}
        if (handler.command, handler.path) == ("POST", "/v3/refund/domestic/refunds"):
            return self._refund(content, fault)
        number = handler.path.removeprefix("/v3/refund/domestic/refunds/")
        if handler.command == "GET" and number in self.refunds:
            return 200, self.refunds[number]
        return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}

    def _refund(self, content: dict[str, Any], fault: str) -> tuple[int, dict[str, Any]]:
        number = content["out_refund_no"]
        if number in self.refunds:
            if self.refunds[number]["amount"]["refund"] != content["amount"]["refund"]:
                return 400, {"code": "INVALID_REQUEST", "message": "金额与原退款单不一致"}
            return 200, self.refunds[number]  # the same number is paid once
        status = {"processing": "PROCESSING", "closed": "CLOSED"}.get(fault, "SUCCESS")
        self.refunds[number] = {
            "refund_id": f"50{secrets.randbelow(10**26):026d}",
            "out_refund_no": number,
            "transaction_id": content["transaction_id"],
            "status": status,
            "amount": content["amount"],
            "success_time": "2026-03-02T10:00:00+08:00",
        }
        if status != "CLOSED":
            self.paid_out[number] = self.paid_out.get(number, 0) + content["amount"]["refund"]
        return 200, self.refunds[number]

    def _is_signed(self, handler: BaseHTTPRequestHandler, body: bytes) -> bool:
        scheme, _space, rest = handler.headers.get("Authorization", "").partition(" ")
        found = dict(_HEADER.findall(rest))
        if (scheme, found.get("mchid"), found.get("serial_no")) != (
            "WECHATPAY2-SHA256-RSA2048",
            MCHID,
            SERIAL,
        ):
            return False
        if abs(time.time() - int(found["timestamp"])) > 24 * 3600:  # tests travel in time
            return False
        message = (
            f"{handler.command}\n{handler.path}\n{found['timestamp']}\n{found['nonce_str']}\n".encode()
            + body
            + b"\n"
        )
        return _verifies(merchant_key(), found["signature"], message)

    # --- what the platform signs

    def signed(self, body: bytes, *, forged: bool = False, at: float | None = None) -> dict[str, str]:
        stamp, nonce = str(int(time.time() if at is None else at)), secrets.token_hex(16)
        key = merchant_key() if forged else platform_key()
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": b64encode(signature).decode(),
            "Wechatpay-Serial": KEY_ID,
        }

    def notice(
        self, event_type: str, content: dict[str, Any], *, key: str = API_V3_KEY, **how: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a notice whose ``content`` is sealed with the APIv3 key."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(key.encode()).encrypt(nonce.encode(), json.dumps(content).encode(), b"transaction")
        body = json.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": "2026-03-02T10:00:00+08:00",
                "resource_type": "encrypt-resource",
                "event_type": event_type,
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": b64encode(sealed).decode(),
                    "associated_data": "transaction",
                    "nonce": nonce,
                },
            }
        ).encode()
        return body, self.signed(body, **how)

    def payment_notice(
        self, number: str, fen: int, *, transaction: str = "", **how: Any
    ) -> tuple[bytes, dict[str, str]]:
        content = {
            "mchid": MCHID,
            "appid": APPID,
            "out_trade_no": number,
            "transaction_id": transaction or f"42{secrets.randbelow(10**26):026d}",
            "trade_type": "JSAPI",
            "trade_state": "SUCCESS",
            "bank_type": "OTHERS",
            "success_time": "2026-03-02T09:30:00+08:00",
            "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
            "amount": {"total": fen, "payer_total": fen, "currency": "CNY", "payer_currency": "CNY"},
        }
        return self.notice("TRANSACTION.SUCCESS", content, **how)

    def refund_notice(self, number: str, *, status: str = "SUCCESS") -> tuple[bytes, dict[str, str]]:
        refund = self.refunds[number]
        content = {
            "mchid": MCHID,
            "out_refund_no": number,
            "refund_id": refund["refund_id"],
            "refund_status": status,
            "success_time": "2026-03-02T10:00:00+08:00",
            "amount": refund["amount"],
        }
        return self.notice(f"REFUND.{status}", content)


def pay_sign_holds(params: dict[str, str]) -> bool:
    """Whether WeChat's client would accept these JSAPI parameters."""
    message = f"{params['appId']}\n{params['timeStamp']}\n{params['nonceStr']}\n{params['package']}\n"
    return _verifies(merchant_key(), params["paySign"], message.encode())


def _verifies(key: rsa.RSAPrivateKey, signature: str, message: bytes) -> bool:
    try:
        key.public_key().verify(b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
