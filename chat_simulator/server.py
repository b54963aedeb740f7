"""The simulator as a process: listen, serve, tidy up, stop on Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from chat_simulator.connection import Connection, Hub
from chat_simulator.control import control
from chat_simulator.http import Request
from chat_simulator.page import Page
from chat_simulator.platform_registry import platform_of
from chat_simulator.reception import Reception

SWEEP_SECONDS = 1.0
BEAT_SWEEPS = 15


class PortInUseError(OSError):
    """Somebody already listens there; the message says what to do."""


class Simulator:
    """One chat platform on one address. ``start`` and ``stop`` belong to a running event loop.

    ``clock`` gives epoch seconds. ``auto_register``: a well-formed key nobody registered becomes a
    robot. ``limited=False`` switches every rate limit off. ``journal``: a file that outlives the process.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        auto_register: bool = False,
        limited: bool = True,
        journal: Path | None = None,
    ) -> None:
        self.reception = Reception(clock=clock, auto_register=auto_register, limited=limited, journal=journal)
        self._page = Page(self.reception)
        self._hub = Hub(self.handle)
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.port = 0

    def handle(self, request: Request, connection: Connection) -> bytes | None:
        """Route one request; None when the connection was taken over."""
        platform = platform_of(request.path)
        if platform is not None:
            return self.reception.receive(platform, request, connection)
        if request.path.startswith("/_control/"):
            return control(self.reception, request)
        return self._page.answer(request, connection)

    async def start(self, host: str, port: int) -> None:
        """Listen. Port 0 takes a free one, see ``port``. Raises PortInUseError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._hub.connection, host, port, backlog=1024, reuse_address=True
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"端口 {port} 已被占用：请先停掉占用它的程序，或换一个端口（--port {port + 1}）。"
                raise PortInUseError(errno.EADDRINUSE, message) from None
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweeper = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        sweeps = 0
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._hub.sweep(loop.time())
            sweeps += 1
            if sweeps % BEAT_SWEEPS == 0:
                self.reception.feed.beat()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        if self._server is not None:
            self._server.close()
            self._hub.close_all()
            await self._server.wait_closed()
        if self.reception.journal is not None:
            self.reception.journal.close()


async def _serve(simulator: Simulator, host: str, port: int, *, quit_with_stdin: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    def read_stdin() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stopped.set()

    if quit_with_stdin:
        loop.add_reader(sys.stdin.fileno(), read_stdin)
    await simulator.start(host, port)
    shown = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 (shown, not bound)
    print(f"READY http://{shown}:{simulator.port}", flush=True)  # noqa: T201 (the caller waits for it)
    await stopped.wait()
    await simulator.stop()


def serve(
    host: str = "127.0.0.1",
    port: int = 9000,
    *,
    auto_register: bool = False,
    limited: bool = True,
    journal: Path | None = None,
    quit_with_stdin: bool = False,
) -> None:
    """Run until SIGINT or SIGTERM. Prints ``READY <url>`` once it listens.

    ``quit_with_stdin`` also stops it when standard input closes, so that it cannot outlive the process
    that started it. Raises PortInUseError.
    """
    simulator = Simulator(auto_register=auto_register, limited=limited, journal=journal)
    asyncio.run(_serve(simulator, host, port, quit_with_stdin=quit_with_stdin))
