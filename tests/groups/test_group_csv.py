"""Groups by CSV: preview, words, robots, scope, round trip (S1, S3, S5)."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.accounts.admin.import_export import DetectedCSV
from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.channels.models import Channel
from apps.groups.admin.group_resource import GroupImportResource, GroupResource
from apps.groups.enums import Admission, GroupKind
from apps.groups.models import Group

FILE = Path(__file__).parent.parent / "data" / "groups.csv"


def dataset(text: str, encoding: str = "utf-8"):
    return DetectedCSV().create_dataset(text.encode(encoding))


def problems(result) -> list[str]:
    found = [str(error.error) for error in result.base_errors]
    for row in result.invalid_rows:
        found += row.error.messages
    return found + [str(e.error) for row in result.rows for e in row.errors]


def upload(client, data: bytes, name: str = "groups.csv"):
    return client.post(
        reverse("admin:groups_group_import"),
        {"import_file": SimpleUploadedFile(name, data, "text/csv"), "format": "0"},
    )


def test_shared_file_imports_through_the_preview(client, architect):
    client.force_login(architect)
    preview = upload(client, FILE.read_bytes())
    assert Group.objects.count() == 0  # a preview writes nothing
    assert Channel.objects.count() == 0
    page = preview.content.decode()
    assert "新建通道“机器人1”（人工发送）" in page
    form = preview.context["confirm_form"]
    answer = client.post(reverse("admin:groups_group_process_import"), form.initial)
    assert answer.status_code == 302
    assert Group.objects.count() == 60
    assert Channel.objects.filter(driver="manual").count() == 20
    group = Group.objects.select_related("channel").get(name="生鲜日销2群")
    assert (group.kind, group.get_platform_display(), group.admission, group.capacity) == (
        GroupKind.DAILY_SALES,
        "企业微信",
        Admission.REVIEW,
        500,
    )
    assert group.channel.name == "机器人2"
    assert group.leader_name == "刘玉梅"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encoding_is_found_out(encoding):
    text = "群名称,类型\n吃货群,福利群\n\n,\n"
    assert DetectedCSV().create_dataset(text.encode(encoding)).dict == [
        {"群名称": "吃货群", "类型": "福利群"}
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04rest", "损坏"),
        (b"%PDF-1.7", "PDF"),
        ("群名称\n甲\x00乙".encode(), "空字节"),
        (b"\xff\x00\x81", "编码"),
        ("随便,什么\n甲,乙".encode(), "没有“群名称”这一列"),
        (b"", ""),
    ],
)
def test_wrong_files_get_a_sentence(client, architect, data, sentence):
    client.force_login(architect)
    answer = upload(client, data)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Group.objects.count() == 0


def test_wrong_cells_name_the_line_and_what_to_write(architect):
    result = GroupImportResource(user=architect).import_data(
        dataset("群名称,类型,容量,开始日期\n甲群,神秘群,五百,去年\n"), user=architect
    )
    found = " ".join(problems(result))
    assert "不认识“神秘群”" in found
    assert "日销群" in found
    assert "“五百”不是整数" in found
    assert "“去年”不是日期" in found
    assert not Group.objects.exists()


def test_empty_cell_and_missing_column_keep_what_is_there(architect):
    Group.objects.create(name="甲群", kind=GroupKind.VIP, rules="禁广告", leader_name="李雷")
    data = dataset("群名称,群规,容量\n甲群,,３００\n")
    GroupImportResource(user=architect).import_data(data, user=architect, raise_errors=True)
    group = Group.objects.get()
    assert (group.rules, group.leader_name, group.capacity) == ("禁广告", "李雷", 300)


def test_export_comes_back_unchanged(client, architect):
    Group.objects.create(name="=1+1", kind=GroupKind.BRAND, rules="-甲\n乙,丙", goal="'+86", audience="@全体")
    before = Group.objects.values().get()
    client.force_login(architect)
    answer = client.post(
        reverse("admin:groups_group_export"), {"format": "0", "resource": "", "groupresource_name": "on"}
    )
    data = answer.content
    assert data.startswith("\ufeff群名称".encode())
    assert b"'=1+1" in data
    result = GroupImportResource(user=architect).import_data(
        DetectedCSV().create_dataset(data), user=architect, raise_errors=True
    )
    assert result.totals["skip"] == 1
    assert Group.objects.values().get() == before


def test_other_teams_group_is_neither_shown_nor_overwritten(make_user, team):
    other = Team.objects.create(name="华南组")
    Group.objects.create(name="华南一群", kind=GroupKind.VIP, team=other, rules="旧")
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    result = GroupImportResource(user=operator).import_data(
        dataset("群名称,类型,群规\n华南一群,福利群,新\n华东一群,福利群,新\n"), user=operator
    )
    assert len(result.invalid_rows) == 1
    assert Group.objects.get(name="华南一群").rules == "旧"
    exported = GroupResource(user=operator).export()
    assert "华南一群" not in exported.csv


def test_new_group_of_an_operator_belongs_to_their_team(make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    GroupImportResource(user=operator).import_data(
        dataset("群名称,类型,机器人名称\n甲群,福利群,小助手\n"), user=operator, raise_errors=True
    )
    group = Group.objects.select_related("channel").get()
    assert group.team == team
    assert group.channel.team == team


def test_other_teams_robot_is_refused(make_user, team):
    Channel.objects.create(name="小助手", driver="manual", team=Team.objects.create(name="华南组"))
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    result = GroupImportResource(user=operator).import_data(
        dataset("群名称,类型,机器人名称\n甲群,福利群,小助手\n"), user=operator
    )
    assert "属于别的团队" in " ".join(problems(result))


def test_editor_may_export_but_not_import(client, make_user, team):
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    assert client.get(reverse("admin:groups_group_import")).status_code == 403
    assert client.get(reverse("admin:groups_group_export")).status_code == 200
