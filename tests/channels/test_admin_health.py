"""The health page (D8): plain words first, every figure opens its rows (A2), only my teams' numbers (S1)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.channels.models import Channel, Delivery
from apps.core.clock import database_now
from tests.channels.conftest import force

pytestmark = pytest.mark.django_db

LIVE = "admin:channels_health_live"


@pytest.fixture
def desk(client, make_user, team):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    cache.clear()
    return client


@pytest.fixture
def robot(team):
    return Channel.objects.create(
        name="一号", driver="wecom_robot", secret="robot-0000-secret-0001", team=team
    )


def in_state(deliveries, state, **fields):
    force(Delivery.objects.filter(pk__in=[row.pk for row in deliveries]), state=state, **fields)


def test_says_normal_when_all_is_well(desk, robot):
    html = desk.get(reverse("admin:channels_health")).content.decode()
    assert "正常：" in html
    assert "robot-0000" not in html


def test_says_what_is_wrong_in_words(desk, robot, make_due):
    in_state(make_due(robot, 2), "unknown")
    in_state(make_due(robot, 3), "held")
    make_due(robot, due_at=database_now() - timedelta(minutes=10))
    Channel.objects.create(name="坏的", driver="wecom_robot", team=robot.team, state="disabled")
    said = desk.get(reverse(LIVE)).context["sentences"]
    assert said == [
        "有 2 条结果未知需要处理。",
        "最早一条已经晚了 10 分钟，还没有发出。",
        "有 1 个通道已失效。",
        "有 3 条因通道停用而挂起。",
    ]


def test_every_tile_opens_exactly_its_rows(desk, robot, make_due):
    now = database_now()
    make_due(robot, 2)
    make_due(robot, 1, due_at=now + timedelta(hours=1))
    for count, state in ((1, "unknown"), (2, "failed"), (3, "missed"), (4, "held")):
        in_state(make_due(robot, count, due_at=now), state)
    in_state(make_due(robot, 5), "sent", sent_at=now)
    tiles = {tile.key: tile for tile in desk.get(reverse(LIVE)).context["tiles"]}
    for key, count in {"due": 2, "unknown": 1, "failed": 2, "missed": 3, "held": 4, "sent": 5}.items():
        assert tiles[key].value == str(count)
        assert len(desk.get(tiles[key].url).context["cl"].result_list) == count, key
    assert tiles["awaiting"].url == reverse("admin:channels_delivery_inbox")


def test_other_teams_are_not_counted_but_the_whole_is_for_those_who_see_all(
    desk, client, make_user, make_due, robot
):
    other = Channel.objects.create(name="别组", driver="manual", team=Team.objects.create(name="华南组"))
    in_state(make_due(other, 3), "unknown")
    answer = desk.get(reverse(LIVE))
    assert answer.context["health"].unknown_count == 0
    assert "别组" not in answer.content.decode()
    client.force_login(make_user("analyst", Role.ANALYST))
    assert client.get(reverse(LIVE)).context["health"].unknown_count == 3


def test_needs_the_permission(client, make_user, team):
    client.force_login(make_user("service", Role.MEMBER_SERVICE, team))
    assert client.get(reverse("admin:channels_health")).status_code == 403
    assert client.get(reverse(LIVE)).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_costs_the_same_for_one_and_three(desk, team, make_due, rows, django_assert_num_queries):
    for n in range(rows):
        make_due(
            Channel.objects.create(name=f"机{n}", driver="wecom_robot", secret=f"robot-{n:08}", team=team)
        )
    desk.get(reverse(LIVE))
    with django_assert_num_queries(9):
        desk.get(reverse(LIVE))


def test_forecast_stands_in_the_table_only_where_it_means_something(desk, robot, make_due):
    make_due(robot, 41)
    rows = {row.channel.name: finish for row, finish in desk.get(reverse(LIVE)).context["rows"]}
    assert rows["一号"] is not None
    force(Channel.objects.all(), state="paused")
    rows = {row.channel.name: finish for row, finish in desk.get(reverse(LIVE)).context["rows"]}
    assert rows["一号"] is None
