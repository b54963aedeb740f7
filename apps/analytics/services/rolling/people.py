"""What a batch says about single members: who is in which group, who bought how much, who did something first."""

from collections import defaultdict
from datetime import date

from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap

from apps.analytics.metrics.facts import ARRIVED, FIRST_KINDS, INVITING
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.rolling.days import stored

_IN = "coalesce(joined_at > left_at, joined_at IS NOT NULL)"

#: A group may move to another team: the stay belongs to the team of its latest fact.
_STAYS = """
INSERT INTO analytics_stay AS s (member_id, group_id, team_id, joined_at, left_at)
SELECT member_id, group_id, (array_agg(team_id ORDER BY occurred_at DESC, team_id DESC))[1],
  max(occurred_at) FILTER (WHERE kind = 'group.joined'), max(occurred_at) FILTER (WHERE kind = 'group.left')
FROM analytics_batch
WHERE kind IN ('group.joined', 'group.left') AND member_id IS NOT NULL AND group_id IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (member_id, group_id) DO UPDATE SET
  team_id = CASE
    WHEN greatest(excluded.joined_at, excluded.left_at) > greatest(s.joined_at, s.left_at) THEN excluded.team_id
    WHEN greatest(excluded.joined_at, excluded.left_at) < greatest(s.joined_at, s.left_at) THEN s.team_id
    ELSE greatest(s.team_id, excluded.team_id) END,
  joined_at = greatest(s.joined_at, excluded.joined_at), left_at = greatest(s.left_at, excluded.left_at)
RETURNING s.member_id, s.group_id
"""

_VALUES = """
INSERT INTO analytics_membervalue AS v
  (team_id, member_id, first_paid_at, last_paid_at, orders, paid, refunded)
SELECT team_id, member_id, min(occurred_at) FILTER (WHERE kind = 'order.paid'),
  max(occurred_at) FILTER (WHERE kind = 'order.paid'), count(*) FILTER (WHERE kind = 'order.paid'),
  coalesce(sum(value) FILTER (WHERE kind = 'order.paid'), 0),
  coalesce(sum(value) FILTER (WHERE kind = 'order.refunded'), 0)
FROM analytics_batch WHERE kind IN ('order.paid', 'order.refunded') AND member_id IS NOT NULL
GROUP BY 1, 2
ON CONFLICT (team_id, member_id) DO UPDATE SET first_paid_at = least(v.first_paid_at, excluded.first_paid_at),
  last_paid_at = greatest(v.last_paid_at, excluded.last_paid_at), orders = v.orders + excluded.orders,
  paid = v.paid + excluded.paid, refunded = v.refunded + excluded.refunded
"""

_ARRIVALS = f"""
INSERT INTO analytics_arrival AS a (team_id, member_id, arrived_at, invited_at)
SELECT team_id, member_id, min(occurred_at) FILTER (WHERE kind <> '{INVITING}'),
  min(occurred_at) FILTER (WHERE kind = '{INVITING}')
FROM analytics_batch WHERE member_id IS NOT NULL AND (kind = '{INVITING}' OR {ARRIVED})
GROUP BY 1, 2
ON CONFLICT (team_id, member_id) DO UPDATE SET arrived_at = least(a.arrived_at, excluded.arrived_at),
  invited_at = least(a.invited_at, excluded.invited_at)
WHERE a.arrived_at IS NULL OR excluded.arrived_at < a.arrived_at
  OR excluded.invited_at < coalesce(a.invited_at, 'infinity')
"""


def add_arrivals(cursor: CursorWrapper) -> None:
    """Note who came, and who brought their first new member."""
    cursor.execute(_ARRIVALS)


def add_values(cursor: CursorWrapper) -> None:
    """Add the orders of ``analytics_batch`` to their buyers."""
    cursor.execute(_VALUES)


def add_stays(cursor: CursorWrapper) -> None:
    """Note who joined and left, and bring the sets of present members up to date."""
    cursor.execute(_STAYS)
    touched: dict[str, BitMap] = defaultdict(BitMap)
    for member_id, group_id in cursor.fetchall():
        touched[str(group_id)].add(member_id)
    if not touched:
        return
    touched[""] = BitMap.union(BitMap(), *touched.values())
    present = _present(cursor, touched)
    cursor.execute(
        "SELECT key, team_id FROM analytics_memberset WHERE name = 'in' AND key = ANY(%s)", [list(touched)]
    )
    places = {*cursor.fetchall(), *present}
    change_sets(
        cursor,
        {
            ("in", "group" if key else "", key, team): (
                present.get((key, team), BitMap()),
                touched[key] - present.get((key, team), BitMap()),
            )
            for key, team in places
        },
    )


def _present(cursor: CursorWrapper, touched: dict[str, BitMap]) -> dict[tuple[str, int], BitMap]:
    """(group or "", team) → which of the touched members are in it now."""
    cursor.execute(
        f"SELECT member_id, group_id, team_id FROM analytics_stay WHERE member_id = ANY(%s) AND {_IN}",
        [list(touched[""])],
    )
    found: dict[tuple[str, int], BitMap] = defaultdict(BitMap)
    for member_id, group_id, team_id in cursor.fetchall():
        found["", team_id].add(member_id)
        found["", HOUSE].add(member_id)
        if member_id in touched.get(str(group_id), ()):
            found[str(group_id), team_id].add(member_id)
    return found


def change_sets(
    cursor: CursorWrapper, changes: dict[tuple[str, str, str, int], tuple[BitMap, BitMap]]
) -> None:
    """(name, dim, key, team) → members to add, members to take away."""
    if not changes:
        return
    places = list(changes)
    cursor.execute(
        "SELECT m.name, m.dim, m.key, m.team_id, m.members FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[],"
        " %s::bigint[]) AS p(name, dim, key, team_id) JOIN analytics_memberset m USING (name, dim, key, team_id)",
        [list(column) for column in zip(*places, strict=True)],
    )
    kept = {row[:4]: BitMap.deserialize(bytes(row[4])) for row in cursor.fetchall()}
    rows = []
    for place, (more, less) in changes.items():
        members = (kept.get(place, BitMap()) | more) - less
        if members or place in kept:
            rows.append((*place, stored(members)))
    if not rows:
        return
    cursor.executemany(
        "INSERT INTO analytics_memberset (name, dim, key, team_id, members) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (name, dim, key, team_id) DO UPDATE SET members = excluded.members",
        rows,
    )
    # No row and an empty one mean the same: a rebuild must not tell them apart.
    cursor.execute("DELETE FROM analytics_memberset WHERE members = %s", [stored(BitMap())])


def add_firsts(cursor: CursorWrapper) -> None:
    """Put who did something for the first time into that day's cohort; who came earlier than known moves there."""
    cursor.execute(
        "SELECT kind, team_id, day, array_agg(member_id) FROM analytics_batch"
        " WHERE kind = ANY(%s) AND member_id IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 3",
        [[str(kind) for kind in FIRST_KINDS]],
    )
    found: dict[tuple[str, int], dict[date, BitMap]] = defaultdict(dict)
    for kind, team_id, day, ids in cursor.fetchall():
        members = BitMap(ids)
        found[kind, team_id][day] = members
        house = found[kind, HOUSE]
        house[day] = house[day] | members if day in house else members
    for (kind, team_id), days in found.items():
        _add_first(cursor, kind, team_id, days)


def _add_first(cursor: CursorWrapper, kind: str, team_id: int, days: dict[date, BitMap]) -> None:
    ever_place = (f"ever:{kind}", "", "", team_id)
    cursor.execute(
        "SELECT members FROM analytics_memberset WHERE name = %s AND dim = '' AND key = '' AND team_id = %s",
        [ever_place[0], team_id],
    )
    row = cursor.fetchone()
    ever = BitMap.deserialize(bytes(row[0])) if row else BitMap()
    known_before = ever.copy()
    fresh: dict[date, BitMap] = {}
    maybe_earlier: dict[date, BitMap] = {}
    seen = BitMap()
    for day in sorted(days):
        members = days[day] - seen
        seen |= members
        if new := members - known_before:
            fresh[day] = new
        if known := members & known_before:
            maybe_earlier[day] = known
    ever |= seen
    if maybe_earlier:
        _move_earlier(cursor, kind, team_id, maybe_earlier, fresh)
    _put(cursor, kind, team_id, fresh)
    if len(ever) > len(known_before):
        change_sets(cursor, {ever_place: (ever, BitMap())})


def _move_earlier(
    cursor: CursorWrapper, kind: str, team_id: int, known: dict[date, BitMap], fresh: dict[date, BitMap]
) -> None:
    """Known members with a day before their first one: late facts. They leave the later cohort."""
    cursor.execute(
        "SELECT day, members FROM analytics_firstday WHERE kind = %s AND team_id = %s AND day > %s",
        [kind, team_id, min(known)],
    )
    for later, raw in cursor.fetchall():
        cohort = BitMap.deserialize(bytes(raw))
        moved = BitMap()
        for day, members in known.items():
            if day < later and (here := (members & cohort) - moved):
                moved |= here
                fresh[day] = fresh[day] | here if day in fresh else here
        if moved:
            cursor.execute(
                "UPDATE analytics_firstday SET members = %s WHERE kind = %s AND team_id = %s AND day = %s",
                [stored(cohort - moved), kind, team_id, later],
            )
    cursor.execute(
        "DELETE FROM analytics_firstday WHERE kind = %s AND team_id = %s AND members = %s",
        [kind, team_id, stored(BitMap())],
    )


def _put(cursor: CursorWrapper, kind: str, team_id: int, fresh: dict[date, BitMap]) -> None:
    if not fresh:
        return
    cursor.execute(
        "SELECT day, members FROM analytics_firstday WHERE kind = %s AND team_id = %s AND day = ANY(%s)",
        [kind, team_id, list(fresh)],
    )
    for day, raw in cursor.fetchall():
        fresh[day] = fresh[day] | BitMap.deserialize(bytes(raw))
    cursor.executemany(
        "INSERT INTO analytics_firstday (kind, team_id, day, members) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (kind, team_id, day) DO UPDATE SET members = excluded.members",
        [(kind, team_id, day, stored(members)) for day, members in fresh.items()],
    )
