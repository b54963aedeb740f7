"""Which visits a deed is owed to.

A member's touches are those of every browser known to be theirs, so that who clicked on a phone and acted on a
computer keeps the first touch. The last one is the last that came from somewhere: a link, a UTM, another site;
typing the address does not take the merit away. Touches older than 90 days, and those by one's own link, are none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from apps.h5.models import Touch

WINDOW = timedelta(days=90)
#: A browser that is known as another member's: only this sitting's touches are taken for whoever acts now.
SITTING = timedelta(minutes=30)
DIRECT = Q(link__isnull=True, utm={}, referrer="")


@dataclass(frozen=True)
class Ends:
    """First and last touch; both ``None`` for somebody who never came by a page of the run."""

    first: Touch | None
    last: Touch | None


def touches_of(*, member_id: int, token_hash: str, now: datetime) -> QuerySet[Touch]:
    """Touches within the window that count for the member who acts in the browser ``token_hash`` ("" for none)."""
    mine = Q(visitor__member_id=member_id)
    if token_hash:
        mine |= _here(token_hash, now)
    touches = Touch.objects.filter(mine, at__gt=now - WINDOW, at__lte=now)
    return touches.exclude(inviter_id=member_id).order_by("at", "id")


def ends_of(*, run_id: int | QuerySet[Any], member_id: int, token_hash: str, now: datetime) -> Ends:
    """First and last touch of the run (its id, or a query of one) for what the member does now."""
    touches = touches_of(member_id=member_id, token_hash=token_hash, now=now).filter(run_id=run_id)  # type: ignore[misc]  # a query of one is a value too
    first = touches.first()
    if first is None:
        return Ends(None, None)
    return Ends(first, touches.exclude(DIRECT).last() or touches.last())


def _here(token_hash: str, now: datetime) -> Q:
    is_nobodys = Q(visitor__member__isnull=True) | Q(at__gt=now - SITTING)
    return Q(visitor__token_hash=token_hash) & is_nobodys
