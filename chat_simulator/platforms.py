"""What every platform has in common: find the robot, read the content, judge it, word the verdict."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from chat_simulator.http import Request, json_response
from chat_simulator.robots import Robot, Windows


@dataclass(slots=True)
class Content:
    """What a message says: ``text`` for people and tests, ``extra`` for the page.

    ``image`` is (bytes, media type). ``chat`` tells the chats of one robot apart (Telegram).
    """

    kind: str
    text: str
    extra: dict[str, Any] = field(default_factory=dict)
    image: tuple[bytes, str] | None = None
    chat: str = ""


class RefusalError(Exception):
    """The platform says no. ``code`` as on the wire, ``http`` status, ``wait`` in seconds."""

    def __init__(self, code: int, reason: str, *, http: int = 200, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.http = http
        self.wait = wait


class Platform(ABC):
    """One chat platform. Strategies: no state here, everything that changes lives in the Robot."""

    name: str
    windows: Windows = ()
    penalty: float = 0.0
    well_formed: re.Pattern[str]

    @abstractmethod
    def key_of(self, request: Request) -> str | None:
        """The robot's key in this request ("" when it is left out); None: no such address."""

    @abstractmethod
    def unknown(self) -> RefusalError:
        """The refusal for a key nobody has, and for a robot removed from its group."""

    def disabled(self) -> RefusalError:
        return self.unknown()

    @abstractmethod
    def read(self, robot: Robot, request: Request, now: float) -> Content:
        """Check everything but the rate and return the content. Raises RefusalError."""

    def take(self, robot: Robot, content: Content, now: float) -> float:
        """Take a place in the robot's quota: 0, or the seconds to wait."""
        return robot.limiter.take(now)

    @abstractmethod
    def too_fast(self, wait: float) -> RefusalError:
        """The refusal for a robot over its limit, ``wait`` seconds before it may speak again."""

    @abstractmethod
    def success(self, content: Content, message_id: int, now: float) -> bytes:
        """The whole HTTP response for an accepted message."""

    @abstractmethod
    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        """The whole HTTP response for a refused message."""


def part_of(payload: dict[str, Any], name: str, code: int, reason: str, *, http: int = 200) -> dict[str, Any]:
    """The object under ``name``. Raises RefusalError when it is missing or something else."""
    part = payload.get(name)
    if not isinstance(part, dict):
        raise RefusalError(code, reason, http=http)
    return part


def require(condition: object, code: int, reason: str, *, http: int = 200) -> None:
    """Raise RefusalError unless the condition holds."""
    if not condition:
        raise RefusalError(code, reason, http=http)


def read_payload(body: bytes, code: int, reason: str, *, http: int = 200) -> dict[str, Any]:
    """The JSON object of a body. Raises RefusalError for anything else."""
    payload = read_object(body)
    if payload is None:
        raise RefusalError(code, reason, http=http)
    return payload


def read_object(body: bytes) -> dict[str, Any] | None:
    """A JSON object in UTF-8, or None for anything else."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def sized(value: Any) -> tuple[str, int]:
    """A string and its length in UTF-8 bytes; anything else is ("", 0). Lone surrogates become ``?``."""
    if not isinstance(value, str):
        return "", 0
    try:
        return value, len(value.encode())
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
        return value, len(value)


def plain(value: Any, limit: int = 4096) -> str:
    """A string cut to ``limit`` characters, "" for anything else."""
    return sized(value)[0][:limit]


def texts(value: Any, limit: int = 200) -> list[str]:
    """The strings of a list, at most ``limit`` of them; [] for anything else."""
    return [plain(v, 300) for v in value[:limit] if isinstance(v, str)] if isinstance(value, list) else []


def link(value: Any) -> str:
    """An http(s) address, "" for any other scheme or kind."""
    address = plain(value, 2048)
    return address if address.lower().startswith(("http://", "https://")) else ""


def masked_phone(number: str) -> str:
    """``138****0000``: a mention by phone is shown, the phone is not kept."""
    return number if number == "@all" else f"{number[:3]}****{number[-4:]}" if len(number) >= 7 else "****"


def verdict_body(value: dict[str, Any], status: int = 200, wait: float = 0.0) -> bytes:
    """A JSON verdict; with ``wait``, a Retry-After header in whole seconds."""
    headers = (("Retry-After", str(max(1, int(wait + 0.999)))),) if wait else ()
    return json_response(value, status, headers)
