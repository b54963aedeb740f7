"""The live board of a run (C7): best score first, who reached it earlier before who reached it later.

Rows come along the board's index. One's own rank among 100,000 would be a long count, so every 256th entry of the
order, a fence post, is kept in the cache for some seconds: then only those between a post and oneself are counted.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.selectors.names import public_name
from apps.core.remembered import remembered

#: Entries between two posts, and how long posts are kept, in seconds.
APART = 256
KEPT = 10

_ORDER = (F("score").desc(), F("score_at"), F("id"))
_BACK = (F("score"), F("score_at").desc(), F("id").desc())
#: Index conditions only: the two ends of the stretch within their own scores, and the scores between them.
_SAME = "run_id = %s AND state <> 'cancelled' AND score = %s"
_COUNT_WITHIN = f"SELECT count(*) FROM campaigns_entry WHERE {_SAME} AND (score_at, id) >= (%s, %s) AND (score_at, id) < (%s, %s)"
_COUNT_ACROSS = f"""
SELECT (SELECT count(*) FROM campaigns_entry WHERE {_SAME} AND (score_at, id) >= (%s, %s))
  + (SELECT count(*) FROM campaigns_entry WHERE run_id = %s AND state <> 'cancelled' AND score < %s AND score > %s)
  + (SELECT count(*) FROM campaigns_entry WHERE {_SAME} AND (score_at, id) < (%s, %s))"""
#: The nearest entry ahead: of those with the same score who reached it just before, else of those with a better one.
_NEXT = f"""
(SELECT score FROM campaigns_entry WHERE {_SAME} AND (score_at, id) < (%s, %s)
 ORDER BY score_at DESC, id DESC LIMIT 1)
UNION ALL
(SELECT score FROM campaigns_entry WHERE run_id = %s AND state <> 'cancelled' AND score > %s
 ORDER BY score LIMIT 1)
LIMIT 1"""
_POSTS = """
SELECT place, score, score_at, id, total FROM (
  SELECT score, score_at, id, row_number() OVER (ORDER BY score DESC, score_at, id) AS place, count(*) OVER () AS total
  FROM campaigns_entry WHERE run_id = %s AND state <> 'cancelled') AS t
WHERE place %% %s = 1 ORDER BY place"""


@dataclass(frozen=True)
class BoardRow:
    """One entry. ``name`` is the owner's nickname as strangers see it, ``title`` a team's name or "".

    ``rank`` is the settled one once there is one.
    """

    rank: int
    code: str
    name: str
    title: str
    score: Decimal
    score_at: datetime
    is_mine: bool


@dataclass(frozen=True)
class Board:
    """``total`` entries are on it, counted at most ``KEPT`` seconds ago. ``mine``: the best entry that the viewer
    owns or has a seat in; ``gap``: how much the next entry ahead has more, ``None`` for the first and for nobody."""

    rows: tuple[BoardRow, ...]
    total: int
    mine: BoardRow | None = None
    gap: Decimal | None = None


@dataclass(frozen=True)
class Standing:
    """Where one entry stands: ``gap`` is how much the next one ahead has more, ``None`` for the first."""

    rank: int
    total: int
    gap: Decimal | None


@dataclass(frozen=True)
class _Posts:
    """Places (1-based) and keys of every ``APART``-th entry, best first."""

    places: tuple[int, ...]
    keys: tuple[tuple[Decimal, datetime, int], ...]
    total: int


def board(
    *, run_id: int, limit: int = 50, member_id: int | None = None, now: datetime, is_around: bool = False
) -> Board:
    """The best ``limit`` entries, or those around the viewer's own; cancelled ones are not on it.

    A rank is exact for the database as it is if nothing has changed since the posts were set (``KEPT`` seconds at
    most), and off by at most what has changed since.
    """
    entries = Entry.objects.filter(run_id=run_id).exclude(state=EntryState.CANCELLED).select_related("owner")
    posts = _posts(run_id)
    own = _own(entries, run_id, member_id) if member_id is not None else None
    rank = _rank(own, posts) if own else 0
    if own and is_around:
        above = _ahead(entries, own, limit // 2)[::-1]
        first = rank - len(above)
        found = [*above, own, *_behind(entries, own, limit - 1 - len(above))]
    else:
        first, found = 1, list(entries.order_by(*_ORDER)[:limit])
    own_id = own.pk if own else None
    nearest = _ahead(entries, own, 1) if own else []
    return Board(
        rows=tuple(_row(entry, first + number, own_id) for number, entry in enumerate(found)),
        total=posts.total,
        mine=_row(own, rank, own_id) if own else None,
        gap=nearest[0].score - own.score if own and nearest else None,
    )


def standing_of(entry: Entry) -> Standing | None:
    """The entry's place without the rows around it: two queries while the posts are kept. A cancelled entry has none."""
    if entry.state == EntryState.CANCELLED:
        return None
    posts = _posts(entry.run_id)
    run, score = entry.run_id, entry.score
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [run, score, entry.score_at, entry.pk, run, score])
        ahead = cursor.fetchone()
    return Standing(
        rank=entry.rank or _rank(entry, posts), total=posts.total, gap=ahead[0] - score if ahead else None
    )


def _own(entries: QuerySet[Entry], run_id: int, member_id: int) -> Entry | None:
    """The viewer's best entry, as owner or by a counted seat."""
    seats = Contribution.objects.filter(
        run_id=run_id, member_id=member_id, is_seat=True, state=PartState.COUNTED
    )
    owned = entries.filter(owner_id=member_id).order_by(*_ORDER).first()
    seated = entries.filter(pk__in=seats.values("entry_id")).order_by(*_ORDER).first()
    return min((one for one in (owned, seated) if one), key=_place_key, default=None)


def _place_key(entry: Entry) -> tuple[Decimal, datetime, int]:
    return (-entry.score, entry.score_at, entry.pk)


def _posts(run_id: int) -> _Posts:
    return remembered(f"campaigns:board:{run_id}", KEPT, lambda: _set_posts(run_id))


def _set_posts(run_id: int) -> _Posts:
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, [run_id, APART])
        found = cursor.fetchall()
    return _Posts(
        places=tuple(row[0] for row in found),
        keys=tuple((row[1], row[2], row[3]) for row in found),
        total=found[0][4] if found else 0,
    )


def _rank(entry: Entry, posts: _Posts) -> int:
    """The place of the last post that is not behind the entry, plus how many stand from that post to the entry."""
    post = _last_post(entry, posts)
    run, mine = entry.run_id, (entry.score_at, entry.pk)
    with connection.cursor() as cursor:
        if post is None:  # it has come in front of all posts since they were set
            cursor.execute(
                "SELECT (SELECT count(*) FROM campaigns_entry WHERE run_id = %s AND state <> 'cancelled' AND score > %s)"
                f" + (SELECT count(*) FROM campaigns_entry WHERE {_SAME} AND (score_at, id) < (%s, %s))",
                [run, entry.score, run, entry.score, *mine],
            )
            return int(cursor.fetchone()[0]) + 1
        place, (score, at, pk) = post
        if score == entry.score:
            cursor.execute(_COUNT_WITHIN, [run, score, at, pk, *mine])
        else:
            values: list[Any] = [run, score, at, pk, run, score, entry.score, run, entry.score, *mine]
            cursor.execute(_COUNT_ACROSS, values)
        return place + int(cursor.fetchone()[0])


def _last_post(entry: Entry, posts: _Posts) -> tuple[int, tuple[Decimal, datetime, int]] | None:
    low, high = 0, len(posts.keys)
    mine = _place_key(entry)
    while low < high:
        middle = (low + high) // 2
        score, at, pk = posts.keys[middle]
        if (-score, at, pk) <= mine:
            low = middle + 1
        else:
            high = middle
    return (posts.places[low - 1], posts.keys[low - 1]) if low else None


def _ahead(entries: QuerySet[Entry], entry: Entry, limit: int) -> list[Entry]:
    """The nearest ``limit`` before the entry, nearest first."""
    tied = Q(score_at__lt=entry.score_at) | Q(score_at=entry.score_at, pk__lt=entry.pk)
    found = list(
        entries.filter(tied, score=entry.score).order_by(F("score_at").desc(), F("id").desc())[:limit]
    )
    if len(found) < limit:
        found += entries.filter(score__gt=entry.score).order_by(*_BACK)[: limit - len(found)]
    return found


def _behind(entries: QuerySet[Entry], entry: Entry, limit: int) -> list[Entry]:
    """The nearest ``limit`` after the entry."""
    tied = Q(score_at__gt=entry.score_at) | Q(score_at=entry.score_at, pk__gt=entry.pk)
    found = list(entries.filter(tied, score=entry.score).order_by(F("score_at"), F("id"))[:limit])
    if len(found) < limit:
        found += entries.filter(score__lt=entry.score).order_by(*_ORDER)[: limit - len(found)]
    return found


def _row(entry: Entry, place: int, own_id: int | None) -> BoardRow:
    return BoardRow(
        rank=entry.rank or place,
        code=entry.code,
        name=public_name(entry.owner.nickname),
        title=entry.title,
        score=entry.score,
        score_at=entry.score_at,
        is_mine=entry.pk == own_id,
    )
