"""Each answer of the platform leads to the right state (D3, D4, D5, D9), seen by a real server's witness."""

from datetime import timedelta

import pytest
from django.db.models import F

from apps.accounts.models import AuditEntry, Notice
from apps.channels.models import Channel, Delivery
from apps.channels.services.dispatching import dispatch
from apps.channels.services.lifecycle import activate_channel
from apps.core.clock import database_now
from tests.channels.conftest import broken_promises, outcomes, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def promises_hold_afterwards(transactional_db):
    yield
    assert not broken_promises()


@pytest.mark.parametrize(
    ("fault", "attempt", "arrived"),
    [
        ({"kind": "hang"}, "ambiguous", 0),
        ({"kind": "reset"}, "ambiguous", 0),
        ({"kind": "html"}, "ambiguous", 0),
        ({"kind": "garbage"}, "ambiguous", 0),
        ({"kind": "empty"}, "ambiguous", 0),
        ({"kind": "truncated"}, "ambiguous", 0),
        ({"kind": "http_status", "code": 500}, "ambiguous", 0),
        ({"kind": "hang_after_accept"}, "ambiguous", 1),
        ({"kind": "reset_after_accept"}, "ambiguous", 1),
        ({"kind": "html_after_accept"}, "ambiguous", 1),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_doubt_is_unknown_and_never_resent(quick, make_channel, make_due, fault, attempt, arrived):
    channel = make_channel()
    deliveries = make_due(channel, 2)
    quick.fault(**fault, key=channel.secret)
    dispatch(run_seconds=2)
    assert states(deliveries)[0] == "unknown"
    assert outcomes(deliveries[0])[0] == attempt
    Channel.objects.update(circuit_open_until=None)
    dispatch()
    assert states(deliveries) == ["unknown", "sent"]
    first = deliveries[0].content["text"]
    assert quick.count(text=first) <= 1, "what is in doubt went out a second time"
    assert len(quick.accepted(text=first)) == arrived
    quick.clear_faults()


def test_at_least_once_resends_what_is_in_doubt(quick, make_channel, make_due):
    channel = make_channel(is_at_least_once=True)
    [delivery] = make_due(channel)
    quick.fault("reset_after_accept", key=channel.secret)
    dispatch()
    assert states([delivery]) == ["pending"]
    Channel.objects.update(circuit_open_until=None)
    Delivery.objects.update(available_at=F("due_at"))
    dispatch()
    assert states([delivery]) == ["sent"]
    assert len(quick.accepted(text=delivery.content["text"])) == 2


def test_rate_refusal_in_a_200_opens_the_circuit(quick, make_channel, make_due):
    channel = make_channel()
    deliveries = make_due(channel, 3)
    quick.fault("refuse", key=channel.secret, code=45009)
    dispatch()
    assert states(deliveries) == ["pending"] * 3
    channel.refresh_from_db()
    assert channel.circuit_open_until - database_now() > timedelta(seconds=55)
    assert dispatch() == 0
    assert quick.count() == 1


def test_429_waits_as_long_as_it_says(quick, make_channel, make_due):
    channel = make_channel()
    deliveries = make_due(channel)
    quick.fault("http_status", key=channel.secret, code=429, retry_after=120)
    dispatch()
    assert states(deliveries) == ["pending"]
    channel.refresh_from_db()
    assert timedelta(seconds=110) < channel.circuit_open_until - database_now() <= timedelta(seconds=120)


def test_busy_is_tried_again(quick, make_channel, make_due):
    channel = make_channel()
    [delivery] = make_due(channel)
    quick.fault("refuse", key=channel.secret, code=-1)
    dispatch()
    Delivery.objects.update(available_at=F("due_at"))
    dispatch()
    assert states([delivery]) == ["sent"]
    assert outcomes(delivery) == ["retry", "accepted"]


@pytest.mark.parametrize("code", [40008, 40058, 45002, 99999])
def test_refused_content_fails_alone(quick, make_channel, make_due, code):
    channel = make_channel()
    deliveries = make_due(channel, 2)
    quick.fault("refuse", key=channel.secret, code=code)
    dispatch()
    assert states(deliveries) == ["failed", "sent"]
    failed = Delivery.objects.get(pk=deliveries[0].pk)
    assert failed.reason_code == str(code)
    assert str(code) in failed.reason


@pytest.mark.parametrize("code", [93000, 93004, 93008])
def test_a_gone_robot_disables_its_channel_once(quick, make_channel, make_due, architect, code):
    channel = make_channel(owner=architect)
    deliveries = make_due(channel, 3)
    quick.fault("refuse", key=channel.secret, code=code, times=None)
    dispatch()
    dispatch()
    channel.refresh_from_db()
    assert channel.state == "disabled"
    assert str(code) in channel.state_reason
    assert states(deliveries) == ["held"] * 3
    assert quick.count() == 1, "a dead robot is asked once"
    assert Notice.objects.filter(user=architect, level="error").count() == 1
    assert AuditEntry.objects.filter(action="channel.disable").count() == 1


def test_a_repaired_channel_sends_its_queue_in_order(quick, make_channel, make_due, architect):
    channel = make_channel(owner=architect)
    deliveries = make_due(channel, 3)
    quick.fault("refuse", key=channel.secret, code=93000)
    dispatch()
    dispatch()
    channel.refresh_from_db()
    activate_channel(channel=channel, actor=architect, now=database_now())
    Delivery.objects.update(available_at=F("due_at"))
    assert dispatch() == 3
    arrived = [message["text"] for message in quick.accepted(key=channel.secret)]
    assert arrived == [delivery.content["text"] for delivery in deliveries]


def test_no_connection_is_tried_again_until_the_cutoff(settings, quick, make_channel, make_due):
    channel = make_channel()
    [delivery] = make_due(channel)
    settings.WECOM_API_BASE = "http://127.0.0.1:1"
    dispatch()
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    assert delivery.available_at > database_now()
    assert outcomes(delivery) == ["not_sent"]
    channel.refresh_from_db()
    assert channel.recent_at == [], "what never left does not use up the quota"
    settings.WECOM_API_BASE = quick.url
    Delivery.objects.update(available_at=F("due_at"))
    dispatch()
    assert states([delivery]) == ["sent"]


def test_content_that_cannot_be_sent_fails_before_any_attempt(quick, make_channel, make_due):
    channel = make_channel()
    long, fine = make_due(channel, 1, content={"kind": "text", "text": "长" * 700}) + make_due(channel)
    dispatch()
    assert sorted(states([long, fine])) == ["failed", "sent"]
    long.refresh_from_db()
    assert (long.reason_code, long.attempt_count) == ("content", 0)
    assert "2100" in long.reason
    assert quick.count() == 1
