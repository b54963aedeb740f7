"""DingTalk (钉钉) custom robot: ``POST /robot/send?access_token=T[&timestamp=<ms>&sign=S]``.

The sign is base64(HMAC-SHA256(key=secret, msg="{timestamp}\\n{secret}")), timestamp in milliseconds and
within one hour. Over 20 messages a minute the robot is silent for ten minutes.
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
    masked_phone,
    part_of,
    plain,
    read_payload,
    require,
    sized,
    texts,
    verdict_body,
)
from chat_simulator.robots import Robot

MAX_BODY = 20 * 1024
SIGN_SECONDS = 3600

_OK = response(200, b'{"errcode":0,"errmsg":"ok"}')


def sign(secret: str, timestamp_ms: str) -> str:
    """The sign before URL encoding."""
    digest = hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


class DingTalk(Platform):
    name = "dingtalk"
    windows = ((20, 60.0),)
    penalty = 600.0
    well_formed = re.compile(r"[0-9A-Za-z_-]{8,128}")

    def key_of(self, request: Request) -> str | None:
        return request.params.get("access_token", "") if request.path == "/robot/send" else None

    def unknown(self) -> RefusalError:
        return RefusalError(300005, "token is not exist")

    def disabled(self) -> RefusalError:
        return RefusalError(400102, "robot is disabled")

    def read(self, robot: Robot, request: Request, now: float) -> Content:
        require(request.method == "POST", 43002, "require POST method")
        if robot.secret:
            stamp = request.params.get("timestamp", "")
            timely = stamp.isascii() and stamp.isdigit() and len(stamp) <= 16
            timely = timely and abs(int(stamp) / 1000 - now) <= SIGN_SECONDS
            require(timely, 310000, "invalid timestamp")
            given = request.params.get("sign", "").encode()
            require(hmac.compare_digest(given, sign(robot.secret, stamp).encode()), 310000, "sign not match")
        require(len(request.body) <= MAX_BODY, 460101, "message is too long")
        payload = read_payload(request.body, 40035, "缺少参数 json")
        kind = payload.get("msgtype")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise RefusalError(40035, "缺少参数 msgtype, 或类型不受支持")
        content = reader(part_of(payload, str(kind), 40035, f"缺少参数 {kind}"))
        require(content.text, 40035, f"缺少参数 {kind} 的内容")
        if robot.keywords:
            found = any(word in content.text for word in robot.keywords)
            require(found, 310000, "keywords not in content")
        mentions = _mentions(payload.get("at"))
        if mentions:
            content.extra["mentions"] = mentions
        return content

    def too_fast(self, wait: float) -> RefusalError:
        return RefusalError(130101, "send too fast, exceed 20 times per minute", wait=wait)

    def success(self, content: Content, message_id: int, now: float) -> bytes:
        return _OK

    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        body: dict[str, Any] = {"errcode": error.code, "errmsg": error.reason}
        if error.code == 130101:
            body |= {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}
        return verdict_body(body)


def _mentions(at: Any) -> list[str]:
    if not isinstance(at, dict):
        return []
    everyone = ["@all"] if at.get("isAtAll") is True else []
    return everyone + texts(at.get("atUserIds")) + [masked_phone(n) for n in texts(at.get("atMobiles"))]


def _text(part: dict[str, Any]) -> Content:
    return Content("text", sized(part.get("content"))[0])


def _markdown(part: dict[str, Any]) -> Content:
    title, text = plain(part.get("title")), sized(part.get("text"))[0]
    require(title, 40035, "缺少参数 markdown.title")
    return Content("markdown", text, {"title": title})


def _card(title: Any, summary: Any, url: Any, picture: Any) -> dict[str, str]:
    shown = {"title": plain(title, 512), "description": plain(summary, 1024)}
    return shown | {"url": link(url), "picture": link(picture)}


def _link(part: dict[str, Any]) -> Content:
    card = _card(part.get("title"), part.get("text"), part.get("messageUrl"), part.get("picUrl"))
    require(card["url"], 40035, "缺少参数 link.messageUrl")
    return Content("news", card["title"], {"cards": [card]})


def _action_card(part: dict[str, Any]) -> Content:
    buttons = part.get("btns") if isinstance(part.get("btns"), list) else []
    pairs = [(part.get("singleTitle"), part.get("singleURL"))]
    pairs += [(b.get("title"), b.get("actionURL")) for b in buttons or [] if isinstance(b, dict)]
    shown = [{"title": plain(t, 64), "url": link(u)} for t, u in pairs if isinstance(t, str) and t][:10]
    title = plain(part.get("title"))
    return Content("markdown", sized(part.get("text"))[0] or title, {"title": title, "buttons": shown})


def _feed_card(part: dict[str, Any]) -> Content:
    links = part.get("links") if isinstance(part.get("links"), list) else []
    cards = [
        _card(item.get("title"), "", item.get("messageURL"), item.get("picURL"))
        for item in (links or [])[:10]
        if isinstance(item, dict)
    ]
    return Content("news", "\n".join(card["title"] for card in cards), {"cards": cards})


_READERS = {
    "text": _text,
    "markdown": _markdown,
    "link": _link,
    "actionCard": _action_card,
    "feedCard": _feed_card,
}
