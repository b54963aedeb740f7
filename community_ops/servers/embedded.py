"""The embedded PostgreSQL and Valkey of this checkout, shared by every process that needs them.

``database_url()`` and ``redis_url()`` are pure: settings call them. ``ensure_*()`` starts a server, or
joins the one that is up; the last user to leave stops it. A user that is killed is not counted any
more, and a small keeper process stops the server when the last one went that way.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from . import folders, paths, postgres, valkey
from .locks import Users

DATABASE_VARIABLE = "DATABASE_URL"
REDIS_VARIABLE = "REDIS_URL"


class Embedded:
    """One embedded server of one ``var/`` folder, counted by its users."""

    def __init__(self, place: paths.Place, server: postgres.Postgres | valkey.Valkey) -> None:
        self.place = place
        self.server = server
        self.users = Users(place.locks, place.name)

    def ensure(self) -> bool:
        """Be counted as a user and have the server up. True if this call started it.

        Raises:
            ServerError: it cannot be started; the message says what to do.
        """
        folders.make_locks(self.place)
        was_joined = self.users.is_joined
        self.users.join()
        if not was_joined:
            atexit.register(self.release)
        if self.server.is_running():
            return False
        with self.users.changing():
            if self.server.is_running():
                return False
            try:
                self.server.start()
            except BaseException:
                self.release()  # interrupted or failed half-way: leave nothing running behind
                raise
            self._start_keeper()
        return True

    def release(self) -> bool:
        """Stop being counted; stop the server if nobody else is. True if it was stopped."""
        atexit.unregister(self.release)
        return self.users.leave(self.server.stop)

    def force_stop(self) -> None:
        """Stop the server under whoever uses it."""
        atexit.unregister(self.release)
        self.users.leave_running()
        if self.place.locks.is_dir():
            with self.users.changing():
                self.server.stop()

    def is_running(self) -> bool:
        return self.server.is_running()

    def _start_keeper(self) -> None:
        if not self.users.keeper.take():
            return  # the keeper of an earlier start still watches
        self.users.keeper.drop()
        subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, str(Path(__file__).with_name("keeper.py")), self.place.name],
            cwd=paths.ROOT,
            env={"PATH": os.defpath, "COMMUNITY_OPS_VAR": str(self.place.var), **_interpreter()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )


def _interpreter() -> dict[str, str]:
    """What Python itself may need; nothing else, so that no child's mark or secret is handed on."""
    names = ("HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
    return {name: os.environ[name] for name in names if name in os.environ}


_known: dict[Path, dict[str, Embedded]] = {}


def servers(var: Path | None = None, *, durable: bool = True) -> dict[str, Embedded]:
    """``{"postgres": …, "valkey": …}`` of one ``var/`` folder; the same objects for the same folder."""
    var = var or paths.var_dir()
    if var not in _known:
        at, beside = paths.postgres_place(var), paths.valkey_place(var)
        _known[var] = {
            "postgres": Embedded(at, postgres.Postgres(at, durable=durable)),
            "valkey": Embedded(beside, valkey.Valkey(beside)),
        }
    return _known[var]


def database_url() -> str:
    """``DATABASE_URL`` of the embedded PostgreSQL. Starts nothing."""
    return postgres.url(paths.postgres_place())


def redis_url(database: int = 0) -> str:
    """``REDIS_URL`` (Celery's spelling) of the embedded Valkey. Starts nothing."""
    return valkey.url(paths.valkey_place(), database=database)


def redis_client_url(database: int = 0) -> str:
    """The embedded Valkey as redis-py and Django's cache spell it. Starts nothing."""
    return valkey.client_url(paths.valkey_place(), database=database)


def ensure_postgres() -> bool:
    """Have PostgreSQL up until this process ends. True if this call started it."""
    return servers()["postgres"].ensure()


def ensure_valkey() -> bool:
    """Have Valkey up until this process ends. True if this call started it."""
    return servers()["valkey"].ensure()


def stop_postgres() -> bool:
    """Leave; PostgreSQL stops if nobody else uses it. True if it was stopped."""
    return servers()["postgres"].release()


def stop_valkey() -> bool:
    """Leave; Valkey stops if nobody else uses it. True if it was stopped."""
    return servers()["valkey"].release()


def is_running(name: str = "postgres") -> bool:
    """Whether ``postgres`` or ``valkey`` answers now."""
    return servers()[name].is_running()
