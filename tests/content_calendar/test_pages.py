"""The room's own pages: what they show, to whom, and what they do."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Team
from apps.channels.models import Attempt, Channel, Delivery
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.wall_clock import to_wall
from apps.content_calendar.services import problems_of
from apps.core.clock import database_now
from tests.deliveries import bring


def page(name: str, *args) -> str:
    return reverse(f"admin:content_calendar_post_{name}", args=args)


def fields(post: Post | None = None, **values) -> dict:
    """What the editor's form posts."""
    wall = to_wall(database_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    base = {
        "title": "早安",
        "kind": "text",
        "body": "大家早上好",
        "link_title": "",
        "link_url": "",
        "selection": "groups",
        "scheduled_at": wall,
        "cutoff_minutes": "30",
        "action": "save",
        "seen_at": post.updated_at.isoformat() if post else "",
    }
    return base | values


@pytest.fixture
def soon(make_post):
    """A draft that is due tomorrow by the real clock."""

    def make(**values) -> Post:
        return make_post(**({"scheduled_at": database_now() + timedelta(days=1)} | values))

    return make


@pytest.fixture
def scheduled(soon, submit, approver):
    from apps.content_calendar.services import approve_post

    def make(**values) -> Post:
        now = database_now()
        return approve_post(post=submit(soon(**values), now=now), actor=approver, now=now)

    return make


@pytest.mark.parametrize("name", ["calendar", "approvals", "changelist", "add"])
def test_pages_open(client, editor, make_post, name):
    make_post()
    client.force_login(editor)
    assert client.get(page(name)).status_code == 200


def test_calendar_opens_only_to_those_who_may_view_posts(client, make_user):
    client.force_login(make_user("service", "member_service"))
    assert client.get(page("calendar")).status_code == 403


def test_a_post_is_written_and_submitted(client, editor, groups, team):
    client.force_login(editor)
    sent = fields(groups=[g.pk for g in groups], team=team.pk, action="submit")
    response = client.post(page("add"), sent)
    post = Post.objects.get()
    assert response.url == f"{post.get_absolute_url()}#saved"
    assert (post.state, post.team, post.groups.count()) == ("submitted", team, 3)


def test_title_comes_from_the_text_when_left_empty(client, editor, groups):
    client.force_login(editor)
    client.post(page("add"), fields(title="", body="第一行\n第二行"))
    assert Post.objects.get().title == "第一行"


def test_nothing_typed_is_lost_on_an_error(client, editor, groups):
    client.force_login(editor)
    sent = fields(body="写了很久的话", groups=[groups[1].pk], cutoff_minutes="0")
    response = client.post(page("add"), sent)
    assert response.status_code == 200
    html = response.content.decode()
    assert "写了很久的话" in html
    assert f'name="groups" value="{groups[1].pk}"' in html
    assert sent["scheduled_at"] in html
    assert Post.objects.count() == 0


def test_a_failed_submission_keeps_the_draft_and_says_why(client, editor):
    client.force_login(editor)
    response = client.post(page("add"), fields(body="", action="submit"), follow=True)
    post = Post.objects.get()
    assert post.state == "draft"
    assert "草稿已保存，还没有提交" in response.content.decode()


def test_warnings_are_ticked_in_the_editor(client, editor, groups):
    client.force_login(editor)
    sent = fields(body="全网最低价", groups=[groups[0].pk], action="submit")
    client.post(page("add"), sent)
    post = Post.objects.get()
    assert post.state == "draft"
    token = problems_of(post, now=database_now()).token
    client.post(page("change", post.pk), sent | {"confirmed": token, "seen_at": post.updated_at.isoformat()})
    post.refresh_from_db()
    assert post.state == "submitted"


def test_an_edit_over_somebody_elses_is_refused_with_the_text_kept(client, editor, soon):
    post = soon()
    client.force_login(editor)
    old = fields(post, body="我的版本")
    client.post(page("change", post.pk), fields(post, body="别人的版本"))
    response = client.post(page("change", post.pk), old)
    assert "别人改过这条帖子" in response.content.decode()
    assert "我的版本" in response.content.decode()
    post.refresh_from_db()
    assert post.body == "别人的版本"


def test_a_submitted_post_opens_its_page_instead_of_the_editor(client, editor, soon, submit):
    post = submit(soon(), now=database_now())
    client.force_login(editor)
    assert client.get(page("change", post.pk)).url == post.get_absolute_url()


def test_groups_out_of_sight_are_refused(client, editor, make_group):
    hidden = make_group("华南群", team=Team.objects.create(name="华南"))
    client.force_login(editor)
    response = client.post(page("add"), fields(groups=[hidden.pk]))
    assert response.status_code == 200
    assert Post.objects.count() == 0
    assert "华南群" not in response.content.decode()


def test_preview_shows_each_groups_values_and_problems(client, editor, groups):
    client.force_login(editor)
    sent = fields(body="{{ group.name }}，加我 13800138000", groups=[g.pk for g in groups])
    html = client.post(page("preview"), sent | {"preview_group": groups[2].pk}).content.decode()
    assert "福利3群，加我" in html
    assert 'data-code="phone_number"' in html
    assert Post.objects.count() == 0


def test_preview_escapes_what_is_typed(client, editor, groups):
    client.force_login(editor)
    for kind in ("text", "markdown"):
        sent = fields(kind=kind, body="<img src=x onerror=alert(1)><script>1</script>", groups=[groups[0].pk])
        html = client.post(page("preview"), sent).content.decode()
        assert "<script>" not in html
        assert "<img" not in html


def test_preview_of_a_stored_post_changes_nothing(client, editor, approver, soon, groups, team):
    """The team has two people in it: it is one choice all the same."""
    post = soon(body="原文")
    client.force_login(editor)
    sent = fields(post, body="新的 {{ group.name }}", groups=[groups[0].pk]) | {
        "post": post.pk,
        "team": team.pk,
    }
    assert "新的 福利1群" in client.post(page("preview"), sent).content.decode()
    post.refresh_from_db()
    assert post.body == "原文"


def test_preview_shows_each_way_of_sending_and_its_limit(client, editor, groups, make_group, team):
    robot = Channel.objects.create(
        name="机器人", driver="wecom_robot", team=team, secret="693a91f6-7aaa-4bc4"
    )
    wecom = make_group("企微群", channel=robot)
    client.force_login(editor)
    sent = fields(body="好" * 700, groups=[groups[0].pk, wecom.pk])
    html = client.post(page("preview"), sent).content.decode()
    assert "企业微信群机器人" in html
    assert "人工发送" in html
    assert "2100 字节 / 2048" in html
    assert 'data-code="refused_by_channel"' in html


def test_preview_needs_a_writer(client, make_user):
    client.force_login(make_user("analyst", "analyst"))
    assert client.post(page("preview"), fields()).status_code == 403


def test_a_post_out_of_sight_is_not_there(client, make_user, scheduled):
    post = scheduled()
    client.force_login(make_user("stranger", "content_editor", Team.objects.create(name="华南")))
    for name in ("page", "progress"):
        assert client.get(page(name, post.pk)).status_code == 404
    assert client.post(page("act", post.pk, "cancel")).status_code == 404


def test_own_posts_show_why_not_approve(client, soon, submit, approver):
    post = submit(soon(author=approver), actor=approver, now=database_now())
    client.force_login(approver)
    html = client.get(page("page", post.pk)).content.decode()
    assert "不能审批自己写的" in html
    client.post(page("act", post.pk, "approve"))
    post.refresh_from_db()
    assert post.state == "submitted"


def test_approving_from_the_page(client, soon, submit, approver, channel):
    channel.driver = "webhook"  # a robot: a person's pace is nothing to forecast
    channel.save()
    post = submit(soon(), now=database_now())
    client.force_login(approver)
    response = client.get(page("page", post.pk))
    assert "预计" in response.content.decode()
    client.post(page("act", post.pk, "approve"), {"seen": response.context["seen"]})
    post.refresh_from_db()
    assert post.state == "scheduled"
    assert Delivery.objects.count() == 3


def test_page_tells_each_groups_state_and_reasons(client, scheduled, approver, groups):
    post = scheduled()
    delivery = post.targets.get(group=groups[1]).delivery
    bring(Delivery.objects.filter(pk=delivery.pk), "unknown", reason="没有等到回答", attempt_count=1)
    Attempt.objects.create(delivery=delivery, number=1, lease_token=1, outcome="ambiguous", detail="读超时")
    client.force_login(approver)
    html = client.get(page("page", post.pk)).content.decode()
    for text in ("结果未知", "没有等到回答", "读超时", "1 条有问题"):
        assert text in html
    assert html.index("福利2群</td>" if "福利2群</td>" in html else "没有等到回答") < html.index(
        "福利3群<small>"
    )


def test_a_person_resends_and_the_post_opens_again(client, scheduled, approver, groups):
    post = scheduled()
    bring(Delivery.objects.filter(post_target__post=post), "failed")
    Post.objects.filter(pk=post.pk).update(state="finished")
    delivery = post.targets.get(group=groups[0]).delivery
    client.force_login(approver)
    address = page("delivery", post.pk, delivery.pk, "resend")
    client.post(address, {"reason": ""})
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    client.post(address, {"reason": "机器人已恢复"})
    delivery.refresh_from_db()
    post.refresh_from_db()
    assert (delivery.state, post.state) == ("pending", "scheduled")


def test_content_editor_sees_no_delivery_buttons(client, scheduled, editor):
    post = scheduled()
    bring(Delivery.objects.all(), "failed")
    client.force_login(editor)
    assert "标记已发" not in client.get(page("page", post.pk)).content.decode()
    delivery = Delivery.objects.first()
    client.post(page("delivery", post.pk, delivery.pk, "mark_sent"), {"reason": "看见了"})
    delivery.refresh_from_db()
    assert delivery.state == "failed"


def test_progress_is_polled_while_messages_go_out(client, scheduled, editor):
    post = scheduled()
    client.force_login(editor)
    body = client.get(page("progress", post.pk)).json()
    assert (body["state"], body["counts"], body["poll_seconds"]) == ("scheduled", {"pending": 3}, 20)
    Post.objects.filter(pk=post.pk).update(scheduled_at=database_now())
    assert client.get(page("progress", post.pk)).json()["poll_seconds"] == 3


def test_moving_copying_and_cancelling_from_the_page(client, scheduled, editor):
    post = scheduled()
    client.force_login(editor)
    at = to_wall(database_now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    client.post(page("act", post.pk, "move"), {"at": at})
    post.refresh_from_db()
    assert to_wall(post.scheduled_at).strftime("%Y-%m-%dT%H:%M") == at
    client.post(page("act", post.pk, "copy"))
    assert Post.objects.filter(title__contains="副本", state="draft").exists()
    client.post(page("act", post.pk, "cancel"), {"reason": "推迟"})
    post.refresh_from_db()
    assert post.state == "cancelled"
    assert client.post(page("act", post.pk, "explode")).status_code == 404
    assert client.get(page("act", post.pk, "cancel")).status_code == 405


@pytest.mark.parametrize(("name", "count"), [("page", 1), ("page", 3)])
def test_page_costs_the_same_for_one_and_three_groups(
    client, scheduled, editor, groups, django_assert_num_queries, name, count
):
    post = scheduled(groups=groups[:count])
    client.force_login(editor)
    client.get(page(name, post.pk))
    with django_assert_num_queries(16):
        client.get(page(name, post.pk))


@pytest.mark.parametrize("count", [1, 3])
def test_approvals_cost_the_same_for_one_and_three_posts(
    client, approver, soon, submit, django_assert_num_queries, count
):
    for index in range(count):
        submit(soon(title=f"第{index}", body=f"第{index}"), now=database_now())
    client.force_login(approver)
    client.get(page("approvals"))
    with django_assert_num_queries(7):
        assert len(client.get(page("approvals")).context["mine"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_one_and_three_posts(
    client, editor, make_post, django_assert_num_queries, count
):
    for index in range(count):
        make_post(title=f"第{index}")
    client.force_login(editor)
    client.get(page("changelist"))
    with django_assert_num_queries(7):
        client.get(page("changelist"))
