"""From a draft to the group: through approval, the outbox, a worker and the platform."""

from datetime import timedelta

import pytest
from django.db.models import F

from apps.accounts.enums import Role
from apps.channels.models import Delivery
from apps.channels.services.dispatching import dispatch
from apps.content_calendar.models import Material, Post
from apps.content_calendar.services import (
    approve_post,
    finish_posts,
    problems_of,
    recall_post,
    submit_post,
    write_post,
)
from apps.content_calendar.services.materials import add_material
from apps.core.clock import database_now
from apps.core.pictures import clean_picture
from apps.groups.models import Group
from community_ops.roles import sync_roles
from tests.channels.conftest import make_channel, quick  # noqa: F401
from tests.chat_simulator_fixture import simulator, simulator_process  # noqa: F401
from tests.content_calendar.test_materials import picture, upload

pytestmark = pytest.mark.django_db(transaction=True)

#: Far enough that no slow machine finds a publishing time in the past.
AHEAD = timedelta(minutes=30)


@pytest.fixture
def people(transactional_db, make_user, team):
    sync_roles()
    return make_user("writer", Role.CONTENT_EDITOR, team), make_user("boss", Role.ARCHITECT, team)


@pytest.fixture
def robots(make_channel, team):  # noqa: F811
    return [make_channel(team=team), make_channel(team=team)]


@pytest.fixture
def robot_groups(robots, team):
    return [
        Group.objects.create(name=f"{n}群", kind="benefit", team=team, channel=robot)
        for n, robot in enumerate(robots, start=1)
    ]


@pytest.fixture
def publish(people, robot_groups):
    """Write, submit and approve a post that is due ``AHEAD``."""
    writer, boss = people

    def go(at, *, post: Post | None = None, **values) -> Post:
        now = database_now()
        post = write_post(
            post=post, values={"scheduled_at": at, **values}, groups=robot_groups, actor=writer, now=now
        )
        post = submit_post(post=post, actor=writer, now=now, confirmed=problems_of(post, now=now).token)
        return approve_post(post=post, actor=boss, now=now)

    return go


def let_come(moment) -> None:
    """Let ``moment`` be just past: everything planned moves towards now, as if one had waited."""
    by = moment - database_now() + timedelta(seconds=1)
    Post.objects.update(scheduled_at=F("scheduled_at") - by)
    Delivery.objects.update(
        due_at=F("due_at") - by, available_at=F("available_at") - by, cutoff_at=F("cutoff_at") - by
    )


def test_posts_arrive_once_in_order_each_with_its_groups_values(publish, quick, people, robots):  # noqa: F811
    at = database_now() + AHEAD
    material = add_material(
        material=Material(name="海报", file=clean_picture(upload(picture()))),
        actor=people[0],
        now=database_now(),
    )
    first = publish(at, title="一", body="早安 {{ group.name }}")
    second = publish(at, title="二", body="配文", kind="image", image=material)
    let_come(at)
    dispatch()
    dispatch()
    for number, robot in enumerate(robots, start=1):
        arrived = quick.accepted(key=robot.secret)
        assert [m["kind"] for m in arrived] == ["text", "text", "image"]
        assert [m["text"] for m in arrived[:2]] == [f"早安 {number}群", "配文"]
    assert finish_posts(now=database_now()) == (2, 0)
    assert {p.state for p in Post.objects.filter(pk__in=[first.pk, second.pk])} == {"finished"}


def test_a_recalled_post_stays_home_and_goes_out_once_when_it_is_back(publish, quick, people):  # noqa: F811
    at = database_now() + AHEAD
    post = publish(at, title="一", body="第一版")
    post = recall_post(post=post, actor=people[0], now=database_now()).post
    let_come(at)
    dispatch()
    assert quick.accepted() == []
    at = database_now() + AHEAD
    publish(at, post=post, body="第二版")
    let_come(at)
    dispatch()
    assert sorted(m["text"] for m in quick.accepted()) == ["第二版", "第二版"]
    assert Delivery.objects.filter(state="sent").count() == 2
