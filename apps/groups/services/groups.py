"""Changing groups: their stage, and who looks after them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.accounts.selectors.teams import assignable_teams
from apps.accounts.services.audit import audit
from apps.channels.enums import Platform
from apps.channels.models import Channel
from apps.core.errors import Invalid, NotAllowed
from apps.core.models import move
from apps.groups.enums import STAGE_MOVES, GroupStage
from apps.groups.models import Group
from apps.groups.services.memberships import refresh_member_teams


@transaction.atomic
def change_stage(*, group: Group, stage: str, actor: User | None, now: datetime, reason: str = "") -> Group:
    """Move ``group`` to another stage; the same stage again is no change. Raises ``WrongState``."""
    if group.stage == stage:
        return group
    before = group.stage
    move(group, stage, table=STAGE_MOVES, field="stage")
    audit(actor=actor, action="group.stage", target=group, reason=reason, before=before, after=stage)
    return group


@transaction.atomic
def close_group(*, group: Group, actor: User, now: datetime, reason: str) -> Group:
    """End a group: no post picks it any more. Needs a reason; sets its end date if it has none.

    Messages that are already scheduled stay: whoever scheduled them decides.
    """
    if not reason.strip():
        raise Invalid(_("请写一句结束的原因。"), hint=_("复盘时会用到。"), field="reason")
    change_stage(group=group, stage=GroupStage.CLOSED, actor=actor, now=now, reason=reason)
    if group.ends_on is None and (group.starts_on is None or group.starts_on <= now.date()):
        group.ends_on = now.date()
        group.save(update_fields=["ends_on", "updated_at"])
    return group


@transaction.atomic
def assign(*, groups: Iterable[Group], actor: User, now: datetime, **changes: Any) -> int:
    """Set ``team``, ``owner`` or ``channel`` of many groups at once; returns how many changed.

    Raises ``NotAllowed`` if ``actor`` may not see the target. A new team also changes who sees the members (S1).
    """
    unknown = set(changes) - {"team", "owner", "channel"}
    if unknown:
        raise TypeError(f"assign() cannot set {sorted(unknown)}")
    for value in changes.values():
        if value is not None and not _may_choose(actor, value):
            raise NotAllowed(_("你看不到“%s”，不能这样指定。") % value)
    changed = [
        group for group in groups if any(getattr(group, name) != value for name, value in changes.items())
    ]
    for group in changed:
        for name, value in changes.items():
            setattr(group, name, value)
        group.save(update_fields=[*changes, "updated_at"])
        audit(
            actor=actor,
            action="group.assign",
            target=group,
            reason="",
            changes={name: value.pk if value else None for name, value in changes.items()},
        )
    if "team" in changes:
        refresh_teams(group_ids=[group.pk for group in changed])
    return len(changed)


def _may_choose(actor: User, value: Team | User | Channel) -> bool:
    if isinstance(value, Team):
        return assignable_teams(actor).filter(pk=value.pk).exists()
    return type(value).objects.visible_to(actor).filter(pk=value.pk).exists()


def refresh_teams(*, group_ids: list[int]) -> None:
    """Bring ``MemberTeam`` of everybody who is or was in these groups in line with the groups' teams (S1)."""
    from apps.members.models import Member

    if group_ids:
        members = Member.objects.filter(memberships__group_id__in=group_ids).order_by()
        refresh_member_teams(members.values_list("pk", flat=True).distinct())


def robot_channel(*, name: str, platform: str, team: Team | None, actor: User | None) -> tuple[Channel, bool]:
    """The channel called ``name`` and whether it was made just now.

    A robot that nobody has set up yet becomes a channel on which a person sends, so that the name in a
    spreadsheet is not lost and no message goes astray. Raises ``NotAllowed`` if it is another team's, or if
    the actor may not add channels.
    """
    found = Channel.objects.filter(name=name).first()
    if found is not None:
        if actor is not None and not Channel.objects.visible_to(actor).filter(pk=found.pk).exists():
            raise NotAllowed(_("通道“%s”属于别的团队。") % name, hint=_("请换一个名称，或请架构师调整团队。"))
        return found, False
    if actor is not None and not actor.has_perm("channels.add_channel"):
        raise NotAllowed(
            _("还没有叫“%s”的通道，你也没有新建通道的权限。") % name, hint=_("请社群运维官先建好通道。")
        )
    channel = Channel.objects.create(
        name=name, driver="manual", platform=platform or Platform.OTHER, team=team, owner=actor
    )
    audit(actor=actor, action="channel.create", target=channel, driver="manual")
    return channel, True
