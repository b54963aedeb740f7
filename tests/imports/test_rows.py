"""What a row does: merging, empty cells, wrong cells, identities, inviters, groups."""

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.events.models import Event
from apps.groups.models import Group, Membership
from apps.groups.services.joining import leave
from apps.members.models import Identity, Member, MemberTag, PointsEntry
from tests.imports.conftest import counts, run_import

pytestmark = pytest.mark.django_db


def codes(job) -> dict[str, int]:
    return {problem["code"]: problem["count"] for problem in job.problems}


def test_an_empty_cell_never_erases():
    run_import("手机号,昵称,性别,城市,积分,标签\n13800138000,春梅,女,杭州,100,宝妈\n")
    job = run_import("手机号,昵称,性别,城市,积分,标签\n13800138000,,未知,,,\n")
    assert counts(job)["unchanged"] == 1
    member = Member.objects.get()
    assert (member.nickname, member.gender, member.city, member.points_balance) == (
        "春梅",
        "female",
        "杭州",
        100,
    )
    assert member.tags.count() == 1


def test_rows_about_one_person_merge_and_the_last_value_holds():
    job = run_import(
        "手机号,昵称,城市,积分,标签\n13800138000,春梅,杭州,100,宝妈\n"
        "13800138001,小红,,,\n+86 138 0013 8000,阿春,,250,KOC\n１３８００１３８０００,,上海,,宝妈\n"
    )
    assert counts(job) == {"read": 4, "created": 2, "updated": 0, "unchanged": 2, "rejected": 0}
    assert codes(job) == {"repeated": 2}
    member = Member.objects.get(phone="+8613800138000")
    assert (member.nickname, member.city, member.points_balance) == ("阿春", "上海", 250)
    assert set(member.tags.values_list("name", flat=True)) == {"宝妈", "KOC"}
    entry = PointsEntry.objects.get(member=member)
    assert (entry.delta, entry.key) == (250, f"import:{job.pk}:{member.pk}")


def test_points_are_an_opening_balance_kept_as_a_difference():
    run_import("手机号,积分\n13800138000,100\n")
    job = run_import("手机号,积分\n13800138000,60\n")
    assert counts(job)["updated"] == 1
    assert list(PointsEntry.objects.order_by("id").values_list("delta", flat=True)) == [100, -40]
    assert Member.objects.get().points_balance == 60


def test_a_wrong_optional_cell_is_left_out_with_a_warning():
    job = run_import(
        "手机号,生日,积分,累计消费,性别,入群时间\n13800138000,1990-02-30,很多,-5,外星人,2099-01-01 00:00\n"
    )
    assert counts(job)["created"] == 1
    assert codes(job) == {
        "born_on.unreadable": 1,
        "points.unreadable": 1,
        "total_spent.invalid": 1,
        "gender.unreadable": 1,
        "joined_at.invalid": 1,
    }


def test_someone_without_a_phone_is_known_by_the_account():
    job = run_import("手机号,昵称,微信号\n,春梅,wxid_a\n,,\n,阿云,\n")
    assert counts(job) == {"read": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert Member.objects.get().phone is None
    again = run_import("手机号,昵称,微信号\n,阿春,wxid_a\n")
    assert counts(again)["updated"] == 1
    assert Member.objects.get().nickname == "阿春"


def test_a_phone_learnt_later_joins_the_account_instead_of_making_a_twin():
    run_import("手机号,昵称,微信号\n,春梅,wxid_a\n")
    job = run_import("手机号,昵称,微信号\n13800138000,,wxid_a\n")
    assert counts(job)["updated"] == 1
    assert Member.objects.get().phone == "+8613800138000"


def test_rows_by_phone_and_by_account_of_one_person_are_one():
    text = "手机号,昵称,微信号\n,阿春,wxid_a\n13800138000,春梅,wxid_a\n"
    assert counts(run_import(text)) == {"read": 2, "created": 1, "updated": 0, "unchanged": 1, "rejected": 0}
    assert counts(run_import(text))["unchanged"] == 2
    assert Member.objects.get().identities.count() == 1


def test_an_account_of_another_member_stays_theirs():
    run_import("手机号,微信号\n13800138000,wxid_a\n")
    job = run_import("手机号,微信号\n13800138001,wxid_a\n")
    assert counts(job)["created"] == 1
    assert codes(job) == {"wechat.taken": 1}
    assert Identity.objects.get().member.phone == "+8613800138000"


def test_inviters_may_come_later_in_the_file_or_not_at_all():
    job = run_import(
        "手机号,邀请人手机\n13800138000,13800138001\n13800138001,\n13800138002,13800138002\n13800138003,13999999999\n13800138004,12\n"
    )
    assert codes(job) == {
        "inviter_phone.self": 1,
        "inviter_phone.unknown": 1,
        "inviter_phone.unreadable": 1,
    }
    assert Member.objects.get(phone="+8613800138000").inviter.phone == "+8613800138001"
    assert Member.objects.filter(inviter=None).count() == 4


@pytest.fixture
def group(team):
    return Group.objects.create(name="宝妈1群", kind="interest", team=team, capacity=2)


def test_a_group_takes_people_up_to_its_capacity(group, team):
    job = run_import(
        "手机号,所在社群\n13800138000,宝妈1群\n13800138001,宝妈1群\n13800138002,宝妈1群\n13800138003,没有的群\n"
    )
    assert counts(job)["created"] == 4
    assert codes(job) == {"group_name.full": 1, "group_name.unknown": 1}
    group.refresh_from_db()
    assert group.member_count == Membership.objects.count() == 2
    assert Event.objects.filter(kind="group.joined").count() == 2
    assert Member.objects.filter(teams=team).count() == 2


def test_who_left_since_is_not_put_back(group, architect):
    text = "手机号,所在社群,入群时间\n13800138000,宝妈1群,2026-01-01 00:00\n"
    run_import(text)
    leave(membership=Membership.objects.get(), actor=architect, now=database_now())
    job = run_import(text)
    assert codes(job) == {"group_name.left": 1}
    assert not Membership.objects.current().exists()


def test_a_person_puts_members_only_into_groups_they_see(group, make_user):
    stranger = make_user("op", Role.GROUP_OPERATOR, Team.objects.create(name="别的组"))
    job = run_import("手机号,所在社群\n13800138000,宝妈1群\n", actor=stranger)
    assert codes(job) == {"group_name.unknown": 1}
    assert not Membership.objects.exists()


def test_a_person_cannot_change_members_of_other_teams(group, make_user, team):
    run_import("手机号,昵称,所在社群\n13800138000,春梅,宝妈1群\n13800138001,无群,\n")
    stranger = make_user("op", Role.GROUP_OPERATOR, Team.objects.create(name="别的组"))
    text = "手机号,昵称\n13800138000,改名\n13800138000,再改\n13800138001,改名\n"
    job = run_import(text, actor=stranger)
    assert counts(job) == {"read": 3, "created": 0, "updated": 1, "unchanged": 0, "rejected": 2}
    assert Member.objects.get(phone="+8613800138000").nickname == "春梅"
    colleague = make_user("op2", Role.GROUP_OPERATOR, team)
    assert counts(run_import(text, actor=colleague))["updated"] == 1


def test_formulas_of_an_export_come_back_as_they_were():
    run_import("手机号,昵称,备注\n13800138000,'@all 活跃,'=1+1\n13800138001,'阿云',=2+2\n")
    first, second = Member.objects.order_by("phone")
    assert (first.nickname, first.note) == ("@all 活跃", "=1+1")
    assert (second.nickname, second.note) == ("'阿云'", "=2+2")


def test_tags_are_kept_and_added():
    run_import("手机号,标签\n13800138000,宝妈；KOC、 美妆|萌宠,咖啡\n".replace("萌宠,咖啡", "萌宠"))
    run_import("手机号,标签\n13800138000,KOC，新\n")
    assert MemberTag.objects.count() == 5
