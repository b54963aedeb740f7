"""The admin bases: scope of choices (S1), cheap counts, refusals in words."""

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.admin import paginator
from apps.accounts.admin.base import run_service
from apps.accounts.admin.paginator import EstimatedPaginator
from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.core.errors import Invalid
from apps.groups.enums import GroupKind
from apps.groups.models import Group


@pytest.fixture
def request_with_messages(rf):
    from django.contrib.messages.storage.cookie import CookieStorage

    request = rf.get("/")
    request._messages = CookieStorage(request)
    return request


def test_run_service_shows_a_refusal_and_gives_none(request_with_messages):
    def refuse() -> int:
        raise Invalid("容量不对。", hint="至少 1。")

    assert run_service(request_with_messages, refuse) is None
    shown = [(message.level_tag, str(message)) for message in get_messages(request_with_messages)]
    assert shown == [("error", "容量不对。至少 1。")]


def test_run_service_gives_the_result_and_its_sentence(request_with_messages):
    assert run_service(request_with_messages, lambda: 3, success=lambda n: f"{n} 个") == 3
    assert [str(m) for m in get_messages(request_with_messages)] == ["3 个"]


def test_run_service_lets_bugs_through(request_with_messages):
    with pytest.raises(ZeroDivisionError):
        run_service(request_with_messages, lambda: 1 // 0)


def test_small_counts_are_exact(team):
    assert EstimatedPaginator(Team.objects.all(), 25).count == 1
    assert EstimatedPaginator([1, 2, 3], 25).count == 3


def test_large_counts_come_from_the_planner(db, monkeypatch):
    monkeypatch.setattr(paginator, "EXACT_UP_TO", 100)
    Team.objects.bulk_create(Team(name=f"队 {n}") for n in range(500))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_team")
    pages = EstimatedPaginator(Team.objects.order_by("name"), 25)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert pages.count == 500
    assert pages.is_estimate
    assert "LIMIT 101" in queries[0]["sql"]
    assert queries[1]["sql"].startswith("EXPLAIN")


def test_choices_are_limited_to_visible_rows_and_what_is_already_chosen(rf, make_user, team):
    other = Team.objects.create(name="华南组")
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    stranger = make_user("stranger", Role.GROUP_OPERATOR, other)
    colleague = make_user("colleague", Role.GROUP_OPERATOR, team)
    group = Group.objects.create(name="甲群", kind=GroupKind.VIP, team=team, owner=stranger)
    model_admin = admin.site._registry[Group]
    request = rf.get(reverse("admin:groups_group_change", args=[group.pk]))
    request.user = operator
    field = Group._meta.get_field("owner")
    assert set(model_admin.formfield_for_foreignkey(field, request).queryset) == {operator, colleague}
    from django.urls import resolve

    request.resolver_match = resolve(request.path)
    assert set(model_admin.formfield_for_foreignkey(field, request).queryset) == {
        operator,
        colleague,
        stranger,
    }


def test_other_teams_object_cannot_be_opened(client, make_user, team):
    other = Team.objects.create(name="华南组")
    group = Group.objects.create(name="乙群", kind=GroupKind.VIP, team=other)
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    answer = client.get(reverse("admin:groups_group_change", args=[group.pk]))
    assert answer.status_code == 302  # Django's "does not exist": the row is not in the queryset
    assert "乙群" not in client.get(reverse("admin:groups_group_changelist")).content.decode()


def test_of_two_who_save_the_same_at_once_the_later_is_told(client, architect, monkeypatch):
    """A colleague was first after the form had been judged: a sentence beside the field, not an error page."""
    Team.objects.create(name="华西组")
    judge, unseen = Team._perform_unique_checks, [{}]
    monkeypatch.setattr(
        Team,
        "_perform_unique_checks",
        lambda team, checks: unseen.pop() if unseen else judge(team, checks),
    )
    client.force_login(architect)
    answer = client.post(reverse("admin:accounts_team_add"), {"name": "华西组", "note": ""})
    assert answer.status_code == 200
    assert "name" in answer.context["adminform"].form.errors
    assert not unseen
    assert Team.objects.filter(name="华西组").count() == 1
