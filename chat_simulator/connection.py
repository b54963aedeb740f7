"""One client connection on asyncio: slow, greedy or silent clients cost little.

A head must end within ``HEAD_SECONDS`` of its first byte, a body within ``BODY_SECONDS``, an answer be
read within ``WRITE_SECONDS``; all bodies in waiting share one budget of bytes.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from chat_simulator.http import MAX_HEAD, BadRequestError, Request, json_response, parse_head

MAX_WAITING_BODIES = 256 * 1024 * 1024
MAX_CONNECTIONS = 4096
MAX_PIPELINED = 64 * 1024
HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 75.0
WRITE_SECONDS = 30.0
HOLD_SECONDS = 600.0

Handler = Callable[[Request, "Connection"], bytes | None]


class Hub:
    """What all connections of one server share: the handler, the open set, the body budget."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.connections: set[Connection] = set()
        self.waiting_body_bytes = 0

    def connection(self) -> Connection:
        return Connection(self)

    def sweep(self, now: float) -> None:
        """Close every connection whose deadline (event-loop seconds) has passed."""
        for connection in [c for c in self.connections if c.deadline < now]:
            connection.expire()

    def close_all(self) -> None:
        for connection in list(self.connections):
            connection.reset()


class Connection(asyncio.Protocol):
    """One client. A handler returns the answer, or None when it will call ``answer`` later."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.loop = asyncio.get_running_loop()
        self.deadline = float("inf")
        self.taken_over = False
        self.on_lost: Callable[[], None] | None = None
        self._buffer = b""
        self._body: bytearray | None = None
        self._missing = 0
        self._reserved = 0
        self._request: Request | None = None
        self._writable = True
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        if len(self.hub.connections) >= MAX_CONNECTIONS:
            self._closing = True
            transport.close()
            return
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""
        self.hub.connections.add(self)
        self.deadline = self.loop.time() + IDLE_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._release()
        self.hub.connections.discard(self)
        if self.on_lost is not None:
            self.on_lost()
            self.on_lost = None

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._body is not None:
            self._body += data
            if len(self._body) < self._missing:
                return
            self._buffer = bytes(self._body[self._missing :])
            del self._body[self._missing :]
            body, self._body = bytes(self._body), None
            self._release()
            self._serve(body)
        else:
            self._buffer = self._buffer + data if self._buffer else data
        self._advance()

    def _advance(self) -> None:
        while self._buffer and not self.taken_over and not self._closing and self._writable:
            end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD + 4)
            if end < 0:
                if len(self._buffer) > MAX_HEAD:
                    self._fail(431, "head over 16 KB")
                elif self.deadline - self.loop.time() > HEAD_SECONDS:
                    self.deadline = self.loop.time() + HEAD_SECONDS
                return
            try:
                self._request, length, expects = parse_head(self._buffer[:end])
            except BadRequestError as error:
                self._fail(error.status, error.reason)
                return
            rest = self._buffer[end + 4 :]
            if len(rest) < length:
                self._await_body(rest, length, expects)
                return
            self._buffer = rest[length:]
            self._serve(rest[:length] if length else b"")
        if len(self._buffer) > MAX_PIPELINED and not self._closing:
            self.transport.pause_reading()

    def _await_body(self, rest: bytes, length: int, expects: bool) -> None:
        if self.hub.waiting_body_bytes + length > MAX_WAITING_BODIES:
            self._fail(503, "too many large bodies at once")
            return
        self._reserved = length
        self.hub.waiting_body_bytes += length
        self._body, self._missing, self._buffer = bytearray(rest), length, b""
        self.deadline = self.loop.time() + BODY_SECONDS
        if expects and not rest:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _release(self) -> None:
        self.hub.waiting_body_bytes -= self._reserved
        self._reserved = 0

    def _serve(self, body: bytes) -> None:
        request = self._request
        assert request is not None
        request.body = body
        request.peer = self.peer
        try:
            answer = self.hub.handler(request, self)
        except Exception as error:  # the witness must outlive any nonsense it is sent
            self.loop.call_exception_handler({"message": "request failed", "exception": error})
            self._fail(500, "internal error")
            return
        if answer is None:
            self.taken_over = True
            self.deadline = self.loop.time() + HOLD_SECONDS
        else:
            self.answer(answer)

    def answer(self, data: bytes) -> None:
        """Send the response of the request in hand and go on with the next one."""
        if self._closing or self.transport.is_closing():
            return
        self.transport.write(data)
        if self._request is not None and not self._request.keep_alive:
            self._close()
            return
        self._request = None
        self.deadline = self.loop.time() + IDLE_SECONDS
        if self.taken_over:
            self.taken_over = False
            self.transport.resume_reading()
            self._advance()

    def answer_and_close(self, data: bytes) -> None:
        """Send exactly these bytes (a response cut short, say) and close."""
        if not self._closing:
            self.transport.write(data)
            self._close()

    def stream(self, data: bytes) -> bool:
        """Add to a taken-over response; False when the client has gone or reads too slowly."""
        if self._closing or self.transport.is_closing():
            return False
        if self.transport.get_write_buffer_size() > 1024 * 1024:
            self.reset()
            return False
        self.transport.write(data)
        self.deadline = self.loop.time() + HOLD_SECONDS
        return True

    def reset(self) -> None:
        """Drop the connection with a TCP RST, as a crashed platform would."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and not self._closing:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._closing = True
        self.transport.abort()

    def expire(self) -> None:
        if not self.taken_over and (self._body is not None or self._buffer):
            self._fail(408, "request took too long")
            self.deadline = self.loop.time() + 1.0
        else:
            self.transport.abort()

    def _fail(self, status: int, reason: str) -> None:
        if self._closing:
            self.transport.abort()
            return
        self.transport.write(json_response({"error": reason}, status, (("Connection", "close"),)))
        self._close()

    def _close(self) -> None:
        self._closing = True
        self.deadline = self.loop.time() + WRITE_SECONDS
        self.transport.close()

    def pause_writing(self) -> None:
        self._writable = False
        if not self.taken_over:
            self.deadline = self.loop.time() + WRITE_SECONDS

    def resume_writing(self) -> None:
        self._writable = True
        if not self._closing and not self.taken_over:
            self.deadline = self.loop.time() + IDLE_SECONDS
            self.transport.resume_reading()
            self._advance()
