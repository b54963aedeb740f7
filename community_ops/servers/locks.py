"""Who uses an embedded server. All by flock, which the kernel drops with its holder, kill -9 included."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ServerError


class LockFile:
    """One advisory lock on one file. Never deletes the file: that would split its holders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._pid = 0

    @property
    def is_held(self) -> bool:
        """True in the process that took it; a forked child does not own its parent's lock."""
        return self._descriptor is not None and self._pid == os.getpid()

    def take(self, *, shared: bool = False) -> bool:
        """Try once. Upgrading a shared lock that somebody else shares fails **and gives it up**."""
        descriptor = self._open() if self._descriptor is None else self._descriptor
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.drop()
            return False
        return True

    def wait(self, *, shared: bool = False, seconds: float) -> bool:
        """Try until it is ours or ``seconds`` have passed."""
        deadline = time.monotonic() + seconds
        while not self.take(shared=shared):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def wait_forever(self) -> None:
        """Sleep in the kernel until nobody else holds it, shared or not."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def _open(self) -> int:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError as error:
            raise ServerError(
                f"{self.path} 属于另一个用户。请用原来的用户运行,或设置 COMMUNITY_OPS_VAR 换一个文件夹。",
                f"{self.path} belongs to another user. Run as that user, or set COMMUNITY_OPS_VAR to another folder.",
            ) from error
        self._descriptor, self._pid = descriptor, os.getpid()
        if os.geteuid() == 0:  # root visits a user's checkout: the file stays the user's
            owner = self.path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def drop(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Users:
    """The live users of one server: each holds a shared lock, the last one out may stop it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._users = LockFile(folder / f"{name}.users")
        self._change = LockFile(folder / f"{name}.change")
        self.keeper = LockFile(folder / f"{name}.keeper")

    @property
    def is_joined(self) -> bool:
        return self._users.is_held

    def join(self) -> None:
        """Be counted. Waits while the last user before us is stopping the server."""
        if not self.is_joined and not self._users.wait(shared=True, seconds=60):
            raise _stuck(self._users.path)

    def leave(self, stop: Callable[[], object]) -> bool:
        """Stop being counted; call ``stop`` if nobody else is. True if it was called."""
        if not self.is_joined:
            return False
        if not self._users.take():
            return False
        try:
            stop()
        finally:
            self._users.drop()
        return True

    def leave_running(self) -> None:
        """Stop being counted and touch nothing."""
        self._users.drop()

    def wait_for_none(self) -> None:
        """Return, holding the lock, when nobody is counted any more."""
        self._users.wait_forever()

    def has_others(self) -> bool:
        """Whether some process is counted now. Only for one who is not counted himself."""
        probe = LockFile(self._users.path)
        free = probe.take()
        probe.drop()
        return not free

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One process at a time starts or prepares the server."""
        if not self._change.wait(seconds=120):
            raise _stuck(self._change.path)
        try:
            yield
        finally:
            self._change.drop()


def _stuck(path: Path) -> ServerError:
    return ServerError(
        f"另一个进程占用着 {path},等了很久也没有放开。请用 fuser 查出并结束它,再试一次。",
        f"Another process has held {path} for too long. Find it (`fuser {path}`), end it and try again.",
    )
