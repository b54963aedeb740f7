"""Members act: the engine does it, and what the visit led to is written down."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.campaigns.enums import PartState
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.services.engine import Origin, Outcome, act, open_entry
from apps.core.failpoints import failpoint
from apps.h5.enums import ConversionKind
from apps.h5.selectors.attribution import ends_of
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.attribution import record_conversion
from apps.h5.services.facts import came_by


def open_as_member(
    *,
    run_id: int,
    member_id: int,
    params: Mapping[str, Any],
    key: str,
    origin: Origin,
    visitor_token: str,
    now: datetime,
) -> Outcome:
    """As the engine's ``open_entry``. The repeat of a key writes nothing twice (C11)."""
    ends = ends_of(run_id=run_id, member_id=member_id, token_hash=hash_of(visitor_token), now=now)
    origin = replace(origin, came=came_by(ends.last))
    outcome = open_entry(run_id=run_id, member_id=member_id, params=params, key=key, now=now, origin=origin)
    failpoint("h5.played")
    record_conversion(
        kind=ConversionKind.ENTRY,
        ref=outcome.entry_id,
        run_id=run_id,
        member_id=member_id,
        visitor_token=visitor_token,
        now=now,
        ends=ends,
    )
    return outcome


def act_as_member(
    *,
    code: str,
    verb: str,
    member_id: int,
    params: Mapping[str, Any],
    key: str,
    origin: Origin,
    visitor_token: str,
    now: datetime,
) -> Outcome:
    """As the engine's ``act``. Somebody else's first contribution to an entry is what the visit led to."""
    run = Entry.objects.filter(code=code).values("run_id")[:1]
    ends = ends_of(run_id=run, member_id=member_id, token_hash=hash_of(visitor_token), now=now)
    origin = replace(origin, came=came_by(ends.last))
    outcome = act(code=code, verb=verb, member_id=member_id, params=params, key=key, now=now, origin=origin)
    failpoint("h5.played")
    part = _first_part(outcome.entry_id, member_id)
    if part is not None:
        record_conversion(
            kind=ConversionKind.PART,
            ref=part.pk,
            run_id=part.run_id,
            member_id=member_id,
            visitor_token=visitor_token,
            now=now,
            ends=ends,
        )
    return outcome


def _first_part(entry_id: int, member_id: int) -> Contribution | None:
    rows = Contribution.objects.filter(entry_id=entry_id, member_id=member_id).exclude(state=PartState.VOID)
    return rows.exclude(entry__owner_id=member_id).order_by("id").first()
