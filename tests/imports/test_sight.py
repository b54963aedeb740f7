"""S1: whoever imports people sees them, also those who are in no group yet."""

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.groups.models import Group
from apps.groups.services.joining import join
from apps.groups.services.memberships import refresh_member_teams
from apps.imports.services.jobs import request_undo
from apps.imports.services.working import work_next
from apps.members.models import Member
from apps.members.models.member import MemberTeam
from community_ops.roles import sync_roles
from tests.channels.conftest import broken_promises
from tests.imports.conftest import counts, run_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(make_user, team):
    sync_roles()
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def group(team):
    return Group.objects.create(name="宝妈1群", kind="interest", team=team, capacity=1)


def rows() -> set[tuple[str, str, bool]]:
    return set(MemberTeam.objects.values_list("member__nickname", "team__name", "is_granted"))


def undo(job):
    request_undo(job=job, actor=None, now=database_now(), reason="导错了文件")
    return work_next(job_id=job.pk)


def test_an_operator_sees_whom_they_imported_with_or_without_a_group(operator, group, team, make_user):
    Member.objects.create(phone="+8613800138009", nickname="早就在")
    text = (
        "手机号,昵称,所在社群\n13800138000,在群,宝妈1群\n13800138001,群满,宝妈1群\n"
        "13800138002,无群,\n13800138009,早就在,\n"
    )
    run_import(text, actor=operator)
    assert rows() == {("在群", team.name, False), ("群满", team.name, True), ("无群", team.name, True)}
    assert Member.objects.visible_to(operator).count() == 3
    stranger = make_user("op2", Role.GROUP_OPERATOR, Team.objects.create(name="别的组"))
    assert not Member.objects.visible_to(stranger).exists()
    assert counts(run_import("手机号,昵称\n13800138002,抢\n", actor=stranger))["rejected"] == 1
    assert not broken_promises()
    assert refresh_member_teams() == 0


def test_who_sees_all_grants_nothing(architect, group):
    run_import("手机号,昵称\n13800138002,无群\n", actor=architect)
    run_import("手机号,昵称\n13800138003,无群\n", actor=None)
    assert not MemberTeam.objects.exists()


def test_undo_takes_granted_sight_with_its_members(operator, group):
    job = undo(run_import("手机号,昵称\n13800138002,无群\n", actor=operator))
    assert job.state == "undone"
    assert not Member.objects.exists()
    assert not MemberTeam.objects.exists()


def test_a_group_neither_takes_granted_sight_back_nor_hides_another_teams(operator, group, team):
    run_import("手机号,昵称\n13800138002,无群\n", actor=operator)
    job = run_import("手机号,所在社群\n13800138002,宝妈1群\n", actor=operator)
    undo(job)
    assert rows() == {("无群", team.name, True)}
    other = Team.objects.create(name="别的组")
    theirs = Group.objects.create(name="宝妈2群", kind="interest", team=other)
    join(group=theirs, member=Member.objects.get(), actor=None, now=database_now())
    assert rows() == {("无群", team.name, True), ("无群", other.name, False)}
    assert not broken_promises()
