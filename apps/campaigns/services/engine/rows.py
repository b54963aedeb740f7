"""The engine's SQL for reading under locks. Written by hand: it runs for every tap of every member."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.campaigns.mechanics.base import Part, State

_ENTRY = """
e.id, e.run_id, e.code, e.owner_id, e.state, e.count, e.pending_count, e.score, e.seed, e.opened_at,
e.expires_at, e.data, e.score_at"""
_RUN = "r.id, r.state, r.opens_at, r.closes_at, r.revision"
_MEMBER = """
LEAST(m.created_at, COALESCE(m.joined_at, m.created_at)),
EXISTS (SELECT 1 FROM campaigns_blockedmember AS b WHERE b.member_id = m.id)"""

#: A verb shares the run's row, so that closing waits for it and it for closing; entries are its own (C10).
#: NO KEY UPDATE, because the foreign keys of new contributions need the key share of the same row.
LOCK_ENTRIES = f"""
SELECT {_ENTRY}, {_RUN}
FROM campaigns_entry AS e JOIN campaigns_run AS r ON r.id = e.run_id
WHERE e.id = ANY(%s) ORDER BY e.id
FOR NO KEY UPDATE OF e FOR SHARE OF r"""
LOCK_ENTRY_FOR_MEMBER = f"""
SELECT {_ENTRY}, {_RUN}, {_MEMBER}
FROM campaigns_entry AS e
JOIN campaigns_run AS r ON r.id = e.run_id
LEFT JOIN members_member AS m ON m.id = %s
WHERE e.code = %s
FOR NO KEY UPDATE OF e FOR SHARE OF r"""
LOCK_RUN_FOR_MEMBER = f"""
SELECT {_RUN}, {_MEMBER}
FROM campaigns_run AS r LEFT JOIN members_member AS m ON m.id = %s
WHERE r.id = %s
FOR SHARE OF r"""
#: After the locks, in a statement and so a snapshot of its own: what others wrote before they let go is seen.
#: What was paid twice is returned by the orders room, or by people if that fails: here only the order's own money counts.
_PARTS = """
SELECT c.entry_id, c.id, c.member_id, c.kind, c.key, c.state, c.value, c.at, c.data, c.is_seat,
       c.order_id, o.amount, o.paid_at IS NOT NULL,
       CASE WHEN o.paid_amount <= o.amount THEN o.paid_amount - o.refund_amount ELSE o.amount - (
         SELECT COALESCE(sum(r.amount), 0) FROM orders_refund AS r JOIN orders_payment AS p ON p.id = r.payment_id
         WHERE r.order_id = o.id AND r.state <> 'failed' AND NOT p.is_surplus) END,
       c.is_new_member
FROM campaigns_contribution AS c LEFT JOIN orders_order AS o ON o.id = c.order_id"""
PARTS = f"{_PARTS} WHERE c.entry_id = ANY(%s) AND c.state <> 'void'"
PART = f"{_PARTS} WHERE c.id = %s AND c.run_id = %s"


@dataclass(frozen=True)
class RunRow:
    id: int
    state: str
    opens_at: datetime
    closes_at: datetime
    revision: int


@dataclass(frozen=True)
class MemberRow:
    """``known_since``: first known to us by registration or by joining a group, whichever was earlier."""

    id: int
    known_since: datetime
    is_blocked: bool


@dataclass(frozen=True)
class EntryRow:
    """A locked entry; ``state`` lacks its parts."""

    run_id: int
    score_at: datetime
    state: State


def lock_run_for_member(run_id: int, member_id: int) -> tuple[RunRow, MemberRow | None] | None:
    """Share the run's row; ``None`` if there is no such run."""
    row = _one(LOCK_RUN_FOR_MEMBER, [member_id, run_id])
    return row and (RunRow(*row[:5]), _member(member_id, row[5:]))


def lock_entry_for_member(code: str, member_id: int) -> tuple[EntryRow, RunRow, MemberRow | None] | None:
    """Lock the entry and share its run; ``None`` if there is no such entry."""
    row = _one(LOCK_ENTRY_FOR_MEMBER, [member_id, code])
    return row and (_entry(row[:13]), RunRow(*row[13:18]), _member(member_id, row[18:]))


def lock_entries(ids: Sequence[int]) -> list[tuple[EntryRow, RunRow]]:
    """Lock entries in ascending order of id, and share their runs."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ENTRIES, [sorted(ids)])
        return [(_entry(row[:13]), RunRow(*row[13:18])) for row in cursor.fetchall()]


def live_parts(entry_ids: Sequence[int], *, member_id: int | None = None) -> dict[int, tuple[Part, ...]]:
    """Live contributions by entry, oldest first; only ``member_id``'s if given."""
    sql = PARTS
    params: list[Any] = [list(entry_ids)]
    if member_id is not None:
        sql += " AND c.member_id = %s"
        params.append(member_id)
    found: dict[int, list[Part]] = {entry_id: [] for entry_id in entry_ids}
    with connection.cursor() as cursor:
        cursor.execute(sql + " ORDER BY c.id", params)
        for row in cursor.fetchall():
            found[row[0]].append(_part(row[1:]))
    return {entry_id: tuple(parts) for entry_id, parts in found.items()}


def part_of_run(part_id: int, run_id: int) -> Part:
    """A contribution of the run, live or not. Raises ``LookupError``."""
    row = _one(PART, [part_id, run_id])
    if row is None:
        raise LookupError(f"run {run_id} has no contribution {part_id}")
    return _part(row[1:])


def _one(sql: str, params: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def _entry(row: tuple[Any, ...]) -> EntryRow:
    state = State(
        id=row[0],
        code=row[2],
        owner_id=row[3],
        state=row[4],
        count=row[5],
        pending_count=row[6],
        score=row[7],
        seed=row[8],
        opened_at=row[9],
        expires_at=row[10],
        data=_json(row[11]),
    )
    return EntryRow(run_id=row[1], score_at=row[12], state=state)


def _member(member_id: int, row: tuple[Any, ...]) -> MemberRow | None:
    return MemberRow(member_id, row[0], row[1]) if row[0] is not None else None


def _part(row: tuple[Any, ...]) -> Part:
    return Part(
        id=row[0],
        member_id=row[1],
        kind=row[2],
        key=row[3],
        state=row[4],
        value=row[5],
        at=row[6],
        data=_json(row[7]),
        is_seat=row[8],
        order_id=row[9],
        order_amount=row[10] if row[10] is not None else Decimal(0),
        is_paid=bool(row[11]),
        order_kept=row[12] if row[12] is not None else Decimal(0),
        is_new=row[13],
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
