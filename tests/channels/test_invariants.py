"""The audit finds what it claims to find: each query is shown a violation."""

from datetime import timedelta

import pytest

from apps.channels.models import Attempt, Channel, Delivery
from apps.core.clock import database_now
from tests.channels.conftest import broken_promises, force

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return Channel.objects.create(
        name="一号机器人", driver="wecom_robot", secret="robot-00000001", rate_limit=2, rate_window_seconds=60
    )


def _promises() -> list[str]:
    return [promise for promise, _name, _count in broken_promises()]


def _accept(delivery: Delivery, number: int, at, outcome: str = "accepted") -> None:
    Attempt.objects.create(
        delivery=delivery,
        number=number,
        lease_token=1,
        started_at=at,
        finished_at=at + timedelta(seconds=1),
        outcome=outcome,
    )


def test_a_clean_outbox_breaks_nothing(channel, make_due):
    make_due(channel, 3)
    assert _promises() == []


def test_sent_without_an_accepted_attempt(channel, make_due):
    make_due(channel)
    force(Delivery.objects.all(), state="sent", sent_at=database_now())
    assert _promises() == ["D1", "D2"]


def test_attempts_that_do_not_add_up(channel, make_due):
    [delivery] = make_due(channel)
    _accept(delivery, 1, database_now(), "refused")
    assert _promises() == ["D2"]


def test_hands_of_the_dead(channel, make_due):
    make_due(channel)
    long_ago = database_now() - timedelta(minutes=10)
    force(Delivery.objects.all(), state="claimed", leased_until=long_ago)
    Channel.objects.update(leased_until=long_ago)
    assert _promises() == ["D3"]


def test_a_machine_that_sent_again(channel, make_due):
    [delivery] = make_due(channel)
    now = database_now()
    _accept(delivery, 1, now, "ambiguous")
    _accept(delivery, 2, now)
    force(Delivery.objects.all(), state="sent", sent_at=now, attempt_count=2)
    assert _promises() == ["D3"]


def test_three_in_a_minute_where_two_are_allowed(channel, make_due):
    now = database_now()
    for number, delivery in enumerate(make_due(channel, 3)):
        _accept(delivery, 1, now + timedelta(seconds=25 * number))
    force(Delivery.objects.all(), state="sent", sent_at=now, attempt_count=1)
    assert _promises() == ["D5"]
    Attempt.objects.filter(delivery=delivery).update(started_at=now + timedelta(seconds=62))
    assert _promises() == []


def test_late_and_still_pending(channel, make_due):
    past = database_now() - timedelta(hours=2)
    make_due(channel, due_at=past, cutoff_at=past + timedelta(minutes=30))
    assert _promises() == ["D6"]


def test_due_on_a_silent_channel(channel, make_due):
    make_due(channel, due_at=database_now() - timedelta(minutes=2))
    Channel.objects.update(state="disabled", updated_at=database_now() - timedelta(minutes=2))
    assert _promises() == ["D9"]
