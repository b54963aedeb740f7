"""Group commit: the steps of all threads that are ready at the same moment share one statement.

Whoever comes while nobody is writing writes at once, so a lone thread waits for nothing; those who come
meanwhile are taken along by the next writer. One commit for several messages is what keeps a worker near the
speed of its HTTP client.
"""

import threading
from dataclasses import dataclass

from apps.channels.services.recording import Step, run_steps


@dataclass(eq=False)
class _Entry:
    step: Step
    number: int | None = None
    error: Exception | None = None
    is_done: bool = False


class GroupCommit:
    """Shared by the threads of one run; the writer uses its own thread's connection."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Entry] = []
        self._is_writing = False

    def run(self, step: Step) -> int | None:
        """Commit ``step``, see ``run_steps``. A failure of the shared statement is raised in every thread."""
        entry = _Entry(step)
        with self._changed:
            self._waiting.append(entry)
            while self._is_writing and not entry.is_done:
                self._changed.wait()
            if not entry.is_done:
                self._is_writing = True
                batch, self._waiting = self._waiting, []
        if not entry.is_done:
            self._write(batch)
        if entry.error is not None:
            raise entry.error
        return entry.number

    def _write(self, batch: list[_Entry]) -> None:
        numbers: list[int | None] = [None] * len(batch)
        error: Exception | None = None
        try:
            numbers = run_steps([entry.step for entry in batch])
        except Exception as failure:
            error = failure
        with self._changed:
            for entry, number in zip(batch, numbers, strict=True):
                entry.number, entry.error, entry.is_done = number, error, True
            self._is_writing = False
            self._changed.notify_all()
