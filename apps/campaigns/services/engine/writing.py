"""The engine's SQL for writing. One statement each; conditions are in the statement, never counted before."""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import connection

from apps.accounts.models import Team
from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    ChangeEntry,
    ChangePart,
    Decision,
    OpenAnother,
    Quota,
    State,
)
from apps.campaigns.models.entry import new_code
from apps.campaigns.services.engine.scene import Scene

_ENDS = frozenset({EntryState.WON, EntryState.FAILED, EntryState.CANCELLED})

INSERT_ENTRY = """
INSERT INTO campaigns_entry (run_id, code, owner_id, title, state, reason, count, pending_count, capacity, score,
    ceiling, score_at, seed, data, opened_at, expires_at, ended_at, updated_at, ip_hash, device_hash)
VALUES (%s, %s, %s, %s, %s, '', 0, 0, %s, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""
#: C2: one live contribution per (entry, key).
INSERT_PART = """
INSERT INTO campaigns_contribution (run_id, entry_id, member_id, kind, key, state, is_seat, is_new_member, value, at,
    void_reason, order_id, data, ip_hash, device_hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s)
ON CONFLICT (entry_id, key) WHERE state <> 'void' DO NOTHING RETURNING id"""
CHANGE_PART = """
UPDATE campaigns_contribution SET state = %s, value = %s, data = COALESCE(%s, data),
    ended_at = CASE WHEN %s THEN %s ELSE ended_at END, void_reason = CASE WHEN %s THEN %s ELSE void_reason END
WHERE id = %s"""
#: C2: the limit is in the statement; two at once stand in line at the row.
USE_QUOTA = """
INSERT INTO campaigns_memberquota AS q (run_id, member_id, scope, used, most) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (run_id, member_id, scope) DO UPDATE SET used = q.used + EXCLUDED.used, most = EXCLUDED.most
WHERE q.used + EXCLUDED.used <= EXCLUDED.most RETURNING 1"""
GIVE_QUOTA_BACK = """
UPDATE campaigns_memberquota SET used = GREATEST(used - %s, 0) WHERE run_id = %s AND member_id = %s AND scope = %s"""
#: C1: conditional, and a CHECK behind it.
MOVE_STOCK = """
UPDATE campaigns_runstock SET reserved = reserved + %(reserved)s, sold = sold + %(sold)s
WHERE run_id = %(run)s AND (stock IS NULL OR reserved + sold + %(reserved)s + %(sold)s <= stock
      OR %(reserved)s + %(sold)s <= 0)
RETURNING 1"""


class Sums(Protocol):
    """Differences of an entry's sums."""

    count: int
    pending: int
    score: Decimal


def insert_entry(scene: Scene, decision: Decision) -> State:
    """The new entry of the acting member, with what its opening decision says of it."""
    own = [change for change in decision.of(ChangeEntry) if not change.entry]
    opening = own[0] if own else ChangeEntry()
    member_id = scene.action.actor.member_id
    assert member_id is not None
    return _insert(
        scene,
        owner_id=member_id,
        opening=OpenAnother(
            state=opening.state or EntryState.OPEN,
            data=opening.data or {},
            expires_at=None if opening.never_expires else opening.expires_at,
            capacity=opening.capacity,
            ceiling=opening.ceiling,
            title=opening.title or "",
        ),
    )


def insert_another(scene: Scene, state: State, another: OpenAnother) -> State:
    """A further entry of the same owner."""
    return _insert(scene, owner_id=state.owner_id, opening=another)


def _insert(scene: Scene, *, owner_id: int, opening: OpenAnother) -> State:
    code = new_code()
    row = [
        scene.run.id,
        code,
        owner_id,
        opening.title[:80],
        opening.state,
        opening.capacity,
        opening.ceiling,
        scene.now,
        scene.seed,
        json.dumps(opening.data),
        scene.now,
        opening.expires_at,
        scene.now if opening.state in _ENDS else None,
        scene.now,
        scene.origin.ip_hash,
        scene.origin.device_hash,
    ]
    return State(
        id=_scalar(INSERT_ENTRY, row),
        code=code,
        owner_id=owner_id,
        state=opening.state,
        count=0,
        pending_count=0,
        score=Decimal(0),
        seed=scene.seed,
        opened_at=scene.now,
        expires_at=opening.expires_at,
        data=opening.data,
    )


def insert_part(scene: Scene, entry_id: int, part: AddPart, order_id: int | None) -> int | None:
    """The contribution's id, or ``None`` if a live one with its key is there (C2)."""
    is_new = part.member_id == scene.action.actor.member_id and scene.action.actor.is_new
    row = [
        scene.run.id,
        entry_id,
        part.member_id,
        part.kind,
        part.key or f"m{part.member_id}",
        part.state,
        part.is_seat,
        is_new,
        part.value,
        scene.now,
        order_id,
        json.dumps(part.data),
        scene.origin.ip_hash,
        scene.origin.device_hash,
    ]
    return _scalar(INSERT_PART, row)


def change_part(change: ChangePart, *, state: str, value: Decimal, now: datetime, reason: str) -> None:
    is_void = state == PartState.VOID
    data = None if change.data is None else json.dumps(change.data)
    _run(CHANGE_PART, [state, value, data, is_void, now, is_void, reason[:24], change.part_id])


def update_entry(scene: Scene, state: State, sums: Sums, changes: list[ChangeEntry]) -> State:
    """Write the new sums and what the mechanic changes; the entry is locked, so the values are plain."""
    after = replace(
        state,
        count=state.count + sums.count,
        pending_count=state.pending_count + sums.pending,
        score=state.score + sums.score,
    )
    sets: list[str] = ["updated_at = %s"]
    values: list[Any] = [scene.now]

    def put(column: str, value: Any) -> None:
        sets.append(f"{column} = %s")
        values.append(value)

    if sums.count or sums.pending:
        put("count", after.count)
        put("pending_count", after.pending_count)
    if sums.score:
        put("score", after.score)
    if sums.score > 0:
        put("score_at", scene.now)
    elif sums.score < 0:
        # Who reached the score that is left first: when its last contribution came (C7).
        sets.append(
            "score_at = COALESCE((SELECT max(c.at) FROM campaigns_contribution AS c WHERE c.entry_id = campaigns_entry.id"
            " AND c.state = 'counted' AND c.value <> 0), opened_at)"
        )
    for change in changes:
        after = _put_change(put, sets, after, change, scene.now)
    _run(f"UPDATE campaigns_entry SET {', '.join(sets)} WHERE id = %s", [*values, state.id])
    return after


def _put_change(put: Any, sets: list[str], after: State, change: ChangeEntry, now: datetime) -> State:
    if change.state is not None:
        put("state", change.state)
        put("reason", change.reason[:24])
        if change.state in _ENDS:
            put("ended_at", now)
        else:
            sets.append("ended_at = NULL")
        after = replace(after, state=change.state)
    if change.data is not None:
        put("data", json.dumps(change.data))
        after = replace(after, data=change.data)
    if change.never_expires:
        sets.append("expires_at = NULL")
        after = replace(after, expires_at=None)
    elif change.expires_at is not None:
        put("expires_at", change.expires_at)
        after = replace(after, expires_at=change.expires_at)
    if change.owner_id is not None:
        put("owner_id", change.owner_id)
        after = replace(after, owner_id=change.owner_id)
    if change.capacity is not None:
        put("capacity", change.capacity)
    if change.ceiling is not None:
        put("ceiling", change.ceiling)
    if change.title is not None:
        put("title", change.title[:80])
    return after


def use_quota(run_id: int, quota: Quota) -> bool:
    """Was there room? A negative amount gives back and always succeeds (C2)."""
    if quota.amount < 0:
        _run(GIVE_QUOTA_BACK, [-quota.amount, run_id, quota.member_id, quota.scope])
        return True
    if quota.amount > quota.most:
        return False
    return bool(_scalar(USE_QUOTA, [run_id, quota.member_id, quota.scope[:60], quota.amount, quota.most]))


def claim(run_id: int, key: str, entry_id: int) -> bool:
    """Take what only one may hold; false if somebody does (C8, C9)."""
    return bool(
        _scalar(
            "INSERT INTO campaigns_claim (run_id, key, entry_id) VALUES (%s, %s, %s)"
            " ON CONFLICT (run_id, key) DO NOTHING RETURNING 1",
            [run_id, key, entry_id],
        )
    )


def unclaim(run_id: int, key: str) -> None:
    _run("DELETE FROM campaigns_claim WHERE run_id = %s AND key = %s", [run_id, key])


def move_stock(run_id: int, reserved: int, sold: int) -> bool:
    """Change the run's stock; false if it does not fit (C1)."""
    return bool(_scalar(MOVE_STOCK, {"run": run_id, "reserved": reserved, "sold": sold}))


def order_reference() -> str:
    """What the order calls its contribution; the contribution points to the order, so this need only be unique."""
    return new_code()


def team(team_id: int) -> Team:
    return Team(pk=team_id)


def _scalar(sql: str, params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
        return row[0] if row else None


def _run(sql: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
