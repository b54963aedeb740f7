"""Faults on request: what a platform does on a bad day, made repeatable."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from chat_simulator.connection import Connection
from chat_simulator.http import Request, response
from chat_simulator.platforms import Platform, RefusalError

KINDS = ("hang", "reset", "refuse", "html", "garbage", "empty", "truncated", "http_status", "slow")
AFTER = "_after_accept"
MAX_FAULTS = 1_000
MAX_SLOW_MS = 600_000

_HTML = "<!doctype html><html><head><title>502</title></head><body><h1>网关错误</h1></body></html>"


class FaultError(ValueError):
    """A fault cannot be read; the message says which field is wrong."""


@dataclass(slots=True)
class Fault:
    """``kind`` without its suffix; ``after_accept``: the message is taken, then the answer fails.

    ``times`` left (None: for ever); empty ``platform``/``key``/``text`` fit everything.
    """

    id: int
    kind: str
    after_accept: bool
    platform: str
    key: str
    text: str
    code: int
    retry_after: int
    ms: int
    times: int | None

    @property
    def name(self) -> str:
        return self.kind + AFTER if self.after_accept else self.kind

    @property
    def takes_message(self) -> bool:
        """Whether the message is accepted although the client may never hear of it."""
        return self.after_accept or self.kind == "slow"

    @property
    def is_silent(self) -> bool:
        return self.kind in {"hang", "reset"}

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.name,
            "platform": self.platform,
            "key": self.key,
            "text": self.text,
            "code": self.code,
            "retry_after": self.retry_after,
            "ms": self.ms,
            "times": self.times,
        }


def _number(item: dict[str, Any], name: str, default: int, top: int) -> int:
    value = item.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= top:
        raise FaultError(f"{name} must be a whole number from 0 to {top}")
    return value


class Faults:
    """The faults in force, oldest first, and the connections they keep hanging."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)
        self._hanging: set[Connection] = set()

    def __iter__(self) -> Any:
        return iter(self._faults)

    def add(self, item: Any) -> Fault:
        """Read ``{kind, platform?, key?, text?, code|status?, retry_after?, ms?, times?}``.

        ``code`` is the platform's code for ``refuse`` and the HTTP status for ``http_status``.
        Raises FaultError.
        """
        if not isinstance(item, dict):
            raise FaultError("a fault must be an object")
        kind = item.get("kind")
        after = isinstance(kind, str) and kind.endswith(AFTER)
        kind = str(kind).removesuffix(AFTER)
        if kind not in KINDS:
            raise FaultError(f"kind must be one of {', '.join(KINDS)}, each also with {AFTER}")
        if after and kind in {"refuse", "slow"}:
            raise FaultError(f"{kind} has no {AFTER} form")
        named = {name: item.get(name) or "" for name in ("platform", "key", "text")}
        if not all(isinstance(value, str) for value in named.values()):
            raise FaultError("platform, key and text must be strings")
        code = next((item[n] for n in ("code", "errcode", "status") if item.get(n) is not None), None)
        if kind in {"refuse", "http_status"} and (isinstance(code, bool) or not isinstance(code, int)):
            raise FaultError(f"{kind} needs a whole number as code")
        if kind == "http_status" and not 200 <= int(code or 0) <= 599:
            raise FaultError("http_status needs a code from 200 to 599")
        if len(self._faults) >= MAX_FAULTS:
            raise FaultError(f"at most {MAX_FAULTS} faults at once")
        times = item.get("times", 1)
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise FaultError("times must be a whole number above 0, or null for ever")
        fault = Fault(
            id=next(self._ids),
            kind=kind,
            after_accept=after,
            **named,
            code=int(code or 0),
            retry_after=_number(item, "retry_after", 0, 86_400),
            ms=_number(item, "ms", 3_000, MAX_SLOW_MS),
            times=times,
        )
        self._faults.append(fault)
        return fault

    def match(self, platform: str, key: str, text: str) -> Fault | None:
        """The oldest fault that fits; it is not spent yet."""
        for fault in self._faults:
            if (
                (not fault.key or fault.key == key)
                and (not fault.platform or fault.platform == platform)
                and (not fault.text or fault.text in text)
            ):
                return fault
        return None

    def spend(self, fault: Fault) -> None:
        """Count one use; a fault used up is gone."""
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self._faults.remove(fault)

    def clear(self, *, fault_id: int = 0, platform: str = "", key: str = "") -> None:
        """Lift faults (all, one, or those of a robot or platform) and let hanging clients go."""
        self._faults = [
            f
            for f in self._faults
            if (fault_id and f.id != fault_id)
            or (platform and f.platform != platform)
            or (key and f.key != key)
        ]
        if not (fault_id or platform or key):
            for connection in list(self._hanging):
                connection.reset()

    def act(
        self,
        fault: Fault,
        answer: bytes,
        platform: Platform,
        request: Request,
        connection: Connection,
        now: float,
    ) -> bytes | None:
        """Answer as the fault wants. ``answer`` is what the platform would have said."""
        match fault.kind:
            case "hang":
                self._hanging.add(connection)
                connection.on_lost = lambda: self._hanging.discard(connection)
                return None
            case "reset":
                connection.reset()
                return None
            case "slow":
                timer = connection.loop.call_later(fault.ms / 1000, connection.answer, answer)
                connection.on_lost = timer.cancel
                return None
            case "truncated":
                connection.answer_and_close(answer[: max(answer.index(b"\r\n\r\n") + 4, len(answer) - 9)])
                return None
            case "refuse":
                return platform.refusal(self.refusal(fault, platform), request, now)
            case "html":
                return response(200, _HTML.encode(), "text/html; charset=utf-8")
            case "garbage":
                return response(200, '{"errcode": 系统繁忙'.encode("gbk") + b"\x00\xff\xfe")
            case "empty":
                return response(200, b"")
        headers = (("Retry-After", str(fault.retry_after)),) if fault.retry_after else ()
        return response(fault.code, _HTML.encode(), "text/html; charset=utf-8", headers)

    @staticmethod
    def refusal(fault: Fault, platform: Platform) -> RefusalError:
        """The refusal that a ``refuse`` fault stands for; rate codes carry the platform's wait."""
        limit = platform.too_fast(fault.retry_after or platform.penalty or 60.0)
        if limit.code == fault.code:
            return limit
        known = platform.unknown()
        if known.code == fault.code:
            return known
        http = fault.code if 400 <= fault.code <= 599 else 200
        return RefusalError(fault.code, "refused by an injected fault", http=http)
