"""A1: every change of a group's stage asks the table and is audited, also in the form and by CSV."""

import pytest
from django.urls import reverse

from apps.accounts.admin.import_export import DetectedCSV
from apps.accounts.models import AuditEntry
from apps.groups.admin.group_resource import GroupImportResource
from apps.groups.models import Group

pytestmark = pytest.mark.django_db


def load(text: str, user, *, dry_run: bool = False):
    data = DetectedCSV().create_dataset(text.encode())
    return GroupImportResource(user=user).import_data(data, dry_run=dry_run, raise_errors=False)


def stages() -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(action="group.stage").order_by("pk")
    return [(entry.detail["before"], entry.detail["after"], entry.reason) for entry in entries]


def test_a_csv_moves_the_stage_through_the_service(architect, group):
    before = group.stage
    text = "群名称,阶段\n吃货群,沉寂期\n"
    load(text, architect, dry_run=True)
    assert not stages()
    assert load(text, architect).totals["update"] == 1
    group.refresh_from_db()
    assert group.stage == "quiet"
    assert stages() == [(before, "quiet", "CSV 导入")]
    assert load(text, architect).totals["skip"] == 1
    assert len(stages()) == 1


def test_a_csv_neither_ends_a_group_nor_skips_its_reopening(architect, group):
    result = load("群名称,阶段\n吃货群,已结束\n", architect)
    assert "要写原因" in str(result.invalid_rows[0].error.messages)
    Group.objects.update(stage="closed")
    result = load("群名称,阶段\n吃货群,平稳期\n", architect)
    assert "重新启用" in str(result.invalid_rows[0].error.messages)
    load("群名称,阶段\n吃货群,活跃期\n老群,已结束\n", architect)
    assert stages() == [("closed", "active", "CSV 导入")]
    assert not Group.objects.exclude(stage="active").filter(name="吃货群").exists()


def test_the_form_moves_the_stage_through_the_service(client, architect, group):
    client.force_login(architect)
    before = group.stage
    url = reverse("admin:groups_group_change", args=[group.pk])
    form = client.get(url).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None}
    inlines = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert client.post(url, {**data, **inlines, "stage": "quiet"}).status_code == 302
    group.refresh_from_db()
    assert group.stage == "quiet"
    assert stages() == [(before, "quiet", "")]
