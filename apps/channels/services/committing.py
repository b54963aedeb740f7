"""Group commit: the steps of all threads that are ready at the same moment share one statement.

Whoever comes while a connection is free writes at once, so a lone thread waits for nothing; those who come
meanwhile are taken along by the next writer. So a worker may have many threads, which mostly wait for platforms,
and still need two connections and few commits: that is what keeps it near the speed of its HTTP client.
"""

import threading
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.channels.services.steps import Step, run_steps

#: Two, so that a statement is prepared while the one before it is being flushed to disk.
WRITERS = 2


@dataclass(eq=False)
class _Entry:
    step: Step
    number: int | None = None
    error: Exception | None = None
    is_done: bool = False


class GroupCommit:
    """Shared by the threads of one run. Close it when they have ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Entry] = []
        self._connections = [connections.create_connection(DEFAULT_DB_ALIAS) for _ in range(WRITERS)]
        for connection in self._connections:
            connection.inc_thread_sharing()
        self._free = list(self._connections)

    def run(self, step: Step) -> int | None:
        """Commit ``step``, see ``run_steps``. A failure of the shared statement is raised in every thread."""
        entry = _Entry(step)
        with self._changed:
            self._waiting.append(entry)
            # An entry that is neither done nor waiting is in a writer's hands.
            while not entry.is_done and not (self._free and entry in self._waiting):
                self._changed.wait()
            if not entry.is_done:
                connection = self._free.pop()
                batch, self._waiting = self._waiting, []
        if not entry.is_done:
            self._write(batch, connection)
        if entry.error is not None:
            raise entry.error
        return entry.number

    def _write(self, batch: list[_Entry], connection: BaseDatabaseWrapper) -> None:
        numbers: list[int | None] = [None] * len(batch)
        error: Exception | None = None
        try:
            numbers = run_steps([entry.step for entry in batch], using=connection)
        except Exception as failure:
            connection.close()
            error = failure
        with self._changed:
            for entry, number in zip(batch, numbers, strict=True):
                entry.number, entry.error, entry.is_done = number, error, True
            self._free.append(connection)
            self._changed.notify_all()

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
