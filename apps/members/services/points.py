"""Changing a balance: by hand, by a campaign, or many at once (M4)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record
from apps.members.enums import PointsReason
from apps.members.models import Member, PointsEntry
from apps.members.selectors.teams import ONLY_TEAM, only_team_of

_MOST = 1_000_000_000
#: What a change says in the log, over ``e`` (the ledger's new row) and ``g`` (its team and what it is about).
_FACT = f"""
INSERT INTO events_event (occurred_at, kind, key, team_id, member_id, subject, value, data)
SELECT %(now)s, '{EventKind.POINTS_CHANGED.value}', 'points:' || e.id,
  coalesce(g.team_id, {ONLY_TEAM.format(member="e.member_id")}), e.member_id, 'points:' || e.id, e.delta,
  g.about || jsonb_build_object('reason', %(reason)s::text)"""


@transaction.atomic
def adjust_points(
    *, member: Member, delta: int, actor: User | None, now: datetime, reason: str, key: str
) -> PointsEntry:
    """Add ``delta`` points (may be negative) with a ledger entry and an audit row.

    ``key`` makes a repeated submission one change: the second returns the first's entry. Raises ``Invalid``
    for no change, no reason, or a balance that would fall below zero (M4).
    """
    if delta == 0 or abs(delta) > _MOST:
        raise Invalid(_("请填要增加或减少的积分。"), hint=_("减少时写负数，例如 -100。"), field="delta")
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("它会出现在积分流水和审计里。"), field="reason")
    full_key = f"adjust:{member.pk}:{key}"[:120]
    # The update comes first: it locks the row, so that two submissions stand in line.
    updated = Member.objects.filter(
        pk=member.pk, points_balance__gte=max(0, -delta), points_balance__lte=2_147_483_647 - max(0, delta)
    ).update(points_balance=F("points_balance") + delta, updated_at=now)
    if earlier := PointsEntry.objects.filter(key=full_key).first():
        transaction.set_rollback(True)
        return earlier
    if not updated:
        member.refresh_from_db(fields=["points_balance"])
        raise Invalid(
            _("积分不够：现有 %(balance)d 分。") % {"balance": member.points_balance},
            hint=_("最多可减到 0。"),
            field="delta",
        )
    entry = PointsEntry.objects.create(
        member=member, delta=delta, reason=PointsReason.ADJUST, key=full_key, note=reason[:200], at=now
    )
    record(
        [
            Event(
                occurred_at=now,
                kind=EventKind.POINTS_CHANGED,
                key=f"points:{entry.pk}",
                team_id=only_team_of(member.pk),
                actor=actor,
                member_id=member.pk,
                subject=f"points:{entry.pk}",
                value=delta,
                data={"reason": PointsReason.ADJUST.value},
            )
        ]
    )
    audit(actor=actor, action="member.adjust_points", target=member, reason=reason[:500], delta=delta)
    member.refresh_from_db(fields=["points_balance", "updated_at"])
    return entry


@transaction.atomic(savepoint=False)
def move_points(
    *,
    member_id: int,
    delta: int,
    key: str,
    note: str,
    now: datetime,
    reason: PointsReason = PointsReason.CAMPAIGN,
    team_id: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> bool:
    """Change a balance by ``delta`` with a ledger entry, once per ``key``; False if ``key`` was known already.

    ``team_id`` and ``about`` (run, campaign) say in the fact what it was for; without a team it is the member's only
    one.

    Raises ``Invalid`` with code ``no_points`` if the balance would fall below zero (M4). It opens no savepoint:
    who means to go on after a refusal calls it in an ``atomic`` block of its own.
    """
    if delta == 0 or abs(delta) > _MOST:
        raise ValueError(f"points cannot change by {delta}")
    with connection.cursor() as cursor:
        # The row's lock comes first, so that the second statement sees what an earlier one with this key wrote.
        cursor.execute(
            "SELECT points_balance FROM members_member WHERE id = %s FOR NO KEY UPDATE", [member_id]
        )
        found = cursor.fetchone()
        if found is None:
            raise Member.DoesNotExist(f"member {member_id}")
        cursor.execute(
            """
            WITH m AS (
              UPDATE members_member SET points_balance = points_balance + %(delta)s, updated_at = %(now)s
              WHERE id = %(member)s AND points_balance + %(delta)s BETWEEN 0 AND 2147483647
                AND NOT EXISTS (SELECT 1 FROM members_pointsentry WHERE key = %(key)s)
              RETURNING id),
            e AS (
              INSERT INTO members_pointsentry (member_id, delta, reason, key, note, at)
              SELECT m.id, %(delta)s, %(reason)s, %(key)s, %(note)s, %(now)s FROM m
              RETURNING id, member_id, delta),
            g AS (SELECT %(team)s::bigint AS team_id, %(about)s::jsonb AS about),
            fact AS ("""
            + _FACT
            + """ FROM e, g)
            SELECT id FROM e
            """,
            {
                "delta": delta,
                "now": now,
                "member": member_id,
                "key": key,
                "reason": reason.value,
                "note": note[:200],
                "team": team_id,
                "about": json.dumps(dict(about or {})),
            },
        )
        if cursor.fetchone():
            return True
        cursor.execute("SELECT 1 FROM members_pointsentry WHERE key = %s", [key])
        if cursor.fetchone():
            return False
        if delta > 0:
            raise Invalid(_("积分超出了上限。"), hint=_("先用掉一些积分。"), code="too_many_points")
        raise Invalid(
            _("积分不够：现有 %(balance)d 分。") % {"balance": found[0]},
            hint=_("先攒够积分再来。"),
            code="no_points",
        )


@dataclass(frozen=True)
class PointsGift:
    """``points`` (≥ 1) for a member, once per ``key``; ``team_id`` and ``about`` as in :func:`move_points`."""

    member_id: int
    points: int
    key: str
    note: str = ""
    team_id: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def give_points(
    *, gifts: Sequence[PointsGift], now: datetime, reason: PointsReason = PointsReason.CAMPAIGN
) -> int:
    """Add points to many members in two statements, each gift once; returns how many were new (M4).

    Members are locked by ascending id; a single one is locked by its own update.
    """
    if not gifts:
        return 0
    members = {gift.member_id for gift in gifts}
    with connection.cursor() as cursor:
        if len(members) > 1:
            cursor.execute(
                "SELECT count(*) FROM (SELECT id FROM members_member WHERE id = ANY(%s)"
                " ORDER BY id FOR NO KEY UPDATE) locked",
                [list(members)],
            )
        cursor.execute(
            """
            WITH entry AS (
              INSERT INTO members_pointsentry (member_id, delta, reason, key, note, at)
              SELECT g.member_id, g.points, %(reason)s, g.key, g.note, %(now)s
              FROM unnest(%(members)s::bigint[], %(points)s::int[], %(keys)s::text[], %(notes)s::text[])
                AS g(member_id, points, key, note)
              ON CONFLICT (key) DO NOTHING RETURNING id, member_id, delta, key),
            fact AS ("""
            + _FACT
            + """ FROM entry e JOIN (
                SELECT DISTINCT ON (key) * FROM unnest(%(keys)s::text[], %(teams)s::bigint[], %(abouts)s::jsonb[])
                  AS u(key, team_id, about)) g USING (key)),
            changed AS (
              UPDATE members_member m SET points_balance = m.points_balance + s.total, updated_at = %(now)s
              FROM (SELECT member_id, sum(delta) AS total FROM entry GROUP BY 1) s WHERE m.id = s.member_id)
            SELECT count(*) FROM entry
            """,
            {
                "reason": reason.value,
                "now": now,
                "members": [gift.member_id for gift in gifts],
                "points": [gift.points for gift in gifts],
                "keys": [gift.key for gift in gifts],
                "notes": [gift.note[:200] for gift in gifts],
                "teams": [gift.team_id for gift in gifts],
                "abouts": [json.dumps(dict(gift.about)) for gift in gifts],
            },
        )
        return cursor.fetchone()[0]
