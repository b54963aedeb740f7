"""Users, roles, approvals, audit and notices in the admin."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.urls import reverse
from django.utils import timezone

from apps.accounts.admin.audit_words import WORDS
from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Notice, User
from apps.accounts.services.audit import audit
from apps.accounts.services.notices import notify

LISTS = [
    "accounts_user",
    "accounts_team",
    "accounts_approval",
    "accounts_auditentry",
    "accounts_notice",
    "auth_group",
    "events_event",
    "groups_group",
    "groups_membership",
    "django_celery_beat_periodictask",
    "axes_accessattempt",
]


@pytest.mark.parametrize("name", LISTS)
def test_list_opens_for_an_architect(client, make_user, team, name):
    client.force_login(make_user("chief", Role.ARCHITECT, team))
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (Role.GROUP_OPERATOR, "accounts_user", 403),
        (Role.GROUP_OPERATOR, "accounts_auditentry", 403),
        (Role.GROUP_OPERATOR, "auth_group", 403),
        (Role.GROUP_OPERATOR, "django_celery_beat_periodictask", 403),
        (Role.CONTENT_EDITOR, "groups_membership", 403),
        (Role.ANALYST, "accounts_auditentry", 200),
        (Role.MEMBER_SERVICE, "events_event", 403),
    ],
)
def test_list_is_for_its_roles(client, make_user, team, role, name, status):
    client.force_login(make_user("somebody", role, team))
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == status


def test_new_user_may_log_in_and_is_audited(client, make_user, team):
    client.force_login(make_user("chief", Role.ARCHITECT, team))
    role = AuthGroup.objects.get(name=Role.CONTENT_EDITOR)
    answer = client.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "xiaobian",
            "display_name": "小编",
            "password1": "a-long-pass-9",
            "password2": "a-long-pass-9",
            "usable_password": "true",
            "groups": [role.pk],
            "teams": [team.pk],
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(username="xiaobian")
    assert user.is_staff
    assert not user.is_superuser
    entry = AuditEntry.objects.get(action="user.create")
    assert entry.detail["roles"] == ["content_editor"]
    assert client.login(username="xiaobian", password="a-long-pass-9")


def test_architect_cannot_become_or_touch_a_superuser(client, make_user, architect, team):
    chief = make_user("chief", Role.ARCHITECT, team)
    client.force_login(chief)
    assert client.get(reverse("admin:accounts_user_change", args=[architect.pk])).status_code == 200
    page = client.post(reverse("admin:accounts_user_change", args=[architect.pk]), {"display_name": "我"})
    assert page.status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[architect.pk])).status_code == 403
    client.post(
        reverse("admin:accounts_user_change", args=[chief.pk]),
        {"username": "chief", "is_superuser": "on", "is_active": "on", "teams": [team.pk]},
    )
    chief.refresh_from_db()
    assert not chief.is_superuser


def test_nobody_switches_themselves_off(client, make_user, team):
    chief = make_user("chief", Role.ARCHITECT, team)
    client.force_login(chief)
    client.post(
        reverse("admin:accounts_user_change", args=[chief.pk]), {"username": "chief", "teams": [team.pk]}
    )
    chief.refresh_from_db()
    assert chief.is_active


def test_roles_are_shown_in_words_and_cannot_be_changed(client, architect):
    client.force_login(architect)
    group = AuthGroup.objects.get(name=Role.CONTENT_EDITOR)
    page = client.get(reverse("admin:auth_group_change", args=[group.pk])).content.decode()
    assert "内容输出官" in page
    assert "内容日历 / 帖子 — 新增、修改、删除、查看" in page
    assert client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403


def test_audit_rows_cannot_be_changed_or_deleted(client, architect, team):
    entry = audit(actor=architect, action="team.look", target=team)
    client.force_login(architect)
    change = reverse("admin:accounts_auditentry_change", args=[entry.pk])
    assert client.post(change, {"reason": "x"}).status_code == 403
    delete = reverse("admin:accounts_auditentry_delete", args=[entry.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


@pytest.fixture
def notices(architect, make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    notify(users=[operator], key="a", text="机器人1 失效了", url="/admin/groups/group/")
    notify(users=[operator], key="b", text="去外面", url="https://evil.example/")
    notify(users=[architect], key="c", text="别人的通知")
    return operator


def test_only_my_notices_are_shown_also_to_those_who_could_see_all(client, notices, architect):
    client.force_login(architect)
    page = client.get(reverse("admin:accounts_notice_changelist")).content.decode()
    assert "别人的通知" in page
    assert "机器人1 失效了" not in page


def test_opening_a_notice_marks_it_read_and_goes_there(client, notices):
    client.force_login(notices)
    notice = Notice.objects.get(key="a", user=notices)
    answer = client.get(reverse("admin:accounts_notice_open", args=[notice.pk]))
    assert answer.url == "/admin/groups/group/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_a_notice_never_leads_off_our_site(client, notices):
    client.force_login(notices)
    notice = Notice.objects.get(key="b")
    answer = client.get(reverse("admin:accounts_notice_open", args=[notice.pk]))
    assert answer.url == reverse("admin:accounts_notice_changelist")


def test_other_peoples_notice_cannot_be_opened(client, notices):
    client.force_login(notices)
    other = Notice.objects.get(key="c")
    assert client.get(reverse("admin:accounts_notice_open", args=[other.pk])).status_code == 404


def test_all_of_mine_are_marked_read_at_once(client, notices):
    client.force_login(notices)
    url = reverse("admin:accounts_notice_mark_all_read")
    assert client.get(url).status_code == 200
    assert Notice.objects.filter(user=notices, read_at__isnull=True).exists(), "a link changes nothing"
    answer = client.post(url, {"_form_submitted": "True"})
    assert answer.headers["HX-Redirect"] == reverse("admin:accounts_notice_changelist")
    assert not Notice.objects.filter(user=notices, read_at__isnull=True).exists()
    assert Notice.objects.get(key="c").read_at is None


@pytest.mark.parametrize("rows", [1, 3])
def test_user_list_costs_the_same_for_one_and_three(
    client, architect, make_user, team, rows, django_assert_num_queries
):
    for n in range(rows):
        make_user(f"user{n}", Role.GROUP_OPERATOR, team)
    client.force_login(architect)
    client.get(reverse("admin:accounts_user_changelist"))
    with django_assert_num_queries(8):
        client.get(reverse("admin:accounts_user_changelist"))


def test_last_login_is_kept(client, make_user, team):
    user = make_user("somebody", Role.ANALYST, team)
    assert client.login(username="somebody", password="pass-word-1")
    user.refresh_from_db()
    assert user.last_login is not None
    assert user.last_login <= timezone.now()


def test_every_audited_action_has_a_word():
    root = Path(__file__).parents[2]
    written = set()
    for folder in ("apps", "community_ops"):
        for path in (root / folder).rglob("*.py"):
            source = path.read_text()
            if "audit(" in source:
                written |= set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', source))
    assert len(written) > 10
    assert written - set(WORDS) == set()


def test_audit_speaks_in_words_and_filters_by_them(client, architect, team):
    audit(actor=architect, action="group.stage", target=team)
    audit(actor=architect, action="something.new", target=team)
    client.force_login(architect)
    url = reverse("admin:accounts_auditentry_changelist")
    html = client.get(url).content.decode()
    assert "改社群阶段" in html
    assert "something.new" in html
    found = client.get(url, {"did": "group.stage"}).context["cl"].result_list
    assert [entry.action for entry in found] == ["group.stage"]
