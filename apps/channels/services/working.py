"""What one thread of a run does: message after message, each committed before its request and after it."""

import logging
import time
from collections.abc import Callable
from functools import partial

import psycopg
from django import db
from django.conf import settings
from django.db import connection, connections
from django.utils.translation import gettext as _

from apps.channels.drivers.base import Outcome, Request
from apps.channels.services.board import Board, Job
from apps.channels.services.committing import GroupCommit
from apps.channels.services.leasing import Claimed
from apps.channels.services.recording import fail_unsendable, hand_back, put_back, settle
from apps.channels.services.sending import Unsendable, perform, prepare
from apps.channels.services.steps import Finished, Started, Step
from apps.core.failpoints import failpoint

logger = logging.getLogger(__name__)

DATABASE_LOST = (psycopg.OperationalError, psycopg.InterfaceError, db.OperationalError, db.InterfaceError)


def work(board: Board, commits: GroupCommit) -> None:
    """Work jobs of ``board`` until there are no more. Runs in a thread with a connection of its own."""
    try:
        _Worker(board, commits).run()
    finally:
        connections.close_all()


def persist[T](write: Callable[[], T]) -> T:
    """Call ``write`` until the database takes it, for ``DELIVERY_RECORD_SECONDS`` and on new connections, so that
    a verdict survives a restart of PostgreSQL. ``write`` must be safe to repeat. Raises the last error."""
    deadline = time.monotonic() + settings.DELIVERY_RECORD_SECONDS
    pause = 0.1
    while True:
        try:
            return write()
        except DATABASE_LOST:
            connection.close()
            if time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 2.0)


class _Worker:
    """``finished`` is a success that is not recorded yet: the next step takes it along, in the same commit."""

    def __init__(self, board: Board, commits: GroupCommit) -> None:
        self.board = board
        self.commits = commits
        self.finished: Finished | None = None

    def run(self) -> None:
        while True:
            # Never wait with a verdict in hand.
            job = self.board.take(wait=self.finished is None)
            if job is None:
                if self.finished is None:
                    return
                self._guarded(self._record_last)
                continue
            try:
                self._guarded(partial(self._work, job))
            finally:
                self.board.done(job)

    def _guarded(self, act: Callable[[], None]) -> None:
        """One job's trouble must not end the thread: its lease runs out, and the next scan takes over."""
        try:
            act()
        except Exception:
            lost, self.finished = self.finished, None
            logger.exception(
                "a delivery job was given up",
                extra={"delivery": lost.started.message.id if lost else None},
            )

    def _work(self, job: Job) -> None:
        while job.messages and not self.board.is_over():
            message = job.messages.popleft()
            request = self._prepare(job, message)
            if request is None:
                continue
            started = self._start(job, message)
            if started is None:
                # Recalled, too late, or the channel was paused: nobody else would ever take it from us.
                persist(lambda: put_back(job.lease, message))  # noqa: B023
                continue
            failpoint("delivery.sending")
            finished = perform(started, request)
            failpoint("delivery.accepted")
            if finished.verdict.outcome is Outcome.ACCEPTED:
                self.finished = finished
                job.sent += 1
            elif not persist(lambda: settle(finished, rest_of_batch=list(job.messages))):  # noqa: B023
                return
        if self.finished is not None and self.finished.started.lease is job.lease and not job.messages:
            return  # the step that records it lets go of the channel too
        if self.finished is not None:
            finished, self.finished = self.finished, None
            is_last = finished.started.lease is not job.lease
            persist(lambda: self.commits.run(Step(finished, is_last=is_last)))
        persist(lambda: hand_back(job.lease, list(job.messages)))

    def _record_last(self) -> None:
        finished, self.finished = self.finished, None
        if finished is not None:
            persist(lambda: self.commits.run(Step(finished, is_last=True)))

    def _prepare(self, job: Job, message: Claimed) -> Request | None:
        try:
            return prepare(job.lease, message)
        except Unsendable as error:
            reason = str(error)
        except Exception as error:
            logger.exception("a request could not be built", extra={"delivery": message.id})
            reason = _("生成请求时出错：%(error)s") % {"error": type(error).__name__}
        persist(lambda: fail_unsendable(job.lease, message, reason=reason))
        return None

    def _start(self, job: Job, message: Claimed) -> Started | None:
        finished, self.finished = self.finished, None
        is_last = finished is not None and finished.started.lease is not job.lease
        try:
            number = self.commits.run(Step(finished, job.lease, message, is_last))
        except DATABASE_LOST:
            connection.close()
            self._recover(job, message, finished, is_last=is_last)
            return None
        return None if number is None else Started(job.lease, message, number)

    def _recover(self, job: Job, message: Claimed, finished: Finished | None, *, is_last: bool) -> None:
        """The database went away during a step: nobody knows what it committed. Write the verdict again, which
        is harmless, and give the whole job back; that no request was made for ``message`` is certain."""
        if finished is not None:
            persist(lambda: self.commits.run(Step(finished, is_last=is_last)))
        unrequested = Started(job.lease, message, message.attempt_count + 1)
        persist(lambda: hand_back(job.lease, [message, *job.messages], unrequested=unrequested))
        job.messages.clear()
