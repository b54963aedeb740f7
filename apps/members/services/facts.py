"""What the log says of a member: came to us, moved to another tier."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record
from apps.members.models import Member, Tier
from apps.members.selectors.teams import only_team_of


def record_registered(
    *,
    member_id: int,
    now: datetime,
    way: str,
    actor: User | None = None,
    team_id: int | None = None,
    group_id: int | None = None,
    came: Mapping[str, Any] | None = None,
) -> None:
    """``member.registered``, in the transaction that makes the member, after their source is set.

    ``way``: how (``staff``, or a way of logging in). ``came``: run, campaign, post, channel, inviter that brought them.
    Files of members have facts of their own. Without ``team_id`` it is the member's only team.
    """
    record(
        [
            Event(
                occurred_at=now,
                kind=EventKind.MEMBER_REGISTERED,
                key=f"member:{member_id}:registered",
                team_id=team_id or only_team_of(member_id),
                actor=actor,
                group_id=group_id,
                member_id=member_id,
                subject=f"member:{member_id}",
                data={**(came or {}), "way": way},
            )
        ]
    )


def record_tier_changed(
    *, member: Member, before: Tier | None, after: Tier | None, actor: User | None, now: datetime
) -> None:
    """``member.tier_changed``: ``value`` is the new rank, 0 for none. The caller has changed the member."""
    record(
        [
            Event(
                occurred_at=now,
                kind=EventKind.MEMBER_TIER_CHANGED,
                key=f"member:{member.pk}:tier:{now.isoformat()}",
                team_id=only_team_of(member.pk),
                actor=actor,
                member_id=member.pk,
                subject=f"member:{member.pk}",
                value=after.rank if after else 0,
                data={
                    "from": before.pk if before else None,
                    "to": after.pk if after else None,
                    "from_rank": before.rank if before else 0,
                },
            )
        ]
    )
