"""Entries whose time is over."""

import logging
from datetime import datetime

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.models import Entry
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.runs.telling import tell

logger = logging.getLogger(__name__)

#: Entries looked for at a time, and how often one tick looks; the next tick takes up the rest.
BATCH = 200
MOST_BATCHES = 25


def expire_due_entries(*, now: datetime, batch: int = BATCH) -> int:
    """Let every entry whose time is over come to its end by its mechanic; returns how many this call ended.

    Each in a transaction of its own, so that one that fails, and is told to people once, keeps nobody else's
    team from its refund. Entries that somebody is acting on just now are left to the next tick. Of two beats
    with the same entry the second finds it ended.
    """
    ended = 0
    after: tuple[datetime, int] | None = None
    for _number in range(MOST_BATCHES):
        due = _due(now, after, batch)
        ended += sum(end_entry(pk, now=now) for _expires_at, pk in due)
        if len(due) < batch:
            break
        after = due[-1]
    return ended


@transaction.atomic
def _due(now: datetime, after: tuple[datetime, int] | None, batch: int) -> list[tuple[datetime, int]]:
    """The next due entries after a place in the order, those held by somebody left out; (expires_at, id)."""
    due = Entry.objects.live().filter(expires_at__lte=now).order_by("expires_at", "pk")
    if after is not None:
        due = due.filter(Q(expires_at__gt=after[0]) | Q(expires_at=after[0], pk__gt=after[1]))
    free = due.select_for_update(skip_locked=True, no_key=True)
    return [(at, pk) for at, pk in free.values_list("expires_at", "pk")[:batch] if at is not None]


def end_entry(entry_id: int, *, now: datetime, is_closing: bool = False) -> bool:
    """Let one entry come to its end by its mechanic, in a transaction of its own; ``is_closing``: the run's window
    is over. Returns whether the mechanic was asked; one that fails is told to people once."""
    try:
        outcome = act_as_system(entry_id=entry_id, verb="expire", is_closing=is_closing, now=now)
        return outcome is not None
    except OperationalError as error:  # a deadlock, a lock that took too long: the next tick tries again
        logger.warning("entry %s is busy: %s", entry_id, error)
    except Exception as error:
        logger.exception("entry %s could not be ended", entry_id)
        entry = Entry.objects.select_related("run__campaign__owner").get(pk=entry_id)
        tell(
            entry.run,
            key=f"entry:{entry_id}:stuck",
            text=_("参与单 %(code)s 到期了却没能了结：%(error)s") % {"code": entry.code, "error": error},
            level=NoticeLevel.ERROR,
        )
    return False
