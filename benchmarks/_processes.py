"""Real workers, beats and a simulator for measurements: started as the supervisor starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.chat_simulator_fixture import SimulatorHandle

ROOT = Path(__file__).resolve().parent.parent
CELERY = [sys.executable, "-m", "celery", "-A", "community_ops"]
WORKER = [
    *CELERY,
    "worker",
    "-c",
    "1",
    "-Q",
    "default,delivery,imports",
    "--without-mingle",
    "--without-gossip",
]
BEAT = [*CELERY, "beat", "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"]


def environment(**extra: str) -> dict[str, str]:
    """This process's environment with the database that it is connected to now."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, **extra}


@contextmanager
def simulator(*arguments: str) -> Iterator[SimulatorHandle]:
    """A chat platform in a process of its own."""
    command = [sys.executable, "-m", "chat_simulator", "--port", "0", "--quit-with-stdin", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        handle = SimulatorHandle(process.stdout.readline().split()[1])
        try:
            yield handle
        finally:
            handle.http.close()
            process.stdin.close()
            process.wait(timeout=10)


@contextmanager
def processes(
    *, workers: int, beats: int, log: Path, **extra: str
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """That many workers and beats, stopped at the end; their output goes to files in ``log``."""
    log.mkdir(parents=True, exist_ok=True)
    commands = [(f"worker{n}", [*WORKER, "-n", f"w{n}@%h"]) for n in range(workers)]
    commands += [(f"beat{n}", [*BEAT, "--pidfile", ""]) for n in range(beats)]
    with ExitStack() as stack:
        running = []
        for name, command in commands:
            output = stack.enter_context((log / f"{name}.log").open("wb"))
            running.append(
                subprocess.Popen(command, cwd=ROOT, env=environment(**extra), stdout=output, stderr=output)
            )
        try:
            yield running
        finally:
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
