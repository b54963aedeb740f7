"""What a step gets to work with: names of the staging tables, the clock, the actor, the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts.models import User

type Params = Sequence[Any] | Mapping[str, Any]

#: See ``Batch.written``.
IS_WRITTEN = "coalesce(r.target_id, 0) > 0"
#: Rows written by one statement: big enough to be fast, small enough for a moving bar and a quick cancel.
BATCH_ROWS = 20_000
#: Passes: rows that carry a thing, repeats of them, and both again for late rows.
CARRIERS, REPEATS, LATE = 1, 2, 2


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The job's staging tables: ``raw`` (cells as text), ``rows`` (parsed), ``notes`` (problems by row)."""

    raw: str
    rows: str
    notes: str

    @classmethod
    def of(cls, job_id: int) -> "Tables":
        return cls(
            raw=f"import_raw_{int(job_id)}",
            rows=f"import_rows_{int(job_id)}",
            notes=f"import_notes_{int(job_id)}",
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows ``r`` of one statement: those ``WHERE {where}``.

    Each thing has one carrier, its first row, which holds the merged values; no two rows of a carrier batch
    are about the same thing. Repeats come after and only bring what is kept row by row (tags, groups);
    what they change is marked on their ``carrier``.
    """

    number: int
    where: str
    low: int
    high: int
    count: int
    is_repeat: bool
    is_late: bool  # of the target's late rows

    @property
    def written(self) -> str:
        """SQL for the rows ``r`` that are about something stored by now.

        Not ``target_id IS NOT NULL``: the table was analysed when all were NULL, and the planner would take
        a batch for one row and join it in loops.
        """
        return f"{self.where} AND {IS_WRITTEN}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One writing of one job, in one transaction.

    ``actor`` is None for the system itself, which may see all. ``now`` stamps every row written, so that an
    undo can tell which were changed since.
    """

    job_id: int
    tables: Tables
    mapped: frozenset[str]
    actor: User | None
    now: datetime

    @property
    def rows(self) -> str:
        return self.tables.rows

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement and return how many rows it wrote."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.rowcount

    def fetch(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchall()

    def note(self, code: str, select: str, params: Params = ()) -> int:
        """Note ``code`` for each (row_no, shown value) of ``select``."""
        return self.execute(
            f"INSERT INTO {self.tables.notes} (row_no, code, value)"
            f" SELECT s.row_no, '{code}', s.value FROM ({select}) AS s(row_no, value)",
            params,
        )


@dataclass(frozen=True, kw_only=True)
class UndoRun:
    """One undoing of one job, in one transaction. ``stamp`` is the ``now`` of the import.

    The temporary table ``import_kept (label, object_id, reason)`` holds what must stay.
    """

    job_id: int
    actor: User | None
    stamp: datetime
    now: datetime
    tables: frozenset[str]  # that steps look after; others with rows about a created object keep it

    def execute(self, sql: str, params: Params = ()) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.rowcount

    def keep(self, label: str, reason: str, select: str, params: Params = ()) -> int:
        """Keep each object of ``select`` (its ids): it was changed since. Returns how many are new."""
        return self.execute(
            "INSERT INTO import_kept (label, object_id, reason)"
            f" SELECT '{label}', s.id, '{reason}' FROM ({select}) AS s(id) ON CONFLICT DO NOTHING",
            params,
        )

    def journaled(self, label: str, *, created: bool | None = None) -> str:
        """SQL: ids of the job's journal under ``label`` that are not kept."""
        which = "" if created is None else f" AND c.before IS {'' if created else 'NOT '}NULL"
        return (
            f"SELECT c.object_id FROM imports_change c WHERE c.job_id = {int(self.job_id)}"
            f" AND c.label = '{label}'{which} AND NOT EXISTS (SELECT 1 FROM import_kept k"
            f" WHERE k.label = c.label AND k.object_id = c.object_id)"
        )
