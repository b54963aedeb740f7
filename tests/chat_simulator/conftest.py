"""A simulator inside the test's own process, with a clock that the test turns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_simulator.server import Simulator
from tests.chat_simulator_fixture import SimulatorHandle

START = 1_700_000_000.0


class Clock:
    """Epoch seconds, standing still until told otherwise."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class LocalSimulator(SimulatorHandle):
    """A simulator on a thread: ``clock.now`` is its time, ``errors`` what its event loop reported."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        self.clock = clock
        self.errors: list[dict[str, Any]] = []
        self._options = options
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(10)
        super().__init__(f"http://127.0.0.1:{self.port}")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self._stopped = asyncio.Event()
        simulator = Simulator(clock=self.clock, **self._options)
        await simulator.start("127.0.0.1", 0)
        self.port = simulator.port
        self._ready.set()
        await self._stopped.wait()
        await simulator.stop()

    def stop(self) -> None:
        self.http.close()
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def start() -> Iterator[Callable[..., LocalSimulator]]:
    """Start simulators with options of their own; all stop with the test, none may have failed inside."""
    running: list[LocalSimulator] = []

    def start_one(**options: Any) -> LocalSimulator:
        running.append(LocalSimulator(Clock(), **options))
        return running[-1]

    yield start_one
    for simulator in running:
        simulator.stop()
    assert [error for simulator in running for error in simulator.errors] == []


@pytest.fixture
def local(start: Callable[..., LocalSimulator]) -> LocalSimulator:
    """A simulator whose clock stands at ``START``."""
    return start()


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "journal.jsonl"
