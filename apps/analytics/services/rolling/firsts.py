"""Cohorts: who did something for the first time on which day."""

from collections import defaultdict
from datetime import date

from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap

from apps.analytics.metrics.facts import FIRST_KINDS
from apps.analytics.selectors.binary import binary_cursor
from apps.analytics.selectors.scope import HOUSE
from apps.analytics.services.rolling.sets import change_sets, kept_sets, stored

#: kind, team
type Line = tuple[str, int]
type Days = dict[date, BitMap]


def add_firsts(cursor: CursorWrapper) -> None:
    """Put who did something for the first time into that day's cohort; who came earlier than known moves there.

    A handful of statements, whatever the batch.
    """
    found = _read()
    places = {line: (f"ever:{line[0]}", "", "", line[1]) for line in found}
    kept = kept_sets(list(places.values()))
    fresh: dict[Line, Days] = {}
    known: dict[Line, Days] = {}
    more = {}
    for line, days in found.items():
        ever = kept.get(places[line], BitMap())
        fresh[line], known[line], seen = _parted(days, ever)
        if not seen <= ever:
            more[places[line]] = (seen, BitMap())
    later = _cohorts_after({line: min(days) for line, days in known.items() if days})
    changed = {line: _moved(known[line], days, fresh[line]) for line, days in later.items()}
    _put(cursor, fresh, changed)
    change_sets(cursor, more, kept)


def _read() -> dict[Line, Days]:
    found: dict[Line, Days] = defaultdict(dict)
    with binary_cursor() as binary:
        binary.execute(
            "SELECT kind, team_id, day, array_agg(member_id) FROM analytics_batch"
            " WHERE kind = ANY(%s) AND member_id IS NOT NULL GROUP BY 1, 2, 3",
            [[str(kind) for kind in FIRST_KINDS]],
            binary=True,
        )
        for kind, team_id, day, ids in binary:
            members = BitMap(ids)
            found[kind, team_id][day] = members
            house = found[kind, HOUSE]
            house[day] = house[day] | members if day in house else members
    return found


def _parted(days: Days, ever: BitMap) -> tuple[Days, Days, BitMap]:
    """Each member on the first of ``days``: those never seen before, those known, and all of them."""
    fresh: Days = {}
    known: Days = {}
    seen = BitMap()
    for day in sorted(days):
        members = days[day] - seen
        seen |= members
        if new := members - ever:
            fresh[day] = new
        if old := members & ever:
            known[day] = old
    return fresh, known, seen


def _cohorts_after(since: dict[Line, date]) -> dict[Line, Days]:
    """The cohorts after a day of each line."""
    found: dict[Line, Days] = defaultdict(dict)
    if not since:
        return found
    kinds, teams = zip(*since, strict=True)
    with binary_cursor() as binary:
        binary.execute(
            "SELECT f.kind, f.team_id, f.day, f.members"
            " FROM unnest(%s::varchar[], %s::bigint[], %s::date[]) AS p(kind, team_id, since)"
            " JOIN analytics_firstday f ON f.kind = p.kind AND f.team_id = p.team_id AND f.day > p.since",
            [list(kinds), list(teams), list(since.values())],
            binary=True,
        )
        for kind, team_id, day, members in binary:
            found[kind, team_id][day] = BitMap.deserialize(members)
    return found


def _moved(known: Days, later: Days, fresh: Days) -> Days:
    """Late facts: who has a day in ``known`` before the cohort of ``later`` goes to ``fresh`` of that day.

    Returns the cohorts that somebody left."""
    changed: Days = {}
    for day, cohort in later.items():
        moved = BitMap()
        for earlier, members in known.items():
            if earlier < day and (here := (members & cohort) - moved):
                moved |= here
                fresh[earlier] = fresh[earlier] | here if earlier in fresh else here
        if moved:
            changed[day] = cohort - moved
    return changed


def _put(cursor: CursorWrapper, fresh: dict[Line, Days], changed: dict[Line, Days]) -> None:
    """Write the cohorts that lost members, then add ``fresh`` to what is there."""
    rows = {
        (kind, team_id, day): members
        for (kind, team_id), days in changed.items()
        for day, members in days.items()
    }
    more = {
        (kind, team_id, day): members
        for (kind, team_id), days in fresh.items()
        for day, members in days.items()
    }
    with binary_cursor() as binary:
        if more:
            binary.execute(
                "SELECT f.kind, f.team_id, f.day, f.members"
                " FROM unnest(%s::varchar[], %s::bigint[], %s::date[]) AS p(kind, team_id, day)"
                " JOIN analytics_firstday f USING (kind, team_id, day)",
                [list(column) for column in zip(*more, strict=True)],
                binary=True,
            )
            for kind, team_id, day, members in binary:
                rows.setdefault((kind, team_id, day), BitMap.deserialize(members))
        for place, members in more.items():
            rows[place] = rows[place] | members if place in rows else members
        if not rows:
            return
        binary.execute(
            "INSERT INTO analytics_firstday (kind, team_id, day, members)"
            " SELECT * FROM unnest(%s::varchar[], %s::bigint[], %s::date[], %b::bytea[])"
            " ON CONFLICT (kind, team_id, day) DO UPDATE SET members = excluded.members",
            [*(list(column) for column in zip(*rows, strict=True)), [stored(one) for one in rows.values()]],
        )
    if changed:
        cursor.execute("DELETE FROM analytics_firstday WHERE members = %s", [stored(BitMap())])
