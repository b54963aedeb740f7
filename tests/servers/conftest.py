"""Folders and processes for tests of the embedded servers."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from community_ops.servers import embedded, paths

ROOT = paths.ROOT


@pytest.fixture
def var() -> Iterator[Path]:
    """An empty ``var/`` whose parents let the servers' user pass (pytest's own folders do not)."""
    folder = Path(tempfile.mkdtemp(prefix="co-"))
    folder.chmod(0o755)
    yield folder
    for server in embedded.servers(folder).values():
        server.force_stop()
    shutil.rmtree(folder)


@pytest.fixture
def another_process(var: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """``another_process("postgres")``: a process that uses that server of ``var`` until it is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        code = (
            "import sys, time\n"
            "from community_ops.servers import embedded\n"
            f"embedded.servers(durable=False)[{name!r}].ensure()\n"
            "print('up', flush=True)\n"
            "sys.stdin.read()\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "COMMUNITY_OPS_VAR": str(var)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
