"""The sidebar by job: what a role may open, what exists, what is counted."""

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.services.notices import notify
from community_ops.navigation import palette, sidebar
from community_ops.sidebar_plan import plan


def entries(rf, user, path="/admin/", query="") -> dict[str, dict]:
    request = rf.get(path + query)
    request.user = user
    return {item["title"]: item for section in sidebar(request) for item in section["items"]}


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.ARCHITECT, {"工作台", "社群", "用户", "角色", "审计", "定时任务"}, set()),
        (
            Role.GROUP_OPERATOR,
            {"工作台", "社群", "群成员", "看板", "通知"},
            {"用户", "审计", "定时任务", "待我审批"},
        ),
        (Role.CONTENT_EDITOR, {"日历", "帖子", "素材", "审批记录"}, {"用户", "群成员", "待我审批"}),
        (Role.ANALYST, {"事件", "审计", "用户"}, {"定时任务", "待我审批"}),
        (Role.MEMBER_SERVICE, {"社群", "群成员", "礼品发放", "核销"}, {"帖子", "用户", "事件", "待处理"}),
    ],
)
def test_each_role_sees_its_jobs(rf, make_user, team, role, shown, hidden):
    found = set(entries(rf, make_user("somebody", role, team)))
    assert shown <= found
    assert not hidden & found


def test_every_link_opens(client, make_user, team, rf):
    chief = make_user("chief", Role.ARCHITECT, team)
    client.force_login(chief)
    for title, item in entries(rf, chief).items():
        assert client.get(item["link"]).status_code == 200, title


def test_no_section_is_empty_or_pretends(rf, make_user, team):
    request = rf.get("/admin/")
    request.user = make_user("service", Role.MEMBER_SERVICE, team)
    sections = sidebar(request)
    assert all(section["items"] for section in sections)
    assert "内容日历" not in {section["title"] for section in sections}


def test_entries_are_unique(rf):
    names = [(entry.name, entry.query) for _title, section in plan() for entry in section]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "query", "title"),
    [
        ("/admin/", "", "工作台"),
        ("/admin/groups/group/", "", "社群"),
        ("/admin/groups/group/7/change/", "", "社群"),
        ("/admin/groups/group/board/", "", "看板"),
        ("/admin/content_calendar/post/approvals/", "", "待我审批"),
        ("/admin/accounts/approval/", "?state__exact=approved", "审批记录"),
        ("/admin/content_calendar/post/calendar/", "", "日历"),
        ("/admin/content_calendar/post/", "", "帖子"),
        ("/admin/accounts/notice/", "", ""),
    ],
)
def test_one_entry_is_marked(rf, architect, path, query, title):
    marked = [item["title"] for item in entries(rf, architect, path, query).values() if item["active"]]
    assert marked == ([title] if title else [])


def test_badges_count_what_waits_and_are_kept_for_some_seconds(
    rf, operator, make_delivery, django_assert_num_queries
):
    make_delivery("unknown", -5)
    notify(users=[operator], key="a", text="看一下")
    found = entries(rf, operator)
    assert found["通知"]["badge"] == 1
    with django_assert_num_queries(0):
        entries(rf, operator)


def test_palette_finds_by_name_and_by_other_words(rf, operator, architect):
    request = rf.get(reverse("admin:search"))
    request.user = architect
    assert [result.title for result in palette(request, "审计")] == ["审计"]
    assert "通知" in [result.title for result in palette(request, "NOTICE")]
    assert palette(request, "  ") == []
    request.user = operator
    assert palette(request, "审计") == []


def test_palette_answers_over_http(client, architect):
    client.force_login(architect)
    html = client.get(reverse("admin:search"), {"s": "看板"}).content.decode()
    assert reverse("admin:groups_group_board") in html
