"""Shipped roles (S1)."""

import pytest
from django.contrib.auth.models import Group

from apps.accounts.enums import Role


@pytest.mark.django_db
def test_every_role_is_a_group_after_migrate():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_content_editor_cannot_approve(make_user, team):
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    assert editor.has_perm("content_calendar.change_post")
    assert not editor.has_perm("content_calendar.approve_post")


def test_analyst_only_reads(make_user, team):
    analyst = make_user("analyst", Role.ANALYST, team)
    assert analyst.has_perm("members.view_member")
    assert analyst.has_perm("accounts.view_all_teams")
    writes = [p for p in analyst.get_all_permissions() if ".view_" not in p]
    # Setting goals, watching figures and writing reviews is the analyst's own work.
    assert {p.split("_")[1] for p in writes} == {"goal", "alertrule", "alert", "review", "reviewaction"}
    assert all(p.startswith("analytics.") for p in writes)
