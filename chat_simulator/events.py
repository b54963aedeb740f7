"""Live updates for the page: Server-Sent Events, gathered for a tenth of a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from chat_simulator.connection import Connection
from chat_simulator.messages import Message

GATHER_SECONDS = 0.1
MAX_GATHERED = 200
MAX_VIEWERS = 64
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nX-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    b"retry: 1000\n\n"
)


class Feed:
    """Who is watching, and what they have not been told yet.

    A burst of more than ``MAX_GATHERED`` messages becomes one ``resync``: the page then asks anew.
    """

    def __init__(self, describe: Callable[[list[Message]], dict[str, Any]]) -> None:
        self._describe = describe
        self._viewers: set[Connection] = set()
        self._gathered: list[Message] = []
        self._resync = False
        self._scheduled = False

    def join(self, connection: Connection) -> bool:
        """Start the stream on a connection; False when there are too many viewers."""
        if len(self._viewers) >= MAX_VIEWERS:
            return False
        self._viewers.add(connection)
        connection.on_lost = lambda: self._viewers.discard(connection)
        connection.stream(_HEAD)
        return True

    def publish(self, message: Message) -> None:
        if self._viewers:
            if len(self._gathered) < MAX_GATHERED:
                self._gathered.append(message)
            else:
                self._resync = True
            self._schedule()

    def resync(self) -> None:
        """Tell the viewers to ask for everything again (robots changed, all was reset)."""
        if self._viewers:
            self._resync = True
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        gathered, self._gathered = self._gathered, []
        if self._resync:
            self._resync = False
            self._send("resync", {})
        elif gathered:
            self._send("messages", self._describe(gathered))

    def _send(self, event: str, value: dict[str, Any]) -> None:
        data = json.dumps(value, separators=(",", ":"))  # ASCII: no line can break out of its event
        self._stream(f"event: {event}\ndata: {data}\n\n".encode())

    def beat(self) -> None:
        """A comment now and then, so that lost viewers are noticed."""
        self._stream(b": beat\n\n")

    def _stream(self, data: bytes) -> None:
        for viewer in list(self._viewers):
            viewer.stream(data)
