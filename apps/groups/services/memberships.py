"""Who is in which group, and what derives from it: ``Group.member_count`` and ``members.MemberTeam`` (S1)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.errors import Invalid, WrongState
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record
from apps.groups.enums import MembershipRole, MembershipSource
from apps.groups.models import Group, Membership
from apps.members.models import Member


@transaction.atomic
def add_member(
    *,
    group: Group,
    member: Member,
    actor: User | None,
    now: datetime,
    role: str = MembershipRole.MEMBER,
    source: str = MembershipSource.MANUAL,
    joined_at: datetime | None = None,
) -> Membership:
    """Open a stay of ``member`` in ``group``. Raises ``Invalid`` if the group is full or they are in it."""
    group = Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    if Membership.objects.current().filter(group=group, member=member).exists():
        raise Invalid(_("这位成员已经在群里了。"), field="member")
    if Membership.objects.current().filter(group=group).count() >= group.capacity:
        raise Invalid(_("群已满员。"), hint=_("请先调整容量，或换一个群。"), field="group")
    stay = Membership.objects.create(
        group=group, member=member, role=role, source=source, joined_at=joined_at or now
    )
    record([_event(stay, EventKind.GROUP_JOINED, stay.joined_at, actor)])
    refresh_member_counts([group.pk])
    refresh_member_teams([member.pk])
    return stay


@transaction.atomic
def end_membership(*, membership: Membership, actor: User | None, now: datetime) -> Membership:
    """Close a stay. Raises ``WrongState`` if it is closed already."""
    updated = Membership.objects.filter(pk=membership.pk, left_at__isnull=True).update(
        left_at=max(now, membership.joined_at), updated_at=now
    )
    if not updated:
        raise WrongState(_("这位成员已经不在群里。"))
    membership.refresh_from_db()
    record([_event(membership, EventKind.GROUP_LEFT, now, actor)])
    refresh_member_counts([membership.group_id])
    return membership


def refresh_member_counts(group_ids: Iterable[int] | None = None) -> int:
    """Set ``Group.member_count`` to the number of current stays; None: all groups. Returns how many were wrong."""
    ids = None if group_ids is None else list(group_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE groups_group g SET member_count = s.total FROM (SELECT g.id, count(m.id) AS total"
            "   FROM groups_group g LEFT JOIN groups_membership m ON m.group_id = g.id AND m.left_at IS NULL"
            "   WHERE %(ids)s::bigint[] IS NULL OR g.id = ANY(%(ids)s) GROUP BY g.id) s"
            " WHERE s.id = g.id AND g.member_count <> s.total",
            {"ids": ids},
        )
        return cursor.rowcount


def refresh_member_teams(member_ids: Iterable[int] | None = None) -> int:
    """Bring ``MemberTeam`` in line: one row per team with a group that the member is or was in.

    None: all members (after a group changed its team). Returns how many rows were added or removed.
    """
    ids = None if member_ids is None else list(member_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH truth AS (SELECT DISTINCT m.member_id, g.team_id FROM groups_membership m"
            "   JOIN groups_group g ON g.id = m.group_id WHERE g.team_id IS NOT NULL"
            "   AND (%(ids)s::bigint[] IS NULL OR m.member_id = ANY(%(ids)s))),"
            " gone AS (DELETE FROM members_memberteam t"
            "   WHERE (%(ids)s::bigint[] IS NULL OR t.member_id = ANY(%(ids)s)) AND NOT EXISTS"
            "   (SELECT 1 FROM truth WHERE truth.member_id = t.member_id AND truth.team_id = t.team_id) RETURNING 1),"
            " come AS (INSERT INTO members_memberteam (member_id, team_id) SELECT member_id, team_id FROM truth"
            "   ON CONFLICT DO NOTHING RETURNING 1)"
            " SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM come)",
            {"ids": ids},
        )
        return int(cursor.fetchone()[0])


def _event(stay: Membership, kind: EventKind, at: datetime, actor: User | None) -> Event:
    return Event(
        kind=kind,
        key=f"{kind.value}:{stay.pk}",
        occurred_at=at,
        team_id=stay.group.team_id,
        actor=actor,
        group_id=stay.group_id,
        member_id=stay.member_id,
        subject=f"groups.membership:{stay.pk}",
        data={"source": stay.source},
    )
