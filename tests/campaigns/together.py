"""Many at once: threads with connections of their own, started by one bell."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def together(work: Sequence[Callable[[], Any]], *, threads: int = 16, patience: int = 120) -> list[Any]:
    """Run every call; returns results in order, an exception in place of what was raised.

    Calls are dealt to ``threads`` threads that wait for one another at a barrier first. Connections are closed. ``patience`` in seconds.
    """
    results: list[Any] = [None] * len(work)
    size = min(threads, len(work))
    barrier = threading.Barrier(size)

    def run(worker: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            for index in range(worker, len(work), size):
                try:
                    results[index] = work[index]()
                except Exception as error:
                    results[index] = error
        finally:
            connection.close()

    workers = [threading.Thread(target=run, args=(number,)) for number in range(size)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=patience)
        assert not worker.is_alive(), "a worker hangs: a deadlock that PostgreSQL cannot see"
    return results
