"""Real PostgreSQL and Valkey for a test session, in a folder of their own.

Loaded by the root ``conftest.py``: a ``-p`` option would break a bare ``pytest``, which does not look for
modules in the checkout before its options are read. Only the session's first process starts and stops
them: the workers of pytest-xdist, and whatever tests start, get the addresses by their environment.
``DATABASE_URL`` and ``REDIS_URL`` are respected if they are set.
"""

import os

import pytest

from . import embedded, testing
from .errors import ServerError


def pytest_configure(config: pytest.Config) -> None:
    """Start what is not given. Runs before the first test, after Django settings."""
    if hasattr(config, "workerinput") or config.option.help or config.option.collectonly:
        return
    testing.claim_folder()
    servers = embedded.servers(durable=False)
    try:
        if not os.environ.get(embedded.DATABASE_VARIABLE):
            servers["postgres"].ensure()
            _at_end(config, servers["postgres"])
        if not os.environ.get(embedded.REDIS_VARIABLE):
            servers["valkey"].ensure()
            _at_end(config, servers["valkey"])
    except ServerError as error:
        raise pytest.UsageError(str(error)) from error


def _at_end(config: pytest.Config, server: embedded.Embedded) -> None:
    def release() -> None:
        server.release()

    config.add_cleanup(release)
