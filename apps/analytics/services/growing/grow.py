"""Laying out the trees of the whole house and of each team."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import time_ns
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from pyroaring import BitMap

from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.models import Branch
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.forest import STAMP
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.growing.shape import Bools, Ints, Shape, shape_of
from apps.core.remembered import keep
from apps.events.enums import EventKind

#: A member's inviter is what the profile says; for whoever has none there, who brought them as a new member first.
_LINKS = f"""
SELECT m.id, coalesce(m.inviter_id, f.owner, 0), coalesce(extract(epoch FROM m.joined_at)::bigint, 0)
FROM members_member m
LEFT JOIN (
  SELECT DISTINCT ON (member_id) member_id, (data->>'owner')::bigint AS owner FROM events_event
  WHERE kind = '{EventKind.CAMPAIGN_CONTRIBUTED.value}' AND data->>'is_new' = 'true' AND member_id IS NOT NULL
    AND data->>'owner' ~ '^[0-9]{{1,18}}$' AND (data->>'owner')::bigint <> member_id
  ORDER BY member_id, occurred_at, id) f ON f.member_id = m.id AND m.inviter_id IS NULL
ORDER BY m.id
"""
_DEVICES = """
SELECT DISTINCT ON (member_id) member_id, hashtext(device_hash)::bigint FROM campaigns_contribution
WHERE device_hash <> '' ORDER BY member_id, at DESC
"""
_COLUMNS = (
    "team_id, member_id, inviter_id, root_id, is_cut, has_left, depth, height, children, effective_children, size,"
    " effective, star, burst, device_chain, circle"
)


@dataclass(frozen=True)
class _Woods:
    """Everybody, in the order of ids: ``inviter`` is an index, the member's own for none."""

    ids: Ints
    inviter: Ints
    joined: Ints
    has_left: Bools
    is_idle: Bools
    device: Ints


@transaction.atomic
def grow() -> int:
    """Make all trees anew; returns how many rows. Readers see the old ones until then; two at once: one waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('analytics.grow'))")
        woods = _read(cursor)
        Branch.objects.all().delete()
        written = 0
        for team_id, chosen in _teams(cursor, woods):
            written += _write(cursor, team_id, woods, chosen)
    # Not before they are there: whoever looked meanwhile would keep the old sums under the new trees' name.
    transaction.on_commit(lambda: keep(STAMP, time_ns(), None))
    return written


def _read(cursor: Any) -> _Woods:
    ids, owners, joined = _columns(_LINKS, 3)
    inviter = np.arange(len(ids))
    place = np.searchsorted(ids, owners)
    known = (place < len(ids)) & (owners > 0)
    known[known] = ids[place[known]] == owners[known]
    inviter[known] = place[known]
    device = np.zeros(len(ids), dtype=np.int64)
    members, hashes = _columns(_DEVICES, 2)
    at = np.searchsorted(ids, members)
    is_there = at < len(ids)
    is_there[is_there] = ids[at[is_there]] == members[is_there]
    device[at[is_there]] = hashes[is_there]
    sets = _sets(cursor)
    busy = sets["ever:order.paid"] | sets["ever:campaign.entered"] | _came_again(cursor)
    gone = sets["ever:group.joined"] - sets["in"]
    return _Woods(ids, inviter, joined, np.isin(ids, _array(gone)), ~np.isin(ids, _array(busy)), device)


def _columns(sql: str, width: int) -> list[Ints]:
    with binary_cursor() as cursor:
        cursor.execute(sql.encode(), binary=True)
        rows = np.fromiter(
            (value for row in cursor for value in row), dtype=np.int64, count=-1
        ).reshape(-1, width)  # fmt: skip
    return [np.ascontiguousarray(column) for column in rows.T]


def _array(members: BitMap) -> NDArray[np.uint32]:
    return np.frombuffer(members.to_array(), dtype=np.uint32) if members else np.empty(0, np.uint32)  # type: ignore[call-overload]


def _sets(cursor: Any) -> dict[str, BitMap]:
    names = ("in", "ever:group.joined", "ever:order.paid", "ever:campaign.entered")
    cursor.execute(
        "SELECT name, members FROM analytics_memberset WHERE dim = '' AND key = '' AND team_id = %s AND name = ANY(%s)",
        [HOUSE, list(names)],
    )
    found = {name: BitMap.deserialize(bytes(raw)) for name, raw in cursor.fetchall()}
    return {name: found.get(name, BitMap()) for name in names}


def _came_again(cursor: Any) -> BitMap:
    """Who was active on two days or more."""
    cursor.execute(
        "SELECT members FROM analytics_dayfigure WHERE dim = '' AND kind = %s AND members IS NOT NULL",
        [ACTIVE],
    )
    seen, twice = BitMap(), BitMap()
    for (raw,) in cursor.fetchall():
        members = BitMap.deserialize(bytes(raw))
        twice |= seen & members
        seen |= members
    return twice


def _teams(cursor: Any, woods: _Woods) -> Iterator[tuple[int, Ints]]:
    """(team, its members as indices), the whole house first."""
    yield HOUSE, np.arange(len(woods.ids))
    cursor.execute("SELECT id FROM accounts_team ORDER BY id")
    for (team_id,) in cursor.fetchall():
        (members,) = _columns(
            f"SELECT member_id FROM members_memberteam WHERE team_id = {int(team_id)} ORDER BY 1", 1
        )
        place = np.searchsorted(woods.ids, members)
        # Who came since the members were read is in the next look.
        is_known = place < len(woods.ids)
        is_known[is_known] = woods.ids[place[is_known]] == members[is_known]
        yield team_id, place[is_known]


def _write(cursor: Any, team_id: int, woods: _Woods, chosen: Ints) -> int:
    """The trees among ``chosen``; who neither brought anybody nor was brought is in none."""
    count = len(chosen)
    if not count:
        return 0
    place = np.searchsorted(chosen, woods.inviter[chosen])
    is_inside = place < count
    is_inside[is_inside] = chosen[place[is_inside]] == woods.inviter[chosen][is_inside]
    is_cut = ~is_inside
    parent = np.where(is_inside, place, np.arange(count))
    shape = shape_of(
        parent=parent,
        joined=woods.joined[chosen],
        has_left=woods.has_left[chosen],
        is_idle=woods.is_idle[chosen],
        device=woods.device[chosen],
    )
    rows = np.flatnonzero((shape.parent != np.arange(count)) | (shape.children > 0) | is_cut)
    with cursor.copy(f"COPY analytics_branch ({_COLUMNS}) FROM STDIN") as copy:
        for row in _rows(team_id, woods, chosen, shape, is_cut, rows):
            copy.write_row(row)
    return len(rows)


def _rows(
    team_id: int, woods: _Woods, chosen: Ints, shape: Shape, is_cut: Bools, rows: Ints
) -> Iterator[tuple[Any, ...]]:
    ids = woods.ids[chosen]
    inviters = np.where(shape.parent == np.arange(len(ids)), 0, ids[shape.parent])
    numbers = [
        column[rows].tolist()
        for column in (
            ids, inviters, ids[shape.root], is_cut, woods.has_left[chosen], shape.depth, shape.height,
            shape.children, shape.effective_children, shape.size, shape.effective, shape.star, shape.burst,
            shape.device_chain, shape.circle,
        )
    ]  # fmt: skip
    for member_id, inviter_id, *rest in zip(*numbers, strict=True):
        yield (team_id, member_id, inviter_id or None, *rest)
