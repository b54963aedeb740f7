"""Health tells progress (D8), the forecast tells the pace (D5), facts reach the event log once."""

from datetime import timedelta

import pytest

from apps.channels.models import Channel, Delivery
from apps.channels.selectors.forecast import forecast_finish
from apps.channels.selectors.progress import channel_healths, delivery_health, troubled_channels
from apps.channels.services.facts import record_sent
from apps.core.clock import database_now
from apps.events.models import Event
from tests.channels.conftest import force

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return Channel.objects.create(name="一号机器人", driver="wecom_robot", secret="robot-00000001")


def test_health_counts_what_is_due_in_doubt_and_waiting(channel, make_due):
    now = database_now()
    make_due(channel, 2, due_at=now - timedelta(seconds=90))
    make_due(channel, 4, due_at=now + timedelta(hours=1))
    force(Delivery.objects.filter(pk=make_due(channel)[0].pk), state="unknown")
    force(Delivery.objects.filter(pk=make_due(channel)[0].pk), state="awaiting_person")
    slow = Delivery.objects.filter(pk=make_due(channel, due_at=now - timedelta(seconds=7))[0].pk)
    force(slow, state="sent", sent_at=now)
    health = delivery_health(now)
    assert health.oldest_due_seconds == pytest.approx(90, abs=1)
    assert (health.due_count, health.unknown_count, health.awaiting_count) == (2, 1, 1)
    assert health.sent_today == 1
    assert health.lag_p95_seconds == pytest.approx(7, abs=0.1)
    assert not health.is_stuck


def test_health_of_an_empty_outbox():
    health = delivery_health(database_now())
    assert (health.oldest_due_seconds, health.due_count, health.lag_p95_seconds) == (0, 0, None)


def test_channel_health_shows_backlog_and_quota(channel, make_due, architect, django_assert_num_queries):
    now = database_now()
    make_due(channel, 3)
    Channel.objects.update(recent_at=[now - timedelta(seconds=s) for s in (90, 5, 4, 3, 2)])
    idle = Channel.objects.create(name="二号", driver="wecom_robot", secret="robot-00000002")
    with django_assert_num_queries(1):
        first, second = channel_healths(channels=[channel, idle], now=now)
    assert (first.due_count, first.used, first.quota_percent) == (3, 4, 20)
    assert (second.due_count, second.used) == (0, 0)
    assert [health.channel for health in troubled_channels(user=architect, now=now)] == [channel, idle]


def test_forecast_follows_the_pace(channel):
    starts_at = database_now() + timedelta(hours=1)
    assert forecast_finish(counts={channel.pk: 20}, starts_at=starts_at) == starts_at
    assert forecast_finish(counts={channel.pk: 21}, starts_at=starts_at) == starts_at + timedelta(minutes=1)
    assert forecast_finish(counts={channel.pk: 60}, starts_at=starts_at) == starts_at + timedelta(minutes=2)


def test_forecast_counts_the_backlog_and_takes_the_slowest(channel, make_due):
    starts_at = database_now() + timedelta(hours=1)
    make_due(channel, 40, due_at=starts_at)
    fast = Channel.objects.create(name="二号", driver="wecom_robot", secret="robot-00000002")
    counts = {channel.pk: 1, fast.pk: 15}
    assert forecast_finish(counts=counts, starts_at=starts_at) == starts_at + timedelta(minutes=2)


def test_forecast_waits_for_a_penalty_and_knows_no_people(channel):
    now = database_now()
    Channel.objects.update(circuit_open_until=now + timedelta(minutes=10))
    assert forecast_finish(counts={channel.pk: 1}, starts_at=now) == now + timedelta(minutes=10)
    manual = Channel.objects.create(name="微信群", driver="manual", platform="wechat")
    assert forecast_finish(counts={manual.pk: 5}, starts_at=now) is None
    assert forecast_finish(counts={}, starts_at=now) is None


def test_sent_becomes_a_fact_once(channel, make_due):
    now = database_now()
    rows = make_due(channel, 3)
    force(Delivery.objects.all(), state="sent", sent_at=now)
    assert record_sent() == 3
    assert record_sent() == 0
    event = Event.objects.filter(kind="post.sent").order_by("id").first()
    assert (event.subject, event.data["channel"]) == (rows[0].key, channel.pk)
    [late] = make_due(channel)
    force(Delivery.objects.filter(pk=late.pk), state="sent", sent_at=now - timedelta(seconds=30))
    assert record_sent() == 1, "a commit that came a little late is not lost"
