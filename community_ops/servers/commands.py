"""What ``manage.py`` does before Django: have the servers up that the command needs."""

import os
import sys

from . import embedded
from .environment import is_production, setting
from .errors import ServerError
from .paths import postgres_home

# Commands that neither read nor write rows. All others get the servers: a needless start costs 0.3 s,
# a missing one an error that nobody understands.
WITHOUT_SERVERS = frozenset(
    {
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "startapp",
        "startproject",
        "version",
    }
)


def needs_servers(arguments: list[str]) -> bool:
    """Whether ``manage.py`` with these arguments (without the program's name) touches the database."""
    if not arguments or arguments[0] in WITHOUT_SERVERS:
        return False
    return not {"-h", "--help", "--version"} & set(arguments)


def prepare(arguments: list[str]) -> None:
    """Join or start the embedded servers until this process ends, unless real ones are configured.

    Exits with status 1 and a sentence if that cannot be done.
    """
    if not needs_servers(arguments) or is_production():
        return  # in production, system checks refuse to go on without real servers
    try:
        if not setting(embedded.DATABASE_VARIABLE):
            embedded.ensure_postgres()
            if arguments[0] == "dbshell":
                _lend_psql()
        if not setting(embedded.REDIS_VARIABLE):
            embedded.ensure_valkey()
    except ServerError as error:
        sys.exit(str(error))


def _lend_psql() -> None:
    """``dbshell`` runs ``psql`` by name, and passes on no socket folder."""
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{postgres_home() / 'bin'}"
    os.environ["PGHOST"] = str(embedded.servers()["postgres"].place.socket.parent)
