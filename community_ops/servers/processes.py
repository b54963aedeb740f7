"""Looking at other processes, without trusting a number in a file."""

import os
import signal
import time
from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether ``pid`` runs. A zombie does not: it only waits for its parent to notice."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def processes_in(folder: Path) -> set[int]:
    """Live processes whose working folder is ``folder`` (Linux only; empty elsewhere).

    PostgreSQL's postmaster and backends all work in their data folder.
    """
    found: set[int] = set()
    if not PROC.is_dir():
        return found
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder and _state(int(entry.name)) != "Z":
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def can_see_folders() -> bool:
    """Whether :func:`processes_in` can answer on this system."""
    return (PROC / "self" / "cwd").exists()


def wait_gone(pid: int, seconds: float) -> bool:
    """True when ``pid`` has ended within ``seconds``."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(pid: int, *, first: signal.Signals, patience: float) -> None:
    """Ask ``pid`` to end, and kill it when it has not after ``patience`` seconds."""
    for wanted, seconds in ((first, patience), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, wanted)
        except ProcessLookupError:
            return
        if wait_gone(pid, seconds):
            return


def _state(pid: int) -> str:
    try:
        # The command's name is in brackets and may hold anything, so read after the last one.
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
