"""Stages, assignment, joining and leaving; who sees whom follows (S1)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.channels.models import Channel
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import Event
from apps.groups.enums import GroupStage
from apps.groups.models import Group
from apps.groups.services.groups import assign, change_stage, close_group
from apps.groups.services.joining import join, leave
from apps.members.models import Member
from apps.members.models.member import MemberTeam


@pytest.fixture
def now():
    return timezone.now()


def test_stage_moves_are_audited(group, architect, now):
    change_stage(group=group, stage=GroupStage.ACTIVE, actor=architect, now=now)
    group.refresh_from_db()
    assert group.stage == GroupStage.ACTIVE
    entry = AuditEntry.objects.get(action="group.stage")
    assert entry.detail == {"before": "recruiting", "after": "active"}


def test_same_stage_is_no_change(group, architect, now):
    change_stage(group=group, stage=group.stage, actor=architect, now=now)
    assert not AuditEntry.objects.exists()


def test_closing_needs_a_reason_and_sets_the_end(group, architect, now):
    with pytest.raises(Invalid):
        close_group(group=group, actor=architect, now=now, reason="  ")
    close_group(group=group, actor=architect, now=now, reason="目标达成")
    group.refresh_from_db()
    assert (group.stage, group.ends_on) == (GroupStage.CLOSED, now.date())
    assert list(Group.objects.open()) == []


def test_closed_group_stays_quietly_closed(group, architect, now):
    close_group(group=group, actor=architect, now=now, reason="目标达成")
    with pytest.raises(WrongState):
        change_stage(group=group, stage=GroupStage.QUIET, actor=architect, now=now)
    change_stage(group=group, stage=GroupStage.ACTIVE, actor=architect, now=now)


def test_joining_counts_records_and_shows_the_member_to_the_team(group, members, make_user, team, now):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    join(group=group, member=members[0], actor=operator, now=now)
    group.refresh_from_db()
    assert group.member_count == 1
    assert list(Member.objects.visible_to(operator)) == [members[0]]
    event = Event.objects.get(kind="group.joined")
    assert (event.group_id, event.member_id, event.team) == (group.pk, members[0].pk, team)


def test_nobody_joins_twice_or_beyond_capacity(group, members, architect, now):
    join(group=group, member=members[0], actor=architect, now=now)
    with pytest.raises(Invalid):
        join(group=group, member=members[0], actor=architect, now=now)
    join(group=group, member=members[1], actor=architect, now=now)
    with pytest.raises(Invalid, match="满员"):
        join(group=group, member=members[2], actor=architect, now=now)


def test_nobody_joins_a_closed_group(group, members, architect, now):
    close_group(group=group, actor=architect, now=now, reason="目标达成")
    with pytest.raises(WrongState):
        join(group=group, member=members[0], actor=architect, now=now)


def test_leaving_closes_the_stay_and_coming_back_opens_another(group, members, architect, now):
    stay = join(group=group, member=members[0], actor=architect, now=now)
    leave(membership=stay, actor=architect, now=now + timedelta(hours=1))
    group.refresh_from_db()
    assert group.member_count == 0
    with pytest.raises(WrongState):
        leave(membership=stay, actor=architect, now=now)
    join(group=group, member=members[0], actor=architect, now=now + timedelta(hours=2))
    assert group.memberships.count() == 2


def test_a_new_team_takes_the_members_along(group, members, architect, team, now):
    other = Team.objects.create(name="华南组")
    join(group=group, member=members[0], actor=architect, now=now)
    assert assign(groups=[group], actor=architect, now=now, team=other) == 1
    assert list(MemberTeam.objects.values_list("member", "team")) == [(members[0].pk, other.pk)]
    assert assign(groups=[group], actor=architect, now=now, team=None) == 1
    assert not MemberTeam.objects.exists()


def test_nobody_assigns_what_they_cannot_see(group, make_user, team, now):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    foreign = Channel.objects.create(name="别人的", driver="manual", team=Team.objects.create(name="华南组"))
    with pytest.raises(NotAllowed):
        assign(groups=[group], actor=operator, now=now, channel=foreign)
    group.refresh_from_db()
    assert group.channel is None


def test_nobody_gives_a_group_to_a_team_that_is_not_theirs(group, make_user, team, now):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    with pytest.raises(NotAllowed):
        assign(groups=[group], actor=operator, now=now, team=Team.objects.create(name="华南组"))
