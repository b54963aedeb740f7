"""The guards of D7 one by one, each with a control that goes wrong without it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from apps.channels.drivers.base import Outcome, Verdict
from apps.channels.models import Attempt, Channel, Delivery
from apps.channels.services import leasing, steps
from apps.channels.services.dispatching import dispatch
from apps.channels.services.leasing import claim
from apps.channels.services.outbox import cancel_deliveries, move_deliveries
from apps.channels.services.recording import settle
from apps.channels.services.steps import Finished, Started, Step, run_steps
from apps.channels.services.upkeep import reap
from apps.core.clock import database_now
from tests.channels.conftest import outcomes, states

pytestmark = pytest.mark.django_db
with_threads = pytest.mark.django_db(transaction=True)

OK = Verdict(Outcome.ACCEPTED, code="0")


def step(finished, lease, message, *, is_last) -> int | None:
    return run_steps([Step(finished, lease, message, is_last)])[0]


def _expire() -> None:
    Channel.objects.update(leased_until=database_now() - timedelta(seconds=1))


@contextmanager
def _locked(channel: Channel) -> Iterator[None]:
    """Another connection holds the channel's row, as a scan does while it leases."""
    ready, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Channel.objects.select_for_update().get(pk=channel.pk)
            ready.set()
            leave.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(5)
    try:
        yield
    finally:
        leave.set()
        thread.join()


@with_threads
def test_a_scan_skips_what_another_has_locked(make_channel, make_due):
    busy, free = make_channel(), make_channel()
    make_due(busy), make_due(free)
    with _locked(busy):
        assert [lease.channel_id for lease, _messages in claim(limit=10)] == [free.pk]


@with_threads
def test_control_without_skip_locked_the_scan_waits(make_channel, make_due, monkeypatch):
    busy, free = make_channel(), make_channel()
    make_due(busy), make_due(free)
    monkeypatch.setattr(leasing, "LEASE", leasing.LEASE.replace("SKIP LOCKED", ""))
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with _locked(busy), pytest.raises(OperationalError, match="lock timeout"):
        claim(limit=10)
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def test_a_leased_channel_is_not_leased_again(make_channel, make_due):
    make_due(make_channel(), 3)
    assert len(claim(limit=10)) == 1
    make_due(Channel.objects.get(), 3)
    assert claim(limit=10) == []


def test_control_without_the_lease_two_workers_share_a_channel(make_channel, make_due, monkeypatch):
    make_due(make_channel(), 3)
    claim(limit=10)
    make_due(Channel.objects.get(), 3)
    monkeypatch.setattr(leasing, "LEASE", leasing.LEASE.replace("AND c.leased_until IS NULL", ""))
    assert len(claim(limit=10)) == 1


def test_a_worker_that_was_taken_over_starts_nothing(make_channel, make_due):
    make_due(make_channel())
    [(old, [message])] = claim(limit=1)
    _expire()
    reap()
    [(new, [again])] = claim(limit=1)
    assert step(None, new, again, is_last=False) == 1
    assert step(None, old, message, is_last=False) is None
    assert Attempt.objects.count() == 1


def test_control_without_the_fence_it_sends_a_second_time(make_channel, make_due, monkeypatch):
    make_due(make_channel())
    [(old, [message])] = claim(limit=1)
    _expire()
    reap()
    [(new, [again])] = claim(limit=1)
    assert step(None, new, again, is_last=False) == 1
    unfenced = steps.STEPS
    for guard in (
        "AND d.lease_token = step.next_token AND d.state = 'claimed'",
        "AND touched.lease_token = step.next_token",
        "AND c.lease_token = used.token",
    ):
        assert guard in unfenced
        unfenced = unfenced.replace(guard, "")
    monkeypatch.setattr(steps, "STEPS", unfenced)
    assert step(None, old, message, is_last=False) == 2


def test_a_late_verdict_turns_unknown_into_its_truth(make_channel, make_due):
    [delivery] = make_due(make_channel())
    [(lease, [message])] = claim(limit=1)
    number = step(None, lease, message, is_last=False)
    _expire()
    reap()
    assert states([delivery]) == ["unknown"]
    step(Finished(Started(lease, message, number), OK, 200), None, None, is_last=True)
    assert states([delivery]) == ["sent"]
    assert outcomes(delivery) == ["accepted"]


def test_a_late_refusal_is_no_longer_unknown_either(make_channel, make_due):
    [delivery] = make_due(make_channel())
    [(lease, [message])] = claim(limit=1)
    number = step(None, lease, message, is_last=False)
    _expire()
    reap()
    refused = Verdict(Outcome.REFUSED, code="40058", detail="too long")
    settle(Finished(Started(lease, message, number), refused, 200), rest_of_batch=[])
    assert states([delivery]) == ["failed"]


def test_recording_twice_changes_nothing(make_channel, make_due):
    make_due(make_channel())
    [(lease, [message])] = claim(limit=1)
    finished = Finished(Started(lease, message, step(None, lease, message, is_last=False)), OK, 200)
    step(finished, None, None, is_last=True)
    sent_at = Delivery.objects.get().sent_at
    step(finished, None, None, is_last=True)
    assert Delivery.objects.get().sent_at == sent_at
    assert len(Channel.objects.get().recent_at) == 1


def test_a_recall_takes_a_claimed_message_out_of_the_workers_hands(make_channel, make_due, architect):
    first, second = make_due(make_channel(), 2)
    [(lease, messages)] = claim(limit=1)
    cancelled = cancel_deliveries(
        deliveries=Delivery.objects.filter(pk=first.pk), actor=architect, now=database_now(), reason="改期"
    )
    assert cancelled == 1
    assert step(None, lease, messages[0], is_last=False) is None
    assert step(None, lease, messages[1], is_last=False) == 1
    assert states([first, second]) == ["cancelled", "sending"]


def test_a_started_message_can_no_longer_be_recalled_or_moved(make_channel, make_due, architect):
    make_due(make_channel())
    [(lease, [message])] = claim(limit=1)
    step(None, lease, message, is_last=False)
    rows, now = Delivery.objects.all(), database_now()
    assert cancel_deliveries(deliveries=rows, actor=architect, now=now, reason="") == 0
    assert move_deliveries(deliveries=rows, by=timedelta(hours=1), actor=architect, now=now) == 0


def test_a_pause_stops_the_batch_at_the_next_message(make_channel, make_due):
    deliveries = make_due(make_channel(), 3)
    [(lease, messages)] = claim(limit=1)
    number = step(None, lease, messages[0], is_last=False)
    Channel.objects.update(state="paused")
    finished = Finished(Started(lease, messages[0], number), OK, 200)
    assert step(finished, lease, messages[1], is_last=False) is None
    assert states(deliveries) == ["sent", "claimed", "claimed"]


@with_threads
def test_an_old_page_does_not_overwrite_what_workers_wrote(make_channel, make_due):
    channel = make_channel()
    page = Channel.objects.get()
    make_due(channel, 2)
    dispatch()
    page.name = "新名字"
    page.save()
    channel.refresh_from_db()
    assert channel.name == "新名字"
    assert channel.lease_token == 1
    assert len(channel.recent_at) == 2


def test_steps_of_several_channels_share_a_commit_and_not_their_fate(make_channel, make_due):
    good, paused, recalled = make_channel(), make_channel(), make_channel()
    rows = {channel: make_due(channel, 2) for channel in (good, paused, recalled)}
    claims = {lease.channel_id: (lease, messages) for lease, messages in claim(limit=9)}
    first = run_steps([Step(None, lease, messages[0]) for lease, messages in claims.values()])
    assert first == [1, 1, 1]
    Channel.objects.filter(pk=paused.pk).update(state="paused")
    Delivery.objects.filter(pk=rows[recalled][1].pk).update(state="cancelled", leased_until=None)
    numbers = run_steps(
        [
            Step(Finished(Started(lease, messages[0], 1), OK, 200), lease, messages[1])
            for lease, messages in (claims[channel.pk] for channel in (good, paused, recalled))
        ]
    )
    assert numbers == [1, None, None]
    assert states(rows[good]) == ["sent", "sending"]
    assert states(rows[paused]) == ["sent", "claimed"]
    assert states(rows[recalled]) == ["sent", "cancelled"]
