"""M2: an import can be taken back while its rows are untouched."""

import pytest
from django.urls import reverse

from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.core.errors import Invalid, WrongState
from apps.events.models import Event
from apps.groups.models import Group, Membership
from apps.groups.services.joining import leave
from apps.imports.models import Change, ImportJob
from apps.imports.services.jobs import request_undo
from apps.imports.services.targets import get_target
from apps.imports.services.undoing import preview_undo
from apps.imports.services.working import work_next
from apps.members.models import Identity, Member, MemberTag, PointsEntry, Tag
from apps.members.models.member import MemberTeam
from tests.imports.conftest import DATA, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]

HEAD = "手机号,昵称,积分,标签,微信号,邀请人手机,所在社群\n"


@pytest.fixture
def group(team: Team) -> Group:
    return Group.objects.create(name="宝妈1群", kind="interest", team=team)


def undo(job: ImportJob) -> ImportJob:
    request_undo(job=job, actor=None, now=database_now(), reason="导错了文件")
    return work_next(job_id=job.pk)


def world() -> dict[str, list]:
    """Everything that an import may write, without clocks and the ledger's history."""
    return {
        "members": sorted(
            Member.objects.values_list(
                "phone", "nickname", "points_balance", "inviter__phone", "city", "tier__name"
            ),
            key=str,
        ),
        "tags": sorted(MemberTag.objects.values_list("member__phone", "tag__name"), key=str),
        "identities": sorted(Identity.objects.values_list("member__phone", "value"), key=str),
        "stays": sorted(Membership.objects.values_list("member__phone", "group__name"), key=str),
        "teams": sorted(MemberTeam.objects.values_list("member__phone", "team__name"), key=str),
        "counts": sorted(Group.objects.values_list("name", "member_count")),
    }


def test_a_first_import_leaves_no_trace_but_its_vocabulary(real_groups):
    before = world()
    job = undo(run_import(DATA / "members_excel_gbk.csv"))
    assert job.state == "undone"
    assert job.undo["deleted"] == job.created_count
    assert job.undo["kept"] == 0
    assert world() == before
    assert not PointsEntry.objects.exists()
    assert Tag.objects.exists()
    assert not Change.objects.exists()


def test_updates_go_back_to_what_was(group):
    run_import(HEAD + "13800138000,春梅,100,宝妈,,,\n13800138001,阿云,5,,,,\n")
    before = world()
    job = run_import(
        HEAD
        + "13800138000,阿春,40,KOC,wxid_a,13800138001,宝妈1群\n13800138002,新人,9,KOC,,13800138000,宝妈1群\n"
    )
    assert world() != before
    undone = undo(job)
    assert (undone.undo["deleted"], undone.undo["restored"], undone.undo["kept"]) == (1, 1, 0)
    assert world() == before
    deltas = PointsEntry.objects.filter(member__phone="+8613800138000").order_by("id")
    assert list(deltas.values_list("delta", flat=True)) == [100, -60, 60], "the ledger keeps its history"
    kinds = Event.objects.filter(kind__startswith="group.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["group.joined", "group.joined", "group.left", "group.left"]


def test_what_was_touched_stays_whole(group, architect):
    job = run_import(
        HEAD + "13800138000,改过,10,宝妈,wxid_a,,宝妈1群\n13800138001,退群,,,,,宝妈1群\n"
        "13800138002,打标,,,,,\n13800138003,邀请人,,,,,\n13800138004,改过二,,,,13800138003,\n13800138005,没动,,,,,\n"
    )
    for phone in ("+8613800138000", "+8613800138004"):
        member = Member.objects.get(phone=phone)
        member.city = "杭州"
        member.save()
    leave(
        membership=Membership.objects.get(member__phone="+8613800138001"), actor=architect, now=database_now()
    )
    tagged = Member.objects.get(phone="+8613800138002")
    MemberTag.objects.create(member=tagged, tag=Tag.objects.create(name="后来"))
    seen = preview_undo(job=job, target=get_target("members"), now=database_now())
    undone = undo(job)
    assert undone.undo == seen, "what was shown is what was done"
    assert set(Member.objects.values_list("nickname", flat=True)) == {
        "改过",
        "退群",
        "打标",
        "邀请人",
        "改过二",
    }
    assert undone.undo["reasons"] == {
        "member.changed": 2,
        "group_name.moved": 1,
        "member.tagged": 1,
        "member.inviter": 1,
    }
    kept = Member.objects.get(phone="+8613800138000")
    assert kept.points_balance == 10
    assert kept.tags.count() == kept.identities.count() == kept.memberships.count() == 1


def test_an_undo_needs_a_reason_and_a_finished_import():
    job = run_import(HEAD + "13800138000,春梅,,,,,\n")
    with pytest.raises(Invalid):
        request_undo(job=job, actor=None, now=database_now(), reason=" ")
    undo(job)
    job.refresh_from_db()
    with pytest.raises(WrongState):
        request_undo(job=job, actor=None, now=database_now(), reason="再来")


def test_the_page_tells_consequences_first(client, architect):
    client.force_login(architect)
    job = run_import(HEAD + "13800138000,春梅,,,,,\n", actor=architect)
    page = reverse("admin:imports_importjob_undo", args=[job.pk])
    assert "<b>1</b> 位由这次导入新增的成员" in client.get(page).content.decode()
    assert client.post(page, {"reason": ""}).status_code == 400
    assert client.post(page, {"reason": "导错了"}).status_code == 302
    work_next(job_id=job.pk)
    assert not Member.objects.exists()
    report = client.get(reverse("admin:imports_importjob_report", args=[job.pk])).content.decode()
    assert "删除了 1 位新增的成员" in report
