"""Playing a run through the engine in tests, each action with a key of its own."""

from itertools import count
from typing import Any

from django.utils import timezone

from apps.campaigns.models import Entry, Run
from apps.campaigns.services.engine import Outcome, act, open_entry
from apps.members.models import Member

_keys = count(1)


def start(run: Run, member: Member, *, key: str = "", **params: Any) -> Entry:
    """The member opens an entry; returns it as stored."""
    outcome = open_entry(
        run_id=run.pk, member_id=member.pk, params=params, key=key or f"key-{next(_keys)}", now=timezone.now()
    )
    return Entry.objects.get(pk=outcome.entry_id)


def play(entry: Entry, verb: str, member: Member, *, key: str = "", **params: Any) -> Outcome:
    """The member plays a verb on the entry."""
    return act(
        code=entry.code,
        verb=verb,
        member_id=member.pk,
        params=params,
        key=key or f"key-{next(_keys)}",
        now=timezone.now(),
    )
