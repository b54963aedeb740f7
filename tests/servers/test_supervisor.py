"""``make run`` as an operator lives it: up, refused twice, killed, up again with its data, down."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import SystemRandom

import pytest

from community_ops.servers import paths
from community_ops.servers.children import end_leftovers

pytestmark = pytest.mark.processes

Run = Callable[..., subprocess.Popen[str]]


def _free_port() -> int:
    """A port with a free one after it, for the simulator. Below those that the system hands out: between a kill and a
    start both are free for a moment, and another test's connection must not take one of them."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000, 2)
        try:
            for one in (port, port + 1):
                socket.create_server(("127.0.0.1", one)).close()
        except OSError:
            continue
        return port


@pytest.fixture
def run(var: Path) -> Iterator[Run]:
    """``run(port)``: the supervisor with its own ``var/``, as if no server were configured."""
    started: list[subprocess.Popen[str]] = []

    def start(port: int, *command: str) -> subprocess.Popen[str]:
        hidden = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment |= {"COMMUNITY_OPS_VAR": str(var), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "community_ops.servers", "run"))],
            cwd=paths.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    end_leftovers(str(var))


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(text)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_run_survives_kill_and_keeps_data(run: Run, var: Path) -> None:
    port = _free_port()
    first = run(port)
    assert "restarting" not in _read_until(first, "Ctrl-C")
    assert _status(port, "/readyz") == 200
    assert _status(port, "/admin/login/") == 200
    assert _status(port + 1, "/") == 200

    second = run(port + 7)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"http://localhost:{port}" in said
    assert "Ctrl-C" in said

    add = "from apps.accounts.models import Team; Team.objects.create(name='留下来的团队')"
    shell = run(port, "manage.py", "shell", "--no-imports", "-c", add)
    assert shell.wait(60) == 0

    first.kill()
    first.wait()
    third = run(port)
    _read_until(third, "Ctrl-C")
    count = "from apps.accounts.models import Team; print(Team.objects.filter(name='留下来的团队').count())"
    shell = run(port, "manage.py", "shell", "--no-imports", "-c", count)
    assert shell.communicate(timeout=60)[0].strip() == "1"

    third.send_signal(signal.SIGINT)
    said, _ = third.communicate(timeout=60)
    assert third.returncode == 0, said
    assert "Stopped" in said
    assert "restarting" not in said
    assert end_leftovers(str(var)) == 0
    deadline = time.monotonic() + 5
    while (var / "postgres" / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (var / "postgres" / "data" / "postmaster.pid").exists()


def test_busy_port_gets_a_sentence_and_starts_nothing(run: Run, var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = run(port)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"PORT={port + 1} make run" in said
    assert not (var / "postgres").exists()
