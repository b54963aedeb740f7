"""A generic webhook: ``POST /webhook/<name>`` with any JSON.

With a secret registered, the header ``X-Community-Ops-Signature: t=<unix seconds>,v1=<hex>`` must carry
the HMAC-SHA256 of ``"{t}." + raw body``, at most five minutes old; else 401.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from chat_simulator.http import Request, json_response
from chat_simulator.platforms import Content, Platform, RefusalError, plain, require, verdict_body
from chat_simulator.robots import Robot

SIGN_SECONDS = 300
_PREFIX = "/webhook/"
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_KEPT = ("content-type", "user-agent", "idempotency-key")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Webhook(Platform):
    name = "webhook"
    well_formed = re.compile(r"[0-9A-Za-z_.-]{1,100}")

    def key_of(self, request: Request) -> str | None:
        return request.path[len(_PREFIX) :] if request.path.startswith(_PREFIX) else None

    def unknown(self) -> RefusalError:
        return RefusalError(404, "no such webhook", http=404)

    def disabled(self) -> RefusalError:
        return RefusalError(403, "webhook disabled", http=403)

    def read(self, robot: Robot, request: Request, now: float) -> Content:
        require(request.method == "POST", 405, "use POST", http=405)
        if robot.secret:
            _check_signature(robot.secret, request, now)
        try:
            value = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise RefusalError(400, "body is not JSON", http=400) from None
        headers = {n: v[:500] for n, v in request.headers.items() if n.startswith("x-") or n in _KEPT}
        return Content("json", _gist(value), {"headers": dict(list(headers.items())[:40])})

    def too_fast(self, wait: float) -> RefusalError:
        return RefusalError(429, "too many requests", http=429, wait=wait)

    def success(self, content: Content, message_id: int, now: float) -> bytes:
        return json_response({"ok": True, "id": message_id})

    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        status = max(error.http, 400)
        return verdict_body({"ok": False, "code": error.code, "error": error.reason}, status, wait=error.wait)


def _check_signature(secret: str, request: Request, now: float) -> None:
    found = _SIGNATURE.fullmatch(request.headers.get("x-community-ops-signature", ""))
    require(found, 401, "signature missing or malformed", http=401)
    assert found is not None
    timestamp = int(found[1])
    require(abs(timestamp - now) <= SIGN_SECONDS, 401, "timestamp too old or too new", http=401)
    expected = sign(secret, timestamp, request.body)
    require(hmac.compare_digest(expected, found[0]), 401, "signature does not match", http=401)


def _gist(value: Any) -> str:
    """The part a person would read: the first text field, else the JSON itself."""
    if isinstance(value, dict):
        for name in ("text", "content", "message", "title"):
            inner = value.get(name)
            inner = inner.get("content") if isinstance(inner, dict) else inner
            if isinstance(inner, str) and inner:
                return plain(inner)
    return plain(json.dumps(value, ensure_ascii=False, indent=2))
