"""Writing down what a visit led to, once per thing."""

import json
from datetime import datetime

from django.db import connection, transaction

from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Visitor
from apps.h5.selectors.attribution import Ends, ends_of, touches_of
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.facts import CONVERTED, came_by
from apps.members.models import Member


@transaction.atomic
def record_conversion(
    *,
    kind: ConversionKind | str,
    ref: int,
    run_id: int,
    member_id: int,
    visitor_token: str,
    now: datetime,
    ends: Ends | None = None,
) -> None:
    """The member did ``kind`` (``ref``: id of the entry or contribution) in a run, in the browser of that token.

    The first record stays: a repeat with the same (run, kind, ref) changes nothing (C11). A browser that nobody
    has logged in with yet becomes the member's. ``ends``: its touches, where the caller has looked already.
    """
    token_hash = hash_of(visitor_token)
    if token_hash:
        Visitor.objects.filter(token_hash=token_hash, member__isnull=True).update(member=member_id)
    _record(kind, ref, run_id, member_id, token_hash, now, ends)


def record_logins(*, member_id: int, token_hash: str, now: datetime) -> None:
    """A log-in counts once per member for every run whose page this member has seen."""
    touches = touches_of(member_id=member_id, token_hash=token_hash, now=now)
    known = Conversion.objects.filter(kind=ConversionKind.LOGIN, ref=member_id).values("run_id")
    for run_id in sorted(set(touches.exclude(run_id__in=known).values_list("run_id", flat=True))):
        _record(ConversionKind.LOGIN, member_id, run_id, member_id, token_hash, now)


def _record(
    kind: ConversionKind | str,
    ref: int,
    run_id: int,
    member_id: int,
    token_hash: str,
    now: datetime,
    ends: Ends | None = None,
) -> None:
    ends = ends or ends_of(run_id=run_id, member_id=member_id, token_hash=token_hash, now=now)
    known = Member.objects.filter(pk=member_id).values_list("created_at", "joined_at").get()
    since = min(at for at in known if at is not None)
    # New to us: their first visit came before we knew them.
    is_new = ends.first is not None and since >= ends.first.at
    first, last = came_by(ends.first), came_by(ends.last)
    opening = first.words() | ({"group": first.group_id} if first.group_id else {})
    about = {"kind": str(kind), "is_new": is_new, "first": opening, **last.words()}
    if ends.last is not None and ends.last.link_id:
        about["link"] = ends.last.link_id
    with connection.cursor() as cursor:
        cursor.execute(
            CONVERTED,
            {
                "kind": str(kind),
                "ref": ref,
                "run": run_id,
                "member": member_id,
                "is_new": is_new,
                "first": None if ends.first is None else ends.first.pk,
                "last": None if ends.last is None else ends.last.pk,
                "now": now,
                "group": last.group_id,
                "about": json.dumps(about),
            },
        )
