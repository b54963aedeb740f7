"""The ``simulator`` fixture: a real chat platform in a process of its own, clean for every test.

One process a test session (and xdist worker) on a free port; robots, messages, counts, faults and the
clock are reset before each test. The process ends with the one that started it, even if that is killed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent


class SimulatorHandle:
    """A running simulator: ``url`` is its base address, without a final slash."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def robots(self, robots: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Register ``{platform, key, name, groups, secret?, keywords?, limit_per_minute?, state?}``."""
        return self._post("/_control/robots", robots)["robots"]

    def remove(self, key: str) -> None:
        """Throw the robot out of its group: from now on WeCom answers 93000."""
        self.http.delete("/_control/robots", params={"key": key}).raise_for_status()

    def fault(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Order a fault: ``key``, ``platform`` or ``text`` say for whom; ``times`` (default 1, None for
        ever); ``code`` for ``refuse`` and ``http_status``; ``retry_after``, ``ms``."""
        return self._post("/_control/faults", {"kind": kind, **fields})["faults"][0]

    def clear_faults(self) -> None:
        """Lift all faults and drop the connections that a ``hang`` keeps open."""
        self.http.delete("/_control/faults").raise_for_status()

    def messages(self, **filters: Any) -> list[dict[str, Any]]:
        """Every request to a robot, accepted or not, in order of arrival (``key``, ``platform``,
        ``since``, ``text`` as a substring, ``digest``)."""
        return self._get("/_control/messages", filters)["messages"]

    def accepted(self, **filters: Any) -> list[dict[str, Any]]:
        """The messages that really stand in a group."""
        return [message for message in self.messages(**filters) if message["accepted"]]

    def requests(self, **filters: Any) -> dict[str, Any]:
        """Totals and counts per robot; ``matching`` counts the requests that fit the filters."""
        return self._get("/_control/requests", filters)

    def count(self, **filters: Any) -> int:
        """How many requests fit the filters (accepted, refused and faulty ones alike)."""
        return self.requests(**filters)["matching"]

    def advance(self, seconds: float) -> None:
        """Let time pass on the simulator's clock only."""
        self._post("/_control/clock", {"advance": seconds})

    def reset(self, *, keep_robots: bool = False) -> None:
        self._post("/_control/reset", {"keep_robots": keep_robots})

    def _post(self, path: str, payload: Any) -> Any:
        return self._read(self.http.post(path, json=payload))

    def _get(self, path: str, filters: dict[str, Any]) -> Any:
        return self._read(self.http.get(path, params=filters))

    @staticmethod
    def _read(response: httpx.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorHandle]:
    """The process itself; use ``simulator``, which is clean for every test."""
    command = [sys.executable, "-m", "chat_simulator", "--port", "0", "--quit-with-stdin"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["READY"], "the chat simulator did not start"
        handle = SimulatorHandle(ready[1])
        try:
            yield handle
        finally:
            handle.http.close()
            process.stdin.close()
            process.wait(timeout=10)


@pytest.fixture
def simulator(simulator_process: SimulatorHandle) -> SimulatorHandle:
    """A chat platform with no robots, no messages, no faults, and the true time."""
    simulator_process.reset()
    return simulator_process
