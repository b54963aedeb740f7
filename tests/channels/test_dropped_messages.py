"""D3, D6: a message that a worker may not start after all never stays in its hands."""

import threading
import time
from collections import deque

import pytest

from apps.channels.enums import ChannelState
from apps.channels.models import Channel, Delivery
from apps.channels.services.board import Board, Job
from apps.channels.services.committing import GroupCommit
from apps.channels.services.dispatching import dispatch
from apps.channels.services.leasing import claim
from apps.channels.services.working import work
from apps.core.clock import database_now
from tests.channels.conftest import broken_promises, force, states

pytestmark = pytest.mark.django_db(transaction=True)


def claimed() -> Job:
    [(lease, messages)] = claim(limit=1)
    return Job(lease, deque(messages))


def finish(job: Job) -> None:
    """What a run does with what it has claimed."""
    board = Board(stops_at=time.monotonic() + 10)
    commits = GroupCommit()
    board.put([job])
    board.close()
    thread = threading.Thread(target=work, args=[board, commits])
    thread.start()
    thread.join()
    commits.close()


def test_a_channel_paused_in_mid_batch_keeps_no_message(make_channel, make_due):
    channel = make_channel()
    due = make_due(channel, 3)
    job = claimed()
    Channel.objects.filter(pk=channel.pk).update(state=ChannelState.PAUSED)
    finish(job)
    assert states(due) == ["pending"] * 3
    dispatch()
    assert states(due) == ["held"] * 3
    Channel.objects.filter(pk=channel.pk).update(state=ChannelState.ACTIVE)
    dispatch()
    assert states(due) == ["sent"] * 3
    assert broken_promises() == []


def test_a_message_past_its_cutoff_in_mid_batch_is_missed(make_channel, make_due):
    due = make_due(make_channel(), 2)
    job = claimed()
    force(Delivery.objects.filter(pk=due[0].pk), due_at=due[0].due_at, cutoff_at=database_now())
    finish(job)
    dispatch()
    assert states(due) == ["missed", "sent"]
