"""The calendar's feed and the drag."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Team, User
from apps.channels.models import Channel, Delivery
from apps.content_calendar.models import Post
from apps.core.clock import database_now
from tests.content_calendar.conftest import LATER
from tests.deliveries import bring

RANGE = {"start": "2026-03-01T00:00", "end": "2026-04-01T00:00"}


@pytest.fixture
def feed(client, editor: User):
    def get(user: User = editor, **params):
        client.force_login(user)
        return client.get(reverse("content_calendar:posts"), RANGE | params)

    return get


def titles(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["title"] for row in response.json()]


def test_feed_gives_times_on_the_house_clock(feed, make_post):
    post = make_post()
    (row,) = feed().json()
    assert row["start"] == "2026-03-02T11:00:00"
    assert row["id"] == post.pk
    assert row["group_count"] == 3
    assert row["can_move"] is True
    assert row["progress"] == {"total": 0, "sent": 0, "trouble": 0, "begun": 0}


def test_feed_covers_the_span_asked_for(feed, make_post):
    make_post(title="内")
    make_post(title="外", scheduled_at=LATER + timedelta(days=60))
    make_post(title="没时间", scheduled_at=None)
    assert titles(feed()) == ["内"]


def test_feed_tells_progress_and_trouble(feed, make_post, schedule):
    post = schedule(make_post())
    first, second, _third = Delivery.objects.order_by("sequence")
    bring(Delivery.objects.filter(pk=first.pk), "sent")
    bring(Delivery.objects.filter(pk=second.pk), "unknown")
    (row,) = feed().json()
    assert row["progress"] == {"total": 3, "sent": 1, "trouble": 1, "begun": 2}
    assert row["can_move"] is False
    assert row["id"] == post.pk


def test_feed_filters_by_group_channel_owner_and_state(
    feed, make_post, make_group, schedule, approver, editor, team
):
    other = Channel.objects.create(name="二号", driver="manual", team=team)
    away = make_group("别的群", channel=other, kind="vip")
    make_post(title="草稿")
    schedule(make_post(title="排期", body="乙", groups=[away]))
    make_post(title="主管写的", author=approver, groups=[away])
    make_post(title="按条件", selection="filter", group_filter={"kind": ["vip"]}, groups=[])
    assert titles(feed(group=away.pk)) == ["排期", "主管写的", "按条件"]
    assert titles(feed(channel=other.pk)) == ["排期", "主管写的", "按条件"]
    assert titles(feed(owner=approver.pk)) == ["主管写的"]
    assert titles(feed(state="scheduled")) == ["排期"]
    assert titles(feed(group=away.pk, state="draft", owner=editor.pk)) == ["按条件"]
    assert titles(feed(group=999_999)) == []


def test_feed_shows_only_what_one_may_see(feed, make_post, make_user, client):
    """S1: the author and the team; a stranger nothing, somebody without the permission not even the door."""
    make_post()
    stranger = make_user("stranger", "content_editor", Team.objects.create(name="华南"))
    assert titles(feed(stranger)) == []
    service = make_user("service", "member_service")
    assert feed(service).status_code == 403
    client.logout()
    assert client.get(reverse("content_calendar:posts"), RANGE).status_code == 403


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"start": "昨天"}, "时间要写成"),
        ({"end": "2026-02-01T00:00"}, "结束要晚于开始"),
        ({"end": "2028-02-01T00:00"}, "最多看一年"),
        ({"state": "flying"}, "flying"),
        ({"group": "x"}, "整数"),
    ],
)
def test_wrong_questions_get_a_sentence(feed, params, said):
    response = feed(**params)
    assert response.status_code == 400
    assert said in response.json()["message"]


@pytest.mark.parametrize("count", [1, 3])
def test_feed_costs_the_same_for_one_and_three_posts(
    feed, make_post, schedule, django_assert_num_queries, client, editor, count
):
    for index in range(count):
        schedule(make_post(title=f"第{index}", body=f"第{index}"))
    client.force_login(editor)
    with django_assert_num_queries(7):
        assert len(client.get(reverse("content_calendar:posts"), RANGE).json()) == count


def test_a_month_of_three_thousand_posts_takes_as_many_queries(
    feed, editor, team, django_assert_num_queries, client
):
    Post.objects.bulk_create(
        Post(
            title=f"第{i}",
            body="甲",
            author=editor,
            team=team,
            scheduled_at=LATER + timedelta(minutes=10 * i),
        )
        for i in range(3_000)
    )
    client.force_login(editor)
    with django_assert_num_queries(7):
        assert len(client.get(reverse("content_calendar:posts"), RANGE).json()) == 3_000


@pytest.fixture
def drag(client, editor: User):
    def patch(post: Post, at: str, user: User = editor):
        client.force_login(user)
        address = reverse("content_calendar:post", args=[post.pk])
        return client.patch(address, {"scheduled_at": at}, content_type="application/json")

    return patch


def wall(**ahead) -> str:
    from apps.content_calendar.selectors.wall_clock import to_wall

    return to_wall(database_now() + timedelta(**ahead)).isoformat(timespec="minutes")


def test_dragging_moves_a_post(drag, make_post):
    post = make_post()
    at = wall(days=3)
    response = drag(post, at)
    assert response.status_code == 200
    assert response.json()["start"] == f"{at}:00"


def test_a_refused_drag_says_why(drag, make_post, submit, make_user):
    post = make_post()
    assert drag(post, "2020-01-01T09:00").json()["code"] == "past"
    assert drag(post, "soon").status_code == 400
    submitted = submit(make_post(title="二", body="二"))
    refused = drag(submitted, wall(days=3))
    assert refused.status_code == 409
    assert "先撤回" in refused.json()["hint"]
    stranger = make_user("stranger", "content_editor", Team.objects.create(name="华南"))
    assert drag(post, wall(days=3), stranger).status_code == 404


def test_somebody_who_may_only_look_cannot_drag(drag, make_post, make_user, team):
    operator = make_user("operator", "group_operator", team)
    response = drag(make_post(), wall(days=3), operator)
    assert response.status_code == 403
    assert response.json()["code"] == "not_allowed"


def test_dragging_needs_the_csrf_token(make_post, editor):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    address = reverse("content_calendar:post", args=[make_post().pk])
    response = client.patch(address, {"scheduled_at": wall(days=3)}, content_type="application/json")
    assert response.status_code == 403


def test_group_search_finds_open_groups_in_sight(client, editor, groups, make_group):
    make_group("散伙群", stage="closed")
    make_group("福利群华南", team=Team.objects.create(name="华南"))
    client.force_login(editor)
    address = reverse("content_calendar:groups")
    assert client.get(address, {"q": "福利"}).json()["count"] == 3
    assert client.get(address, {"q": "2群"}).json()["groups"][0]["name"] == "福利2群"
    assert client.get(address, {"kind": ["vip", "benefit"]}).json()["count"] == 3
    assert client.get(address, {"kind": "vip"}).json() == {"count": 0, "groups": []}
