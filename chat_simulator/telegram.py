"""Telegram Bot API: ``POST /bot<token>/sendMessage``.

A robot's ``groups`` are its chat ids; with none registered, every chat exists. One message a second and
20 a minute in a chat, 30 a second for the bot; over it, 429 with ``retry_after``.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from chat_simulator.http import Request, json_response
from chat_simulator.platforms import Content, Platform, RefusalError, read_payload, require, verdict_body
from chat_simulator.robots import Limiter, Robot, Windows

MAX_TEXT = 4096
MAX_CHATS = 2_000
CHAT_WINDOWS: Windows = ((1, 1.0), (20, 60.0))

_PATH = re.compile(r"/bot([^/]{0,200})/([A-Za-z]{1,64})")
_CODE_OR_ADDRESS = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
_RESERVED = re.compile(r"(?<!\\)[#+\-=|{}.!]")


class Telegram(Platform):
    name = "telegram"
    windows = ((30, 1.0),)
    well_formed = re.compile(r"[0-9]{3,20}:[0-9A-Za-z_-]{8,100}")

    def key_of(self, request: Request) -> str | None:
        found = _PATH.fullmatch(request.path)
        return found[1] if found else None

    def unknown(self) -> RefusalError:
        return RefusalError(401, "Unauthorized", http=401)

    def disabled(self) -> RefusalError:
        return RefusalError(403, "Forbidden: bot was kicked from the group chat", http=403)

    def read(self, robot: Robot, request: Request, now: float) -> Content:
        method = request.path.rpartition("/")[2].lower()
        require(method == "sendmessage", 404, "Not Found: method not found", http=404)
        payload = _payload(request)
        chat = payload.get("chat_id")
        chat = str(chat) if isinstance(chat, int | str) and not isinstance(chat, bool) else ""
        require(chat, 400, "Bad Request: chat_id is empty", http=400)
        known = not robot.groups or chat in robot.groups
        require(known and len(chat) <= 64, 400, "Bad Request: chat not found", http=400)
        text = payload.get("text")
        require(isinstance(text, str) and text.strip(), 400, "Bad Request: message text is empty", http=400)
        text = str(text).encode("utf-8", "replace").decode()
        require(len(text) <= MAX_TEXT, 400, "Bad Request: message is too long", http=400)
        mode = payload.get("parse_mode")
        mode = mode.lower() if isinstance(mode, str) else ""
        require(
            mode in {"", "markdown", "markdownv2", "html"},
            400,
            "Bad Request: unsupported parse_mode",
            http=400,
        )
        if mode == "markdownv2":
            _check_escapes(text)
        return Content("markdown" if mode.startswith("markdown") else "text", text, chat=chat)

    def take(self, robot: Robot, content: Content, now: float) -> float:
        if not robot.limiter.windows:
            return 0.0
        chat = robot.chat_limiters.get(content.chat)
        if chat is None:
            if len(robot.chat_limiters) >= MAX_CHATS:
                robot.chat_limiters.clear()
            windows = CHAT_WINDOWS if robot.limit_per_minute is None else robot.limiter.windows
            chat = robot.chat_limiters[content.chat] = Limiter(windows)
        if wait := chat.take(now):
            return wait
        return robot.limiter.take(now) if robot.limit_per_minute is None else 0.0

    def too_fast(self, wait: float) -> RefusalError:
        return RefusalError(429, "Too Many Requests", http=429, wait=wait)

    def success(self, content: Content, message_id: int, now: float) -> bytes:
        chat: dict[str, Any] = {"id": _number(content.chat), "type": "supergroup"}
        result = {"message_id": message_id, "date": int(now), "chat": chat, "text": content.text}
        return json_response({"ok": True, "result": result})

    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.reason}
        if error.code == 429:
            seconds = max(1, int(error.wait + 0.999))
            body["description"] = f"Too Many Requests: retry after {seconds}"
            body["parameters"] = {"retry_after": seconds}
            return verdict_body(body, 429, wait=seconds)
        return verdict_body(body, max(error.http, 400))


def _payload(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.params)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        try:
            form = request.body.decode("utf-8")
            return dict(parse_qsl(form, keep_blank_values=True, max_num_fields=50))
        except ValueError:
            return {}
    return read_payload(request.body, 400, "Bad Request: can't parse JSON object", http=400)


def _check_escapes(text: str) -> None:
    bare = re.sub(r"\|\|", "", _CODE_OR_ADDRESS.sub("", text))
    if found := _RESERVED.search(bare):
        reason = f"character '{found[0]}' is reserved and must be escaped with the preceding '\\'"
        raise RefusalError(400, f"Bad Request: can't parse entities: {reason}", http=400)


def _number(chat: str) -> int | str:
    return int(chat) if re.fullmatch(r"-?[0-9]{1,19}", chat) else chat
