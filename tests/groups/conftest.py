"""Members and groups."""

import pytest

from apps.accounts.models import Team
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from apps.members.models import Member


@pytest.fixture
def group(team: Team) -> Group:
    return Group.objects.create(name="吃货群", kind=GroupKind.BENEFIT, team=team, capacity=2)


@pytest.fixture
def members(db: None) -> list[Member]:
    return [Member.objects.create(nickname=f"成员{n}", phone=f"+861380000000{n}") for n in range(4)]
