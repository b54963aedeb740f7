"""The supervisor's processes: watched, restarted, stopped, and found again after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from community_ops.servers import processes
from community_ops.servers.children import MARK, Child, end_leftovers

pytestmark = pytest.mark.processes

Make = Callable[[str], Child]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(var: Path, said: list[str]) -> Iterator[Make]:
    """``make(code)``: a child that runs this Python code."""
    made: list[Child] = []

    def build(code: str) -> Child:
        environment = {**os.environ, MARK: str(var), "PYTHONUNBUFFERED": "1"}
        child = Child(
            "toy", [sys.executable, "-c", code], environment=environment, log=var / "toy.log", say=said.append
        )
        made.append(child)
        return child

    yield build
    for child in made:
        child.kill()
        child.wait_stopped(0)


def _watch_until(child: Child, condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Watch like the supervisor does; the last verdict of ``watch``."""
    deadline = time.monotonic() + seconds
    verdict = True
    while verdict and not condition() and time.monotonic() < deadline:
        verdict = child.watch()
        time.sleep(0.01)
    return verdict


def test_killed_child_is_restarted_and_said(make: Make, said: list[str]) -> None:
    child = make("import time; time.sleep(60)")
    child.start()
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    assert _watch_until(child, lambda: child.process is not None and child.process.pid != first)
    assert any("SIGKILL" in line and "重启" in line for line in said)


def test_third_quick_death_gives_up_with_the_last_lines(make: Make) -> None:
    child = make("import sys; print('no such table'); sys.exit(3)")
    child.start()
    assert not _watch_until(child, lambda: False)
    assert child.last_lines().splitlines() == ["no such table"] * 3


def test_what_once_ran_well_is_tried_again_for_ever(
    make: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community_ops.servers.children.LONGEST_PAUSE", 0.01)
    child = make("import sys; sys.exit(3)")
    child.start()
    deadline = time.monotonic() + 15
    while len(said) < 5 and time.monotonic() < deadline:
        assert child.watch(gives_up=False)
        time.sleep(0.01)
    assert len(said) == 5


def test_errors_in_the_log_reach_the_terminal(make: Make, said: list[str]) -> None:
    child = make("print('INFO fine'); print('ERROR broken pipe'); import time; time.sleep(60)")
    child.start()
    _watch_until(child, lambda: bool(said))
    assert said == ["toy | ERROR broken pipe"]


def test_child_is_ready_when_its_log_says_so(make: Make) -> None:
    child = make("import sys, time; sys.stdin.read(); print('toy ready.'); time.sleep(60)")
    child.ready_words, child.is_ready = "toy ready.", False
    child.start()
    assert _watch_until(child, lambda: child.is_ready)
    assert child.is_ready


def test_child_that_ignores_the_signal_is_killed_at_the_deadline(make: Make) -> None:
    child = make("import signal, time; signal.signal(15, signal.SIG_IGN); print('ERROR set'); time.sleep(60)")
    child.start()
    _watch_until(child, lambda: "set" in child.last_lines())
    process = child.process
    assert process is not None
    child.ask_to_stop()
    child.wait_stopped(time.monotonic() + 0.2)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="looks for its processes in /proc")
def test_leftovers_of_a_killed_supervisor_are_ended(var: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    environment = {**os.environ, MARK: str(var)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.readline()
        assert end_leftovers(str(var / "another")) == 0
        assert processes.is_alive(left.pid)
        assert end_leftovers(str(var), patience=0.2) == 1
        assert left.wait(5) == -signal.SIGKILL
