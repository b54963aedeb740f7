"""The run of one dispatch: upkeep, claim, and a few threads that send.

Any number of runs may be under way on any number of hosts (D7). A run ends after ``DELIVERY_RUN_SECONDS`` or when
nothing is due, so that its worker process gets to other work and stops soon when asked to; what it still holds
then goes back.
"""

import logging
import threading
import time
from collections import deque

from django.conf import settings
from django.db import connection

from apps.channels.services.board import Board, Job
from apps.channels.services.committing import GroupCommit
from apps.channels.services.leasing import claim, renew
from apps.channels.services.upkeep import tidy
from apps.channels.services.working import DATABASE_LOST, work
from apps.core.failpoints import failpoint

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.25


def dispatch(*, threads: int | None = None, run_seconds: float | None = None) -> int:
    """Send what is due and return how many messages the platforms accepted.

    ``threads`` channels are worked at the same time.
    """
    threads = threads or settings.DELIVERY_THREADS
    seconds = settings.DELIVERY_RUN_SECONDS if run_seconds is None else run_seconds
    tidy()
    jobs = _claim(threads)
    if not jobs:
        return 0
    board = Board(stops_at=time.monotonic() + seconds)
    commits = GroupCommit()
    crew: list[threading.Thread] = []
    try:
        _feed(board, commits, jobs, crew, threads)
    finally:
        board.close()
        _join(board, crew)
        commits.close()
    return board.sent


def _claim(threads: int) -> list[Job]:
    jobs = [Job(lease, deque(messages)) for lease, messages in claim(limit=4 * threads)]
    if jobs:
        failpoint("delivery.claimed")
    return jobs


def _feed(
    board: Board, commits: GroupCommit, jobs: list[Job], crew: list[threading.Thread], threads: int
) -> None:
    """Keep the threads supplied until the time is over or nothing is due and nothing is under way."""
    renewal = _Renewal(board)
    while True:
        board.put(jobs)
        for _number in range(min(len(jobs), threads - len(crew))):
            thread = threading.Thread(target=work, args=[board, commits], name="delivery", daemon=True)
            thread.start()
            crew.append(thread)
        if jobs:
            board.wait_for_room(2 * threads, timeout=_POLL_SECONDS)
        else:
            board.wait_for_change(_POLL_SECONDS)
        renewal.run_if_due()
        if board.is_over():
            return
        was_idle = board.is_idle()
        try:
            has_room = len(board.waiting) < 2 * threads
            jobs = _claim(threads) if has_room else []
        except DATABASE_LOST:
            connection.close()
            logger.warning("the database went away while claiming; trying again")
            time.sleep(_POLL_SECONDS)
            jobs = []
        if not jobs and was_idle:
            return


def _join(board: Board, crew: list[threading.Thread]) -> None:
    renewal = _Renewal(board)
    for thread in crew:
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            renewal.run_if_due()


class _Renewal:
    """Keeps the leases of everything in hand alive, well before they run out."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.every = settings.DELIVERY_LEASE_SECONDS / 3
        self.at = time.monotonic() + self.every

    def run_if_due(self) -> None:
        if time.monotonic() < self.at:
            return
        self.at = time.monotonic() + self.every
        try:
            renew(self.board.held())
        except DATABASE_LOST:
            connection.close()
            logger.warning("leases could not be renewed; trying again")
