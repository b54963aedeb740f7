"""The jobs of one run, shared by its threads."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from apps.channels.services.leasing import Claimed, Lease


@dataclass(eq=False)
class Job:
    """A leased channel with its claimed messages, in order. One thread works it at a time."""

    lease: Lease
    messages: deque[Claimed]
    sent: int = 0


@dataclass
class Board:
    """Hands jobs to threads. ``stops_at`` is on the monotonic clock: after it nothing new is started."""

    stops_at: float
    waiting: deque[Job] = field(default_factory=deque)
    under_way: set[Job] = field(default_factory=set)
    sent: int = 0
    is_closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, jobs: list[Job]) -> None:
        with self.changed:
            self.waiting.extend(jobs)
            self.changed.notify_all()

    def take(self, *, wait: bool) -> Job | None:
        """The next job; None if there is none now, or with ``wait`` if there will be none."""
        with self.changed:
            while not self.waiting:
                if not wait or self.is_closed:
                    return None
                self.changed.wait()
            job = self.waiting.popleft()
            self.under_way.add(job)
            self.changed.notify_all()
            return job

    def done(self, job: Job) -> None:
        with self.changed:
            self.under_way.discard(job)
            self.sent += job.sent
            self.changed.notify_all()

    def close(self) -> None:
        """No more jobs will come: threads end when the last one is done."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()

    def is_over(self) -> bool:
        return time.monotonic() >= self.stops_at

    def is_idle(self) -> bool:
        with self.changed:
            return not self.waiting and not self.under_way

    def wait_for_room(self, room: int, *, timeout: float) -> None:
        """Until fewer than ``room`` jobs wait, or ``timeout`` seconds."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.waiting) < room, timeout)

    def wait_for_change(self, timeout: float) -> None:
        with self.changed:
            self.changed.wait(timeout)

    def held(self) -> dict[int, int]:
        """Channel → token of everything in hand."""
        with self.changed:
            return {job.lease.channel_id: job.lease.token for job in (*self.waiting, *self.under_way)}
