"""Feishu / Lark (飞书) custom bot: ``POST /open-apis/bot/v2/hook/<token>``.

The sign travels in the body: base64(HMAC-SHA256(key="{timestamp}\\n{secret}", msg=b"")), timestamp in
seconds and within one hour. 100 messages a minute and 5 a second; bodies up to 20 KB.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any

from chat_simulator.http import Request, response
from chat_simulator.platforms import (
    Content,
    Platform,
    RefusalError,
    link,
    part_of,
    plain,
    read_payload,
    require,
    sized,
    verdict_body,
)
from chat_simulator.robots import Robot

MAX_BODY = 20 * 1024
SIGN_SECONDS = 3600
_PREFIX = "/open-apis/bot/v2/hook/"

_OK = response(200, b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}')


def sign(secret: str, timestamp: str) -> str:
    """The sign of a timestamp in whole seconds."""
    digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest).decode()


class Feishu(Platform):
    name = "feishu"
    windows = ((5, 1.0), (100, 60.0))
    well_formed = re.compile(r"[0-9A-Za-z-]{8,128}")

    def key_of(self, request: Request) -> str | None:
        return request.path[len(_PREFIX) :] if request.path.startswith(_PREFIX) else None

    def unknown(self) -> RefusalError:
        return RefusalError(19001, "param invalid: incoming webhook access token invalid")

    def read(self, robot: Robot, request: Request, now: float) -> Content:
        require(request.method == "POST", 9499, "Bad Request", http=400)
        require(len(request.body) <= MAX_BODY, 9499, "Bad Request: body over 20 KB", http=400)
        payload = read_payload(request.body, 9499, "Bad Request", http=400)
        if robot.secret:
            _check_sign(robot.secret, payload, now)
        kind = payload.get("msg_type")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise RefusalError(9499, "Bad Request: unknown msg_type", http=400)
        name = "card" if kind == "interactive" else "content"
        content = reader(part_of(payload, name, 9499, "Bad Request: content is empty", http=400))
        require(content.text, 9499, "Bad Request: content is empty", http=400)
        if robot.keywords:
            require(any(word in content.text for word in robot.keywords), 19024, "Key Words Not Found")
        return content

    def too_fast(self, wait: float) -> RefusalError:
        return RefusalError(11232, "frequency limited", wait=wait)

    def success(self, content: Content, message_id: int, now: float) -> bytes:
        return _OK

    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        return verdict_body({"code": error.code, "data": {}, "msg": error.reason}, error.http)


def _check_sign(secret: str, payload: dict[str, Any], now: float) -> None:
    stamp, given = str(payload.get("timestamp", "")), payload.get("sign")
    right = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(int(stamp) - now) <= SIGN_SECONDS
    right = right and isinstance(given, str) and given.isascii()
    right = right and hmac.compare_digest(str(given), sign(secret, stamp))
    require(right, 19021, "sign match fail or timestamp is not within one hour from current time")


def _text(part: dict[str, Any]) -> Content:
    text = sized(part.get("text"))[0]
    return Content("text", text, {"mentions": ["@all"]} if '<at user_id="all"' in text else {})


def _post(part: dict[str, Any]) -> Content:
    posts = part.get("post")
    post = next((p for p in posts.values() if isinstance(p, dict)), {}) if isinstance(posts, dict) else {}
    lines = []
    rows = post.get("content")
    for row in rows[:200] if isinstance(rows, list) else []:
        spans = [span for span in row if isinstance(span, dict)] if isinstance(row, list) else []
        lines.append("".join(_span(span) for span in spans))
    title = plain(post.get("title"))
    return Content("markdown", "\n".join(lines) or title, {"title": title})


def _span(span: dict[str, Any]) -> str:
    text = plain(span.get("text"))
    if span.get("tag") == "a":
        return f"[{text}]({link(span.get('href'))})"
    if span.get("tag") == "at":
        return f"<@{plain(span.get('user_id'), 64)}>"
    return "[图片]" if span.get("tag") == "img" else text


def _image(part: dict[str, Any]) -> Content:
    return Content("text", f"[图片] {plain(part.get('image_key'), 128)}" if part.get("image_key") else "")


def _share(part: dict[str, Any]) -> Content:
    chat = plain(part.get("share_chat_id"), 128)
    return Content("text", f"[群名片] {chat}" if chat else "")


def _interactive(card: dict[str, Any]) -> Content:
    header = card.get("header")
    title = header.get("title") if isinstance(header, dict) else None
    heading = plain(title.get("content")) if isinstance(title, dict) else ""
    body = card.get("body")
    elements = body.get("elements") if isinstance(body, dict) else card.get("elements")
    lines = []
    for element in elements[:100] if isinstance(elements, list) else []:
        if isinstance(element, dict):
            inner = element.get("text")
            lines.append(plain(inner.get("content") if isinstance(inner, dict) else element.get("content")))
    return Content("markdown", "\n".join(x for x in lines if x) or heading or "[卡片]", {"title": heading})


_READERS = {
    "text": _text,
    "post": _post,
    "image": _image,
    "share_chat": _share,
    "interactive": _interactive,
}
