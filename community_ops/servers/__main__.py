"""``python -m community_ops.servers run|status|hold|stop|psql|with``: what ``make`` calls.

``run`` starts everything; ``hold`` only PostgreSQL and Valkey, until Ctrl-C; ``stop`` ends a server that
an interrupted session left; ``psql SQL`` runs one statement; ``with COMMAND…`` runs a command that finds the
servers in ``DATABASE_URL`` and ``REDIS_URL``.
"""

import os
import signal
import subprocess
import sys

from . import checks, embedded
from .environment import setting
from .errors import ServerError
from .supervisor import Supervisor, say


def main(arguments: list[str]) -> int:
    """Exit status."""
    command = arguments[0] if arguments else "run"
    try:
        checks.check_python()
        if command == "run":
            return Supervisor().run()
        if command == "hold":
            embedded.ensure_postgres()
            embedded.ensure_valkey()
            say(f"{embedded.DATABASE_VARIABLE}='{embedded.database_url()}'")
            say(f"{embedded.REDIS_VARIABLE}='{embedded.redis_url()}'")
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        elif command == "status":
            for name, server in embedded.servers().items():
                state = "up" if server.is_running() else "down"
                say(f"{name}: {state}, {server.place.folder}, socket {server.place.socket}")
        elif command == "stop":
            for server in embedded.servers().values():
                server.force_stop()
        elif command == "with" and len(arguments) > 1:
            return _run_with_servers(arguments[1:])
        elif command == "psql" and len(arguments) == 2:
            embedded.ensure_postgres()
            say(embedded.servers()["postgres"].server.psql(arguments[1]))  # type: ignore[union-attr]
        else:
            say(__doc__ or "")
            return 2
    except ServerError as error:
        say(str(error))
        return 1
    return 0


def _run_with_servers(command: list[str]) -> int:
    environment = dict(os.environ)
    if not setting(embedded.DATABASE_VARIABLE):
        embedded.ensure_postgres()
        environment[embedded.DATABASE_VARIABLE] = embedded.database_url()
    if not setting(embedded.REDIS_VARIABLE):
        embedded.ensure_valkey()
        environment[embedded.REDIS_VARIABLE] = embedded.redis_url()
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - the operator's own


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
