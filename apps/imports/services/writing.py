"""Writing the checked rows: one transaction, in batches, counted from what was written (M1)."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import connection

from apps.core.failpoints import failpoint
from apps.imports.enums import Outcome, Phase
from apps.imports.services.leases import Lease
from apps.imports.services.problems import rejecting_codes
from apps.imports.services.running import BATCH_ROWS, LATE, REPEATS, Batch, Run
from apps.imports.services.targets import Step, Target

_WAIT = 0.5  # seconds between two tries for the target's lock


@dataclass(frozen=True, kw_only=True)
class Counts:
    """M1: ``read`` is the sum of the other four. All are counts of rows of the file."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def write_rows(*, run: Run, target: Target, lease: Lease) -> Counts:
    """Run the target's steps over all rows in the caller's transaction and count what became of each row.

    One transaction for all: a kill or a cancel leaves nothing half written, and readers see all or nothing.
    Progress goes out on the lease's own connection. Raises ``Cancelled`` and ``LeaseLost`` between batches.
    """
    _take_turn(target, lease)
    # Checked at once instead of all at the commit: a queue of millions of deferred triggers is memory and
    # a bar that stands still at 100 %.
    run.execute("SET CONSTRAINTS ALL IMMEDIATE")
    run.execute("SET LOCAL random_page_cost = 1.1")
    run.execute("SET LOCAL jit = off")
    # Also what a trigram index may collect before it is sorted in.
    run.execute("SET LOCAL work_mem = '64MB'")
    batches = _batches(run)
    total = sum(batch.count for batch in batches)
    steps = target.steps_for(run.mapped)
    lease.beat(phase=Phase.WRITING, done=0, total=total)
    for step in steps:
        step.prepare(run)
    done = 0
    for batch in batches:
        if batch.number & (batch.number - 1) == 0:
            _learn_sizes(run, steps)
        if batch.is_repeat:
            _follow_carriers(run, target, batch)
        for step in steps:
            step.write(run, batch)
        failpoint("import.batch")
        done += batch.count
        lease.beat(phase=Phase.WRITING, done=done, total=total)
    for number, step in enumerate(steps):
        lease.beat(phase=Phase.FINISHING, done=number, total=len(steps))
        step.finish(run)
    lease.beat(phase=Phase.FINISHING, done=len(steps), total=len(steps))
    return _count(run)


def _learn_sizes(run: Run, steps: Iterable[Step]) -> None:
    """Tell the planner how large the written tables have become, at batches 0, 1, 2, 4, 8 …

    Before the first import they are empty, and autovacuum's own ANALYZE does not see rows that are not
    committed yet: with "no rows" for statistics it joins by nested scans, and hours go by. Our ANALYZE sees
    them, and keeps autovacuum's out until the commit.
    """
    for table in sorted({table for step in steps for table in step.tables}):
        run.execute(f"ANALYZE {table}")


def _take_turn(target: Target, lease: Lease) -> None:
    """Let one import write into a target at a time: two with the same phones would wait for each other."""

    assert connection.in_atomic_block
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"imports.{target.key}"])
            if cursor.fetchone()[0]:
                return
        lease.beat(phase=Phase.WAITING)
        time.sleep(_WAIT)


def _follow_carriers(run: Run, target: Target, batch: Batch) -> None:
    """A repeat is about what its carrier is about; by itself it changes nothing (M1)."""
    run.execute(
        f"UPDATE {run.rows} r SET target_id = c.target_id, outcome = CASE c.outcome"
        f" WHEN {Outcome.REJECTED.value} THEN c.outcome ELSE {Outcome.UNCHANGED.value} END"
        f" FROM {run.rows} c WHERE c.row_no = r.carrier AND {batch.where}"
    )
    run.execute(
        f"INSERT INTO {run.tables.notes} (row_no, code) SELECT r.row_no, n.code FROM {run.rows} r"
        f" JOIN {run.tables.notes} n ON n.row_no = r.carrier AND n.code = ANY(%s)"
        f" WHERE r.outcome = {Outcome.REJECTED.value} AND r.pass IN ({REPEATS}, {LATE + REPEATS})"
        f" AND r.carrier <> r.row_no AND r.row_no BETWEEN {batch.low} AND {batch.high}",
        [rejecting_codes(target)],
    )


def _batches(run: Run) -> list[Batch]:
    groups = run.fetch(
        f"SELECT pass, row_no / {BATCH_ROWS}, min(row_no), max(row_no), count(*) FROM {run.rows}"
        f" WHERE outcome = {Outcome.PENDING.value} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [
        Batch(
            number=number,
            where=f"r.pass = {rank} AND r.row_no BETWEEN {low} AND {high}"
            f" AND r.outcome <> {Outcome.REJECTED.value}",
            low=low,
            high=high,
            count=count,
            is_repeat=rank in (REPEATS, LATE + REPEATS),
            is_late=rank > LATE,
        )
        for number, (rank, _bucket, low, high, count) in enumerate(groups)
    ]


def _count(run: Run) -> Counts:
    found = dict(run.fetch(f"SELECT outcome, count(*) FROM {run.rows} GROUP BY 1"))
    if found.get(Outcome.PENDING.value):
        raise RuntimeError(f"{found[Outcome.PENDING.value]} rows of import {run.job_id} came to nothing")
    return Counts(
        read=sum(found.values()),
        created=found.get(Outcome.CREATED.value, 0),
        updated=found.get(Outcome.UPDATED.value, 0),
        unchanged=found.get(Outcome.UNCHANGED.value, 0),
        rejected=found.get(Outcome.REJECTED.value, 0),
    )
