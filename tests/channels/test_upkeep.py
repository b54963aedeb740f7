"""Late is a state, a silent channel holds its queue, people get their share (D6, D9)."""

from datetime import timedelta

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Notice
from apps.channels.models import Channel, Delivery
from apps.channels.services.dispatching import dispatch
from apps.channels.services.upkeep import tidy
from apps.core.clock import database_now
from apps.events.models import Event
from tests.channels.conftest import states

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(team):
    return Channel.objects.create(name="一号机器人", driver="wecom_robot", secret="robot-00000001", team=team)


def _late(make_due, channel, count=2):
    due_at = database_now() - timedelta(hours=2)
    return make_due(channel, count, due_at=due_at, cutoff_at=due_at + timedelta(minutes=30))


def test_past_its_cutoff_a_message_is_missed_and_the_team_is_told_once(channel, make_due, make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    deliveries = _late(make_due, channel, 3)
    assert tidy().missed == 3
    assert states(deliveries) == ["missed"] * 3
    notice = Notice.objects.get()
    assert notice.user == operator
    assert "3 条" in notice.text
    assert tidy().missed == 0
    assert Event.objects.filter(kind="post.failed").count() == 3


@pytest.mark.django_db(transaction=True)
def test_nothing_overdue_fires_after_an_outage(quick, make_channel, make_due):
    channel = make_channel()
    late, fresh = _late(make_due, channel), make_due(channel)
    assert dispatch() == 1
    assert states(late) == ["missed"] * 2
    assert states(fresh) == ["sent"]
    assert quick.count() == 1


@pytest.mark.parametrize("state", ["paused", "disabled"])
def test_a_silent_channel_holds_what_is_due_and_only_that(channel, make_due, state):
    Channel.objects.update(state=state)
    due = make_due(channel, 2)
    ahead = make_due(channel, due_at=database_now() + timedelta(hours=1))
    tidy()
    assert states(due) == ["held"] * 2
    assert states(ahead) == ["pending"]


def test_active_again_releases_what_is_in_time_and_misses_the_rest(channel, make_due):
    Channel.objects.update(state="paused")
    late, fresh = _late(make_due, channel), make_due(channel)
    Delivery.objects.filter(pk__in=[row.pk for row in late]).update(state="held")
    tidy()
    Channel.objects.update(state="active")
    tidy()
    assert states(late) == ["missed"] * 2
    assert states(fresh) == ["pending"]


def test_a_manual_channel_hands_over_to_a_person(make_due):
    channel = Channel.objects.create(name="微信群", driver="manual", platform="wechat")
    due = make_due(channel, 2)
    ahead = make_due(channel, due_at=database_now() + timedelta(hours=1))
    assert tidy().handed_over == 2
    assert states(due) == ["awaiting_person"] * 2
    assert states(ahead) == ["pending"]
    Delivery.objects.filter(state="awaiting_person").update(
        due_at=database_now() - timedelta(hours=2), cutoff_at=database_now() - timedelta(hours=1)
    )
    assert tidy().missed == 2


def test_without_owner_and_team_the_architects_are_told(make_due, architect):
    channel = Channel.objects.create(name="孤儿", driver="wecom_robot", secret="robot-00000001")
    _late(make_due, channel)
    tidy()
    assert Notice.objects.get().user == architect
