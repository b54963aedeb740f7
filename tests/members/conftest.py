"""Members with everything on them."""

from datetime import UTC, datetime

import pytest

from apps.groups.models import Group
from apps.groups.services.joining import join
from apps.members.models import Identity, Member, MemberTag, PointsEntry, Tag, Tier


@pytest.fixture
def group(team):
    return Group.objects.create(name="宝妈1群", kind="interest", team=team)


@pytest.fixture
def make_member(group, team):
    """``make_member("13800138000", nickname="春梅")`` → a tagged member with points, an account and a group."""

    def make(number: str, **fields) -> Member:
        points = fields.pop("points", 100)
        in_group = fields.pop("in_group", True)
        tier, _ = Tier.objects.get_or_create(name="金卡", defaults={"rank": 30})
        member = Member.objects.create(
            **{
                "phone": f"+86{number}",
                "nickname": "春梅",
                "city": "杭州",
                "tier": tier,
                "points_balance": points,
                **fields,
            }
        )
        if points:
            PointsEntry.objects.create(member=member, delta=points, reason="import", key=f"test:{member.pk}")
        for name in ("宝妈", "KOC"):
            MemberTag.objects.create(member=member, tag=Tag.objects.get_or_create(name=name)[0])
        Identity.objects.create(member=member, kind="wechat", value=f"wxid_{number}")
        if in_group:
            join(group=group, member=member, actor=None, now=datetime(2026, 1, 1, tzinfo=UTC))
        return member

    return make
