"""Writing collected scores: the same rows, sums and events as the engine writes for a verb, in sets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from apps.campaigns.enums import UNSETTLED_RUN_STATES
from apps.campaigns.selectors.plans import Plan
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record

#: What a collected contribution is called.
KIND = "score"


@dataclass(frozen=True)
class Row:
    """One row of a source; ``part_id`` is its contribution, if there is one whose value changes."""

    entry_id: int
    member_id: int
    key: str
    value: Decimal
    at: datetime
    data: Any
    part_id: int | None


@dataclass(frozen=True)
class Change:
    """Rows to add or change and contributions to void, of ``entries`` (ascending)."""

    rows: list[Row]
    gone: list[int]
    entries: list[int] = field(default_factory=list)


#: The house's order: the run is shared, so that settling waits, then entries by id.
_SHARE = "SELECT state FROM campaigns_run WHERE id = %s FOR SHARE"
_LOCK = """
SELECT id FROM campaigns_entry WHERE id = ANY(%s) AND run_id = %s AND state = 'open' ORDER BY id FOR NO KEY UPDATE"""
#: Looked at again under the locks: the seat still counts, and the key was never there, not even voided.
_ADD = """
INSERT INTO campaigns_contribution (run_id, entry_id, member_id, kind, key, state, is_seat, is_new_member, value, at,
    void_reason, data, ip_hash, device_hash)
SELECT %(run)s, r.entry_id, r.member_id, %(kind)s, r.key, 'counted', false, false, r.value, r.at, '', r.data::jsonb,
    '', ''
FROM unnest(%(entries)s::bigint[], %(members)s::bigint[], %(keys)s::text[], %(numbers)s::numeric[],
    %(times)s::timestamptz[], %(data)s::text[]) AS r(entry_id, member_id, key, value, at, data)
WHERE EXISTS (SELECT 1 FROM campaigns_contribution AS c WHERE c.entry_id = r.entry_id
        AND c.member_id = r.member_id AND c.is_seat AND c.state = 'counted')
  AND NOT EXISTS (SELECT 1 FROM campaigns_contribution AS c WHERE c.entry_id = r.entry_id AND c.key = r.key)
ON CONFLICT (entry_id, key) WHERE state <> 'void' DO NOTHING
RETURNING id, entry_id, member_id, value"""
_CHANGE = """
UPDATE campaigns_contribution AS c SET value = r.value
FROM unnest(%(parts)s::bigint[], %(numbers)s::numeric[]) AS r(id, value)
JOIN campaigns_contribution AS old ON old.id = r.id
WHERE c.id = r.id AND c.state = 'counted' AND c.entry_id = ANY(%(locked)s) AND old.value <> r.value
RETURNING c.id, c.entry_id, c.member_id, r.value - old.value"""
_VOID = """
UPDATE campaigns_contribution SET state = 'void', ended_at = %(now)s, void_reason = 'left'
WHERE id = ANY(%(gone)s) AND state = 'counted' AND entry_id = ANY(%(locked)s)
RETURNING id, entry_id, member_id, -value"""
#: Derived anew from what is counted, as anybody may (C7): the time of the last contribution that counts.
_SUM = """
UPDATE campaigns_entry AS e
SET score = s.total, score_at = COALESCE(s.at, e.opened_at), updated_at = %(now)s
FROM (SELECT c.entry_id, sum(c.value) AS total, max(c.at) FILTER (WHERE c.value <> 0) AS at
      FROM campaigns_contribution AS c WHERE c.entry_id = ANY(%(changed)s) AND c.state = 'counted' GROUP BY 1) AS s
WHERE e.id = s.entry_id RETURNING e.id, e.owner_id"""

type _Written = tuple[int, int, int, Decimal]  # part, entry, member, difference of the score


@transaction.atomic
def apply_change(plan: Plan, change: Change, *, now: datetime) -> int:
    """Write one chunk in a transaction; returns how many contributions it added, changed or voided.

    Nothing once the run is settling: then scores stand.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, [plan.run_id])
        if cursor.fetchone()[0] not in UNSETTLED_RUN_STATES:
            return 0
        cursor.execute(_LOCK, [change.entries, plan.run_id])
        locked = {row[0] for row in cursor.fetchall()}
        rows = [row for row in change.rows if row.entry_id in locked]
        added = _run(cursor, _ADD, _added(plan, [row for row in rows if row.part_id is None]))
        known = [row for row in rows if row.part_id is not None]
        values = {
            "parts": [row.part_id for row in known],
            "numbers": [row.value for row in known],
            "gone": change.gone,
            "locked": sorted(locked),
            "now": now,
        }
        moved = _run(cursor, _CHANGE, values) if known else []
        gone = _run(cursor, _VOID, values) if change.gone else []
        written = [*added, *moved, *gone]
        if written:
            entries = sorted({entry_id for _part, entry_id, _member, _value in written})
            cursor.execute(_SUM, {"changed": entries, "now": now})
            owners = dict(cursor.fetchall())
            record(_events(plan, owners, added, moved, gone, now))
    return len(written)


def _run(cursor: Any, sql: str, values: dict[str, Any]) -> list[_Written]:
    cursor.execute(sql, values)
    return list(cursor.fetchall())


def _added(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "run": plan.run_id,
        "kind": KIND,
        "entries": [row.entry_id for row in rows],
        "members": [row.member_id for row in rows],
        "keys": [row.key for row in rows],
        "numbers": [row.value for row in rows],
        "times": [row.at for row in rows],
        "data": [row.data if isinstance(row.data, str) else json.dumps(row.data) for row in rows],
    }


def _events(
    plan: Plan,
    owners: dict[int, int],
    added: Iterable[_Written],
    moved: Iterable[_Written],
    gone: Iterable[_Written],
    now: datetime,
) -> list[Event]:
    """The engine's own kinds and keys, so that contributed plus voided is always the score. A changed value
    (a refund) is one of them too, said to be a change in ``data``."""
    found = [_event(plan, owners, row, "counted", {"is_new": False}, now) for row in added]
    found += [_event(plan, owners, row, "changed", {"is_change": True}, now) for row in moved]
    found += [_event(plan, owners, row, "voided", {"reason": "left"}, now) for row in gone]
    return found


def _event(
    plan: Plan, owners: dict[int, int], row: _Written, word: str, extra: dict[str, Any], now: datetime
) -> Event:
    part_id, entry_id, member_id, value = row
    return Event(
        occurred_at=now,
        kind=EventKind.CAMPAIGN_CONTRIBUTED if value > 0 else EventKind.CAMPAIGN_VOIDED,
        key=f"part:{part_id}:{word}",
        team_id=plan.team_id,
        member_id=member_id,
        subject=f"part:{part_id}",
        value=value,
        data={
            "campaign": plan.campaign_id,
            "run": plan.run_id,
            "mechanic": plan.mechanic.key,
            "entry": entry_id,
            "owner": owners[entry_id],
            "kind": KIND,
            **extra,
        },
    )
