"""Member sets of now, and how sets are kept."""

from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap

from apps.analytics.selectors.binary import binary_cursor

#: name, dim, key, team
type SetPlace = tuple[str, str, str, int]


def stored(members: BitMap | None) -> bytes | None:
    """The bytes that a set is kept as; None for no set."""
    if members is None:
        return None
    if len(members) > 16:
        members.run_optimize()
    return members.serialize()


def kept_sets(places: list[SetPlace]) -> dict[SetPlace, BitMap]:
    """The sets that there are. One query."""
    if not places:
        return {}
    with binary_cursor() as cursor:
        cursor.execute(
            "SELECT m.name, m.dim, m.key, m.team_id, m.members FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[],"
            " %s::bigint[]) AS p(name, dim, key, team_id) JOIN analytics_memberset m USING (name, dim, key, team_id)",
            [list(column) for column in zip(*places, strict=True)],
            binary=True,
        )
        return {row[:4]: BitMap.deserialize(row[4]) for row in cursor}


def change_sets(
    cursor: CursorWrapper,
    changes: dict[SetPlace, tuple[BitMap, BitMap]],
    kept: dict[SetPlace, BitMap] | None = None,
) -> None:
    """Place → members to add, members to take away. ``kept``: what is there, if the caller has read it."""
    if kept is None:
        kept = kept_sets(list(changes))
    rows = []
    for place, (more, less) in changes.items():
        members = (kept.get(place, BitMap()) | more) - less
        if members or place in kept:
            rows.append((*place, stored(members)))
    if not rows:
        return
    with binary_cursor() as binary:
        binary.execute(
            "INSERT INTO analytics_memberset (name, dim, key, team_id, members)"
            " SELECT * FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::bigint[], %b::bytea[])"
            " ON CONFLICT (name, dim, key, team_id) DO UPDATE SET members = excluded.members",
            [list(column) for column in zip(*rows, strict=True)],
        )
    # No row and an empty one mean the same: a rebuild must not tell them apart.
    cursor.execute("DELETE FROM analytics_memberset WHERE members = %s", [stored(BitMap())])
