"""One process of the product: started, watched through its log file, restarted, stopped."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from . import processes
from .paths import ROOT

QUICK_SECONDS = 20.0
QUICK_DEATHS = 3
LONGEST_PAUSE = 30.0
LOG_BYTES = 10 * 1024 * 1024
# Children carry this variable, so that those of a killed supervisor are found again.
MARK = "COMMUNITY_OPS_RUN"
_ALARM = re.compile(r"\b(?:ERROR|CRITICAL)\b|^Traceback |^\w+(?:\.\w+)*(?:Error|Exception)\b")
_PR_SET_PDEATHSIG = 1


class Child:
    """A long-running process. ``say`` prints one line to the operator.

    ``ready_words``: what its log says when it is at work; empty if nobody has to wait for it.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        environment: dict[str, str],
        log: Path,
        say: Callable[[str], None],
        ready_words: str = "",
    ) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.say = say
        self.ready_words = ready_words
        self.is_ready = not ready_words
        self.process: subprocess.Popen[bytes] | None = None
        self._reader: IO[str] | None = None
        self._started = 0.0
        self._not_before = 0.0
        self._quick_deaths = 0

    def start(self) -> None:
        """Start it, its output appended to its log."""
        self._open_log()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
                preexec_fn=_die_with_parent,
            )
        self._started = time.monotonic()

    def watch(self, *, gives_up: bool = True) -> bool:
        """Show new errors; restart it if it died. False when it died too often to go on.

        Without ``gives_up`` it is tried for ever, with longer pauses: what once ran well is killed by
        something outside (memory, a person), and the others must not stop for it.
        """
        self._show_errors()
        now = time.monotonic()
        if self.process is None:
            if now >= self._not_before:
                self.start()
            return True
        status = self.process.poll()
        if status is None:
            return True
        lived = now - self._started
        self._quick_deaths = self._quick_deaths + 1 if lived < QUICK_SECONDS else 1
        self.process = None
        if gives_up and self._quick_deaths >= QUICK_DEATHS:
            return False
        pause = min(2.0 ** (self._quick_deaths - 1), LONGEST_PAUSE)
        self._not_before = now + pause
        self.say(
            f"{self.name} 意外退出({_reason(status)}),{pause:.0f} 秒后重启。"
            f" {self.name} ended ({_reason(status)}); restarting in {pause:.0f} s. Log: {self.log}"
        )
        return True

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def wait_stopped(self, deadline: float) -> None:
        """Wait until ``deadline`` (monotonic seconds), then kill its whole group."""
        if self.process is not None:
            try:
                self.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        self._show_errors()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except OSError:
            return ""

    def _open_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        if self._reader is None:
            self.log.touch()
            self._reader = self.log.open(encoding="utf-8", errors="replace")
            self._reader.seek(0, os.SEEK_END)

    def _show_errors(self) -> None:
        if self._reader is None:
            return
        lines = self._reader.readlines()
        self.is_ready = self.is_ready or any(self.ready_words in line for line in lines)
        alarms = [line.rstrip() for line in lines if _ALARM.search(line)]
        for line in alarms[:5]:
            self.say(f"{self.name} | {line[:300]}")
        if len(alarms) > 5:
            self.say(f"{self.name} | … +{len(alarms) - 5}: {self.log}")


def end_leftovers(mark: str, *, patience: float = 5.0) -> int:
    """End what a killed supervisor of the same folder left behind (Linux). Returns how many.

    They got a signal when it died; this is for those that did not heed it, or not yet.
    """
    found = [pid for pid in _all_pids() if pid != os.getpid() and _carries(pid, mark)]
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    for pid in found:
        if not processes.wait_gone(pid, max(0.0, deadline - time.monotonic())):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    return len(found)


def _all_pids() -> list[int]:
    if not processes.PROC.is_dir():
        return []
    return [int(entry.name) for entry in processes.PROC.iterdir() if entry.name.isdigit()]


def _carries(pid: int, mark: str) -> bool:
    try:
        variables = (processes.PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(f"{MARK}={mark}") in variables


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _reason(status: int) -> str:
    if status < 0:
        return signal.Signals(-status).name
    return f"exit {status}"
