"""One person joins or leaves one group by hand. Files of members go through the importer instead."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, WrongState
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record
from apps.groups.enums import GroupStage, MembershipRole, MembershipSource
from apps.groups.models import Group, Membership
from apps.groups.services.memberships import refresh_member_counts, refresh_member_teams
from apps.members.models import Member


@transaction.atomic
def join(
    *,
    group: Group,
    member: Member,
    actor: User | None,
    now: datetime,
    role: str = MembershipRole.MEMBER,
    source: str = MembershipSource.MANUAL,
) -> Membership:
    """Open a membership. Raises ``WrongState`` for a closed group, ``Invalid`` if the group is full or the
    member is in it already."""
    group = Group.objects.select_for_update().get(pk=group.pk)
    if group.stage == GroupStage.CLOSED:
        raise WrongState(_("“%s”已经结束，不能再加人。") % group)
    current = Membership.objects.current().filter(group=group)
    if current.filter(member=member).exists():
        raise Invalid(_("这位成员已经在群里了。"), field="member")
    if current.count() >= group.capacity:
        raise Invalid(
            _("“%s”满员了（%d 人）。") % (group, group.capacity), hint=_("请换一个群，或调大容量。")
        )
    membership = Membership.objects.create(
        group=group, member=member, role=role, source=source, joined_at=now
    )
    _settle(membership, kind=EventKind.GROUP_JOINED, actor=actor, now=now)
    return membership


@transaction.atomic
def leave(*, membership: Membership, actor: User | None, now: datetime) -> Membership:
    """Close a membership; the stay remains on record. Raises ``WrongState`` if it is closed already."""
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.left_at is not None:
        raise WrongState(_("这位成员已经退群了。"))
    membership.left_at = max(now, membership.joined_at)
    membership.save(update_fields=["left_at", "updated_at"])
    _settle(membership, kind=EventKind.GROUP_LEFT, actor=actor, now=now)
    return membership


def _settle(membership: Membership, *, kind: str, actor: User | None, now: datetime) -> None:
    group = membership.group
    refresh_member_counts([group.pk])
    refresh_member_teams([membership.member_id])
    record(
        [
            Event(
                occurred_at=now,
                kind=kind,
                key=f"{kind}:{membership.pk}",
                team=group.team,
                actor=actor,
                group_id=group.pk,
                member_id=membership.member_id,
            )
        ]
    )
    audit(actor=actor, action=kind, target=group, membership=membership.pk)
