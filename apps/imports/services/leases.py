"""Holding a job: lease, fencing token and progress, on a connection beside the import's transaction (D7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.imports.enums import WORKING_STATES, Phase
from apps.imports.models import ImportJob

LEASE = timedelta(minutes=3)


class LeaseLost(Exception):
    """Another worker has the job now: stop, roll back, write nothing."""


class Cancelled(Exception):
    """A person asked the job to stop: roll back."""


class Lease:
    """The right to work on one job. ``beat`` renews it, publishes progress and hears a cancel.

    It writes on its own connection, so that progress is seen while the import's one transaction is open.
    Inside an outer transaction (tests) nobody could see that, so ``beat`` only checks there.
    """

    def __init__(self, *, job_id: int, token: int, beside: BaseDatabaseWrapper | None) -> None:
        self.job_id = job_id
        self.token = token
        self._beside = beside

    def beat(self, *, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Renew and publish. Raises ``LeaseLost`` or ``Cancelled``."""
        if self._beside is None:
            return
        with self._beside.cursor() as cursor:
            cursor.execute(
                "UPDATE imports_importjob SET leased_until = clock_timestamp() + make_interval(secs => %s), phase = %s,"
                " progress_done = %s, progress_total = %s WHERE id = %s AND lease_token = %s"
                " RETURNING cancel_requested_at IS NOT NULL",
                [LEASE.total_seconds(), phase, done, total, self.job_id, self.token],
            )
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost
        if row[0] and phase is not Phase.REPORTING:
            raise Cancelled


def claim_next(*, job_id: int | None = None) -> tuple[ImportJob, int] | None:
    """Lease the oldest job with work to do that nobody holds (or ``job_id`` if it is one); None if none.

    Any number of workers may ask at once: SKIP LOCKED gives each another job, the token fences off a worker
    that was thought dead. Jobs of one target take turns, since each writes under the target's lock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE imports_importjob SET lease_token = lease_token + 1,"
            " leased_until = clock_timestamp() + make_interval(secs => %(lease)s), attempt_count = attempt_count + 1"
            " WHERE id = (SELECT j.id FROM imports_importjob j WHERE j.state = ANY(%(working)s)"
            "   AND (j.leased_until IS NULL OR j.leased_until < clock_timestamp())"
            "   AND (%(id)s::bigint IS NULL OR j.id = %(id)s)"
            # It would only wait for the other's lock, and keep a worker from sending what is due meanwhile.
            "   AND NOT EXISTS (SELECT 1 FROM imports_importjob o WHERE o.target = j.target AND o.id <> j.id"
            "     AND o.state = ANY(%(working)s) AND o.leased_until >= clock_timestamp())"
            "   ORDER BY j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)"
            " RETURNING id, lease_token",
            {
                "lease": LEASE.total_seconds(),
                "working": [str(state) for state in WORKING_STATES],
                "id": job_id,
            },
        )
        row = cursor.fetchone()
    return (ImportJob.objects.get(pk=row[0]), row[1]) if row else None


@contextmanager
def held(*, job_id: int, token: int) -> Iterator[Lease]:
    """A ``Lease`` with a connection of its own, closed at the end."""
    if connection.in_atomic_block:
        yield Lease(job_id=job_id, token=token, beside=None)
        return
    beside = connection.copy()
    try:
        yield Lease(job_id=job_id, token=token, beside=beside)
    finally:
        beside.close()
