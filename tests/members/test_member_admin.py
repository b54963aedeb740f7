"""The member list and page: masked, scoped, cheap; and the ways to more, with their price (M3, S1)."""

import csv
import io
import re

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.groups.services.joining import leave
from apps.members.models import Member, MemberTag, Tag
from community_ops.roles import sync_roles
from tests.channels.conftest import broken_promises
from tests.imports.conftest import counts, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
LIST = "/admin/members/member/"


@pytest.fixture
def boss(client, architect):
    client.force_login(architect)
    return client


def page_of(member: Member, name: str = "change") -> str:
    return reverse(f"admin:members_member_{name}", args=[member.pk])


def test_no_page_shows_a_whole_phone_or_account(boss, make_member):
    inviter = make_member("13800138000")
    member = make_member("13800138001", inviter=inviter)
    for url in (
        LIST,
        page_of(member),
        page_of(inviter),
        "/admin/members/pointsentry/",
    ):
        html = boss.get(url).content.decode()
        assert "138****800" in html or "pointsentry" in url
        for secret in ("13800138000", "13800138001", "wxid_138"):
            assert secret not in html, (url, secret)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_at_one_and_three_rows(boss, make_member, django_assert_num_queries, number):
    for index in range(number):
        make_member(f"1380013800{index}")
    boss.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert boss.get(LIST).status_code == 200


LIST_QUERIES = 10


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("13800138000", {"张春梅"}),
        ("+86 138-0013-8000", {"张春梅"}),
        ("１３８００１３８０００", {"张春梅"}),
        ("8001", {"阿云"}),
        ("138001", {"阿云"}),
        ("38009", set()),
        ("春梅", {"张春梅"}),
        ("云", {"阿云"}),
        ("KOC姐", {"koc姐妹"}),
        ("wxid_13800138001", {"阿云"}),
        ("不存在", set()),
    ],
)
def test_search(boss, make_member, term, found):
    make_member("13800138000", nickname="张春梅")
    make_member("13800138001", nickname="阿云")
    make_member("13900138002", nickname="koc姐妹")
    html = boss.get(LIST, {"q": term}).content.decode()
    shown = {name for name in ("张春梅", "阿云", "koc姐妹") if name in html}
    assert shown == found


@pytest.mark.parametrize(
    "query",
    [
        "tier__id__exact={tier}",
        "tag={tag}",
        "city=杭州",
        "source=门店",
        "group={group}",
        "lifecycle__exact=prospect",
    ],
)
def test_filters(boss, make_member, group, query):
    member = make_member("13800138000", nickname="在里面", source="门店")
    other = Member.objects.create(phone="+8613800138009", nickname="在外面", lifecycle="lost")
    query = query.format(tier=member.tier_id, tag=Tag.objects.first().pk, group=group.pk)
    html = boss.get(f"{LIST}?{query}").content.decode()
    assert "在里面" in html
    assert other.nickname not in html


def test_staff_see_members_of_their_teams_only(client, make_member, make_user, team):
    member = make_member("13800138000")
    client.force_login(make_user("mine", Role.GROUP_OPERATOR, team))
    assert "138****8000" in client.get(LIST).content.decode()
    client.force_login(make_user("theirs", Role.GROUP_OPERATOR, Team.objects.create(name="别的组")))
    assert "138****8000" not in client.get(LIST).content.decode()
    assert client.get(page_of(member)).status_code == 302
    assert (
        client.post(page_of(member, "points"), {"delta": "5", "reason": "x", "key": "k"}).status_code == 404
    )


def test_the_form_takes_any_spelling_and_keeps_the_phone_when_left_empty(boss, make_member):
    member = make_member("13800138000")
    form = {
        "nickname": "春梅", "gender": "female", "city": "杭州", "lifecycle": "active", "total_spent": "0",
        "new_phone": "", "note": "", "source": "",
        **{
            f"{prefix}-{name}": "0"
            for prefix in re.findall(r'name="([\w-]+)-TOTAL_FORMS"', boss.get(page_of(member)).content.decode())
            for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        },
    }  # fmt: skip
    assert boss.post(page_of(member), form).status_code == 302
    member.refresh_from_db()
    assert (member.phone, member.lifecycle) == ("+8613800138000", "active")
    assert boss.post(page_of(member), {**form, "new_phone": "１３９ ００１３-９０００"}).status_code == 302
    member.refresh_from_db()
    assert member.phone == "+8613900139000"
    answer = boss.post(page_of(member), {**form, "new_phone": "010-88886666"})
    assert "固定电话" in answer.content.decode()
    make_member("13800138005", in_group=False)
    answer = boss.post(page_of(member), {**form, "new_phone": "13800138005"})
    assert "已属于另一位成员" in answer.content.decode()
    assert AuditEntry.objects.filter(action="member.change").count() == 2


def test_a_new_member_is_added_by_phone(boss):
    form = {
        "nickname": "新人",
        "gender": "unknown",
        "lifecycle": "prospect",
        "total_spent": "0",
        "new_phone": "138 0013 8000",
    }
    assert boss.post(reverse("admin:members_member_add"), form).status_code == 302
    assert Member.objects.get().phone == "+8613800138000"
    answer = boss.post(reverse("admin:members_member_add"), {**form, "new_phone": ""})
    assert answer.status_code == 200


def test_revealing_needs_permission_and_a_reason_and_is_audited(client, make_member, make_user, team):
    member = make_member("13800138000")
    client.force_login(make_user("op", Role.GROUP_OPERATOR, team))
    assert client.post(page_of(member, "reveal"), {"reason": "回访"}).status_code == 403
    service = make_user("service", Role.MEMBER_SERVICE, team)
    client.force_login(service)
    assert client.get(page_of(member, "reveal")).status_code == 405
    assert client.post(page_of(member, "reveal"), {"reason": " "}).status_code == 302
    assert not AuditEntry.objects.filter(action="member.reveal").exists()
    answer = client.post(page_of(member, "reveal"), {"reason": "回访投诉"})
    html = answer.content.decode()
    assert "+8613800138000" in html
    assert "wxid_13800138000" in html
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="member.reveal")
    assert (entry.actor, entry.reason) == (service, "回访投诉")
    assert "13800138000" not in str(entry.detail) + entry.target_label


def export(client, **data) -> list[list[str]]:
    answer = client.post(LIST + "export/?city=杭州", data)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_an_export_is_masked_and_follows_the_filter(client, make_member, make_user, team):
    make_member("13800138000", nickname="=cmd()")
    make_member("13800138001", city="上海")
    client.force_login(make_user("analyst", Role.ANALYST))
    rows = export(client)
    assert len(rows) == 2
    assert rows[1][:2] == ["'=cmd()", "138****8000"]
    assert "wxid_13800138000" not in rows[1]
    answer = client.post(LIST + "export/", {"full": "1", "reason": "想要"})
    assert answer.status_code == 400
    assert "没有导出完整" in answer.content.decode()
    assert AuditEntry.objects.get(action="member.export").detail == {"full": False, "count": 1}


def test_a_full_export_needs_a_reason_and_can_be_imported_again(boss, make_member):
    make_member("13800138000", nickname="=cmd()", note="-5\n两行", in_group=False)
    assert boss.post(LIST + "export/", {"full": "1", "reason": ""}).status_code == 400
    rows = export(boss, full="1", reason="迁移到新店")
    assert "+8613800138000" in rows[1][1]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    assert counts(run_import(out.getvalue())) == {
        "read": 1,
        "created": 0,
        "updated": 0,
        "unchanged": 1,
        "rejected": 0,
    }
    assert AuditEntry.objects.get(action="member.export").reason == "迁移到新店"


def test_the_page_shows_the_whole_picture(boss, make_member, group):
    inviter = make_member("13800138000", nickname="春梅")
    stays = [make_member(f"1380013801{index}", inviter=inviter) for index in range(3)]
    leave(membership=stays[0].memberships.get(), actor=None, now=stays[0].created_at)
    html = boss.get(page_of(inviter)).content.decode()
    head = html[html.index('data-testid="member-head"') :]
    assert "<dt>邀请</dt><dd>3</dd>" in head
    assert "<dt>邀请净人数（仍在群）</dt><dd>2</dd>" in head
    assert group.name in html
    assert "积分流水" in html


def test_many_members_are_tagged_at_once(boss, make_member):
    members = [make_member(f"1380013800{index}") for index in range(3)]
    data = {"action": "add_tags", "_selected_action": [member.pk for member in members[:2]]}
    assert 'data-testid="tag-name"' in boss.post(LIST, data).content.decode()
    answer = boss.post(LIST, {**data, "apply": "1", "tag_name": "老客"})
    assert answer.status_code == 302
    assert MemberTag.objects.filter(tag__name="老客").count() == 2


@pytest.mark.parametrize("name", ["tag", "tier", "pointsentry"])
def test_the_other_lists_open(boss, make_member, name):
    make_member("13800138000")
    assert boss.get(f"/admin/members/{name}/").status_code == 200


def test_an_operator_sees_the_member_they_add_by_hand(client, make_user, team):
    """S1: nobody loses sight of whom they have just created; who is in no team may not create."""
    sync_roles()
    client.force_login(make_user("newcomer", Role.GROUP_OPERATOR))
    url = reverse("admin:members_member_add")
    assert client.get(url).status_code == 403
    operator = make_user("hand", Role.GROUP_OPERATOR, team)
    client.force_login(operator)
    form = {
        "nickname": "新来的",
        "new_phone": "13800138111",
        "gender": "unknown",
        "lifecycle": "prospect",
        "total_spent": "0",
    }
    assert client.post(url, form).status_code == 302
    assert Member.objects.visible_to(operator).get().nickname == "新来的"
    assert not broken_promises()
