"""The live board of a run (C7): best score first, who reached it earlier before who reached it later."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from apps.campaigns.enums import EntryState
from apps.campaigns.models import Entry

_OUT = (EntryState.CANCELLED, EntryState.FAILED)
_ORDER = (F("score").desc(), F("score_at"), F("id"))
_BACK = (F("score"), F("score_at").desc(), F("id").desc())


def board(
    *, run_id: int, limit: int, member_id: int | None, now: datetime, is_around: bool = False
) -> dict[str, Any]:
    """``rows`` of the board, and ``mine``: the member's best entry with its rank, or ``None``.

    ``is_around``: rows around the member's own instead of from the top. Read along the board's index; only one's
    own rank is counted.
    """
    entries = Entry.objects.filter(run_id=run_id).exclude(state__in=_OUT).select_related("owner")
    own = entries.filter(owner_id=member_id).order_by(*_ORDER).first() if member_id else None
    rank = entries.filter(_before(own)).count() + 1 if own else 0
    if own and is_around:
        above = list(entries.filter(_before(own)).order_by(*_BACK)[: limit // 2])[::-1]
        first = rank - len(above)
        found = [*above, own, *_after(entries, own)[: limit - 1 - len(above)]]
    else:
        first, found = 1, list(entries.order_by(*_ORDER)[:limit])
    return {
        "rows": [_row(entry, first + number, member_id) for number, entry in enumerate(found)],
        "mine": _row(own, rank, member_id) if own else None,
    }


def _before(entry: Entry) -> Q:
    """Entries ahead of this one."""
    tied = Q(score=entry.score)
    return (
        Q(score__gt=entry.score)
        | (tied & Q(score_at__lt=entry.score_at))
        | (tied & Q(score_at=entry.score_at, pk__lt=entry.pk))
    )


def _after(entries: QuerySet[Entry], entry: Entry) -> QuerySet[Entry]:
    return (
        entries.exclude(_before(entry)).exclude(pk=entry.pk).filter(score__lte=entry.score).order_by(*_ORDER)
    )


def _row(entry: Entry, rank: int, member_id: int | None) -> dict[str, Any]:
    """The settled rank once there is one."""
    nickname = entry.owner.nickname
    return {
        "rank": entry.rank or rank,
        "name": f"{nickname[0]}**" if nickname else "**",
        "title": entry.title,
        "score": entry.score,
        "is_mine": entry.owner_id == member_id,
    }
