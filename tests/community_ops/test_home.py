"""The front page: due, waiting, wrong, today; scoped (S1), bounded, true while posts go out."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.services.notices import notify
from apps.channels.models import Channel
from apps.content_calendar.models import Post
from apps.events.models import Event
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from apps.imports.models import ImportJob
from community_ops.home.figures import day_bounds, figures
from community_ops.home.timeline import timeline
from community_ops.home.trouble import troubles
from community_ops.home.waiting import waiting

INDEX = "admin:index"


def cards(user) -> dict[str, int]:
    return {card.key: card.count for card in waiting(user, timezone.now())}


def numbers(user) -> dict[str, str]:
    return {figure.key: figure.value for figure in figures(user, timezone.now())}


@pytest.fixture
def post(editor, team):
    return Post.objects.create(
        title="周末抽奖",
        body="抽奖",
        author=editor,
        team=team,
        scheduled_at=timezone.now() + timedelta(minutes=20),
        state="submitted",
        submitted_by=editor,
    )


def test_newcomer_is_taught_the_next_step(client, operator, architect):
    client.force_login(operator)
    html = client.get(reverse(INDEX)).content.decode()
    assert [word for word in ("导入成员", "接通道", "建群") if word in html] == ["导入成员", "接通道", "建群"]
    assert "没有等你处理的事" in html
    client.force_login(architect)
    assert "写帖子" in client.get(reverse(INDEX)).content.decode()


def test_steps_go_once_there_is_a_post(client, editor, post):
    client.force_login(editor)
    assert "开始使用" not in client.get(reverse(INDEX)).content.decode()


@pytest.mark.parametrize(
    "role", [Role.ARCHITECT, Role.GROUP_OPERATOR, Role.CONTENT_EDITOR, Role.ANALYST, Role.MEMBER_SERVICE]
)
def test_page_opens_for_every_role(client, make_user, team, make_delivery, post, role):
    make_delivery("failed", -5, reason_code="45002", reason="太长")
    client.force_login(make_user("somebody", role, team))
    assert client.get(reverse(INDEX)).status_code == 200
    assert client.get(reverse("home_live")).status_code == 200


def test_live_part_is_only_for_staff(client):
    answer = client.get(reverse("home_live"))
    assert answer.status_code == 302
    assert reverse("admin:login") in answer.url


def test_live_part_tells_the_truth_as_posts_go_out(client, operator, make_delivery):
    delivery = make_delivery("pending", 0.2)
    client.force_login(operator)
    assert 'data-figure="sent"' in client.get(reverse("home_live")).content.decode()
    assert numbers(operator)["sent"] == "0"
    delivery.state, delivery.sent_at = "sent", timezone.now()
    delivery.save()
    assert numbers(operator)["sent"] == "1"
    assert numbers(operator)["rate"] == "100.0%"
    assert timeline(operator, timezone.now()).total == 0


def test_timeline_holds_the_hour_and_what_is_late(operator, make_delivery):
    make_delivery("pending", 10)
    make_delivery("pending", 10.0, subject="早安")
    make_delivery("awaiting_person", -3, subject="人工")
    make_delivery("held", 30, subject="挂起")
    make_delivery("pending", 61, subject="明天见")
    make_delivery("sent", 5, subject="已发")
    shown = timeline(operator, timezone.now())
    assert shown.total == 4
    assert {item.subject for item in shown.items} == {"早安", "人工", "挂起"}
    late = next(item for item in shown.items if item.subject == "人工")
    assert (late.minutes < 0, late.person_count) == (True, 1)
    assert sum(bar.count for bar in shown.bars) == 4


def test_timeline_warns_of_a_post_that_nobody_approved(operator, post):
    assert timeline(operator, timezone.now()).unapproved == [post]


def test_waiting_lists_what_this_person_can_do(operator, editor, make_delivery):
    make_delivery("unknown", -30)
    make_delivery("awaiting_person", -2)
    make_delivery("awaiting_person", -1)
    assert cards(operator) == {"unknown": 1, "manual": 2}
    assert cards(editor) == {}


def test_own_request_is_not_mine_to_approve(make_user, team, editor, post):
    from apps.accounts.services.approvals import request_approval

    chief = make_user("chief", Role.ARCHITECT, team)
    request_approval(subject=post, title="帖子《周末抽奖》", fingerprint="x", team=team, actor=editor)
    assert cards(chief)["approvals"] == 1
    editor.groups.set(chief.groups.all())
    editor = type(editor).objects.get(pk=editor.pk)
    assert "approvals" not in cards(editor)


def test_a_post_of_mine_that_a_colleague_submitted_does_not_wait_for_me(make_user, team, editor, post):
    """A2: the count opens a page that would be empty: nobody approves what they wrote."""
    from apps.accounts.services.approvals import request_approval

    chief = make_user("chief", Role.ARCHITECT, team)
    Post.objects.filter(pk=post.pk).update(author=chief)
    request_approval(subject=post, title="帖子《周末抽奖》", fingerprint="x", team=team, actor=editor)
    assert "approvals" not in cards(chief)


def test_rejected_posts_failed_imports_and_notices_wait_for_their_owner(operator, editor, post):
    Post.objects.update(state="rejected")
    ImportJob.objects.create(target="members", original_name="a.csv", created_by=operator, state="failed")
    notify(users=[editor], key="x", text="被退回了")
    assert cards(editor) == {"rejected": 1, "notices": 1}
    assert cards(operator) == {"imports_failed": 1}


def test_troubles_say_why_and_what_to_do(operator, team, make_delivery):
    make_delivery("failed", -5, reason_code="45002", reason="内容超过长度限制")
    make_delivery("failed", -6, reason_code="45002", reason="内容超过长度限制")
    make_delivery("missed", -60, reason="过了截止时间")
    make_delivery("failed", -60 * 30, reason="旧事")
    Channel.objects.create(
        name="机器人9", driver="manual", team=team, state="disabled", state_reason="93000 机器人被移出群"
    )
    Group.objects.create(name="孤群", kind=GroupKind.VIP, team=team)
    found = {trouble.label: trouble for trouble in troubles(operator, timezone.now())}
    assert found["失败"].count == 2
    assert "45002" in found["失败"].reason
    assert found["已错过"].count == 1
    assert "93000" in found["通道“机器人9”已失效"].reason
    assert found["社群没有通道"].count == 1
    assert all(trouble.todo for trouble in found.values())


def test_a_stopped_worker_is_seen(operator, make_delivery):
    make_delivery("pending", -1)
    assert troubles(operator, timezone.now()) == []
    make_delivery("pending", -7)
    (trouble,) = troubles(operator, timezone.now())
    assert (trouble.count, trouble.reason) == (2, "最早的一条已经晚了 7 分钟。")


def test_other_teams_trouble_is_not_mine(operator, other_team, make_delivery):
    make_delivery("failed", -5, team=other_team, reason="别人的")
    make_delivery("unknown", -5, team=other_team)
    make_delivery("pending", 5, team=other_team)
    Group.objects.create(name="乙", kind=GroupKind.VIP, team=other_team, capacity=100, member_count=50)
    now = timezone.now()
    assert troubles(operator, now) == []
    assert cards(operator) == {}
    assert timeline(operator, now).total == 0
    assert numbers(operator)["seats"] == "0"


def test_figures_count_today_only(operator, team, make_delivery):
    start, end = day_bounds(timezone.now())
    for when, expected in (
        (start, 1),
        (end - timedelta(seconds=1), 2),
        (end, 2),
        (start - timedelta(seconds=1), 2),
    ):
        Event.objects.create(occurred_at=when, kind="group.joined", key=f"k{when}", team=team)
        assert numbers(operator)["joined"] == str(expected)
    Group.objects.create(name="甲", kind=GroupKind.VIP, team=team, capacity=200, member_count=50)
    Group.objects.create(
        name="旧", kind=GroupKind.VIP, team=team, capacity=200, member_count=9, stage="closed"
    )
    assert (numbers(operator)["groups"], numbers(operator)["seats"]) == ("1", "50")


def test_every_figure_opens_its_rows(architect, make_delivery, client):
    make_delivery("sent", -1)
    make_delivery("failed", -1)
    client.force_login(architect)
    for figure in figures(architect, timezone.now()):
        answer = client.get(figure.url)
        assert answer.status_code == 200, figure.key
        if figure.key in {"sent", "rate", "groups"}:
            wanted = {"sent": 1, "rate": 1, "groups": 0}[figure.key]
            assert len(answer.context["cl"].result_list) == wanted


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_for_one_and_three(
    client, architect, team, make_delivery, editor, rows, django_assert_num_queries
):
    for n in range(rows):
        for state in ("pending", "unknown", "awaiting_person", "failed", "missed", "sent"):
            make_delivery(state, n - 1, subject=f"第{n}条")
        Group.objects.create(name=f"群{n}", kind=GroupKind.VIP, team=team)
        Post.objects.create(
            title=f"帖子{n}", author=editor, team=team, state="submitted",
            submitted_by=editor, scheduled_at=timezone.now() + timedelta(minutes=9),
        )  # fmt: skip
        notify(users=[architect], key=str(n), text="请看")
    client.force_login(architect)
    client.get(reverse(INDEX))
    with django_assert_num_queries(24):
        client.get(reverse(INDEX))
    with django_assert_num_queries(24):
        client.get(reverse("home_live"))
