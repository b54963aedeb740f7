"""A source of a team, its key, and items that fit."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from apps.accounts.models import Team, User
from apps.core.clock import database_now
from apps.events.models import EventSource
from apps.events.schemas.registry import outside_kinds
from apps.groups.models import Group
from apps.members.models import Member
from apps.members.models.member import MemberTeam

_numbers = count(1)


def make_source(team: Team | None, **fields: Any) -> tuple[EventSource, str]:
    from apps.events.services.sources import create_source

    admin = User.objects.create_superuser(username=f"root{next(_numbers)}", password="x")
    values = {"name": "小程序商城", "kinds": outside_kinds(), "actor": admin, "now": database_now()}
    return create_source(team=team, **values | fields)


def make_people(team: Team) -> tuple[Group, Member]:
    """A group of the team and a member whom it may see."""
    number = next(_numbers)
    group = Group.objects.create(name=f"群{number}", kind="benefit", team=team)
    member = Member.objects.create(phone=f"+86138{number:08d}", source="抖音")
    MemberTeam.objects.create(member=member, team=team)
    return group, member


@pytest.fixture
def make_item() -> Callable[..., dict[str, Any]]:
    """``make_item(group, member, kind=…)`` → an item that is right but for what is given."""

    def make(group: Group | None, member: Member | None, /, **parts: Any) -> dict[str, Any]:
        item = {
            "kind": "member.messaged",
            "key": f"k{next(_numbers)}",
            "occurred_at": (database_now() - timedelta(hours=1)).isoformat(),
            "group": group and group.pk,
            "member": member and member.pk,
        } | parts
        return {name: value for name, value in item.items() if value is not None}

    return make
