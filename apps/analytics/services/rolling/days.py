"""Adding a batch to the days and hours. Sums and unions: whatever comes late or in pieces, the result is the same."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import AGAIN, HOUR_KINDS, KEYS, NOT_BY
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.services.rolling.sets import stored
from apps.events.enums import EventKind

#: dim, kind, day, team, key, variant
type Place = tuple[str, str, date, int, str, str]

#: Every scroll of every visitor: kept in total and by run, without who.
_COARSE = "('page.section_viewed', 'page.dwelled', 'page.tapped')"


@dataclass(slots=True)
class Piece:
    """What a batch adds to one row."""

    count: int
    value: Decimal
    members: BitMap | None


def add_days(cursor: CursorWrapper, *, is_whole: bool = False) -> None:
    """Add ``analytics_batch`` to ``analytics_dayfigure``. The caller holds the watermark's lock: one writer at a time.

    ``is_whole``: nothing of its days is there yet.
    """
    pieces = _read(
        "\nUNION ALL\n".join(_select(dim) for dim in (Dimension.TOTAL, *KEYS)),
    )
    if is_whole:
        _copy(cursor, "analytics_dayfigure", pieces)
        return
    kept = _kept_sets([place for place, piece in pieces.items() if piece.members])
    _find_repeats(pieces, kept)
    for place, piece in pieces.items():
        if piece.members is not None and place in kept:
            piece.members |= kept[place]
            if place[1] == AGAIN:
                piece.count = len(piece.members) - len(kept[place])
    _write(cursor, pieces)


def _select(dim: Dimension) -> str:
    key, wanted = (
        ("''::varchar", "true")
        if dim == Dimension.TOTAL
        else (f"d_{dim.value}", f"d_{dim.value} IS NOT NULL")
    )
    coarse = "true" if dim in (Dimension.TOTAL, Dimension.RUN) else f"kind NOT IN {_COARSE}"
    if dim in NOT_BY:
        coarse += f" AND kind <> ALL('{{{','.join(NOT_BY[dim])}}}')"
    return (
        f"SELECT '{dim.value}', kind, day, team_id, {key}, variant, count(*), sum(value),"
        f" array_agg(member_id) FILTER (WHERE member_id IS NOT NULL AND kind NOT IN {_COARSE})"
        f" FROM analytics_batch WHERE {wanted} AND {coarse} GROUP BY kind, day, team_id, {key}, variant"
    )


def _read(sql: str) -> dict[Place, Piece]:
    pieces: dict[Place, Piece] = {}
    with binary_cursor() as cursor:
        cursor.execute(sql, binary=True)
        for dim, kind, day, team_id, key, variant, count, value, members in cursor:
            found = None if members is None else BitMap(members)
            pieces[dim, kind, day, team_id, key, variant] = Piece(count, value, found)
            if kind == EventKind.ORDER_PAID and found is not None and len(found) < len(members):
                again = BitMap(member for member, n in Counter(members).items() if n > 1)
                pieces[dim, AGAIN, day, team_id, key, ""] = Piece(len(again), Decimal(0), again)
    return pieces


def _find_repeats(pieces: dict[Place, Piece], kept: dict[Place, BitMap]) -> None:
    """A paid order of somebody who has one on that day already, from an earlier batch."""
    for place in [place for place in pieces if place[1] == EventKind.ORDER_PAID and place in kept]:
        both = kept[place] & (pieces[place].members or BitMap())
        if not both:
            continue
        dim, _kind, day, team_id, key, _variant = place
        again = pieces.setdefault((dim, AGAIN, day, team_id, key, ""), Piece(0, Decimal(0), BitMap()))
        again.members = both | (again.members or BitMap())
        again.count = len(again.members)


def _kept_sets(places: list[Place]) -> dict[Place, BitMap]:
    if not places:
        return {}
    paid = [
        (dim, AGAIN, day, team, key, "")
        for dim, kind, day, team, key, _v in places
        if kind == EventKind.ORDER_PAID
    ]
    columns = [list(column) for column in zip(*{*places, *paid}, strict=True)]
    with binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT f.dim, f.kind, f.day, f.team_id, f.key, f.variant, f.members
            FROM unnest(%s::varchar[], %s::varchar[], %s::date[], %s::bigint[], %s::varchar[], %s::varchar[])
              AS p(dim, kind, day, team_id, key, variant)
            JOIN analytics_dayfigure f USING (dim, kind, day, team_id, key, variant) WHERE f.members IS NOT NULL
            """,
            columns,
            binary=True,
        )
        return {row[:6]: BitMap.deserialize(row[6]) for row in cursor}


_COLUMNS = "dim, kind, day, team_id, key, variant, count, value, members"


def _write(cursor: CursorWrapper, pieces: dict[Place, Piece]) -> None:
    cursor.execute("DROP TABLE IF EXISTS pg_temp.analytics_pieces")
    cursor.execute("CREATE TEMPORARY TABLE analytics_pieces (LIKE analytics_dayfigure)")
    _copy(cursor, "analytics_pieces", pieces)
    cursor.execute(
        f"""
        INSERT INTO analytics_dayfigure AS f ({_COLUMNS}) SELECT {_COLUMNS} FROM analytics_pieces
        ON CONFLICT (dim, kind, day, team_id, key, variant) DO UPDATE SET count = f.count + excluded.count,
          value = f.value + excluded.value, members = coalesce(excluded.members, f.members)
        """
    )
    cursor.execute("DROP TABLE pg_temp.analytics_pieces")


def _copy(cursor: CursorWrapper, table: str, pieces: dict[Place, Piece]) -> None:
    with cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:  # type: ignore[attr-defined]
        copy.set_types(
            ["varchar", "varchar", "date", "int8", "varchar", "varchar", "int8", "numeric", "bytea"]
        )
        for place, piece in pieces.items():
            copy.write_row((*place, piece.count, piece.value, stored(piece.members)))


def add_hours(cursor: CursorWrapper, since: date) -> None:
    """Add ``analytics_batch`` to ``analytics_hourfigure``: the days from ``since`` on, older hours are not kept."""
    parts = []
    for dim, kinds in HOUR_KINDS.items():
        key, wanted = (
            ("''::varchar", "true")
            if dim == Dimension.TOTAL
            else (f"d_{dim.value}", f"d_{dim.value} IS NOT NULL")
        )
        if kinds is not None:
            wanted += f" AND kind = ANY('{{{','.join(kinds)}}}')"
        parts.append(
            f"SELECT '{dim.value}' AS dim, kind, hour, team_id, {key} AS key, variant, count(*), sum(value)"
            f" FROM analytics_batch WHERE {wanted} AND kind NOT IN {_COARSE} AND day >= %(since)s"
            f" GROUP BY kind, hour, team_id, {key}, variant"
        )
    cursor.execute(
        "INSERT INTO analytics_hourfigure AS f (dim, kind, hour, team_id, key, variant, count, value) "
        + "\nUNION ALL\n".join(parts)
        + " ON CONFLICT (dim, kind, hour, team_id, key, variant) DO UPDATE"
        " SET count = f.count + excluded.count, value = f.value + excluded.value",
        {"since": since},
    )
