"""The outbox keeps D1: one delivery per key, whatever is asked how often."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEntry
from apps.channels.models import Channel, Delivery
from apps.channels.services.outbox import cancel_deliveries, create_deliveries, move_deliveries
from apps.core.clock import database_now
from apps.core.errors import Invalid
from tests.channels.conftest import force, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return Channel.objects.create(name="一号机器人", driver="wecom_robot", secret="robot-00000001")


def test_a_second_schedule_leaves_the_first_untouched(channel, make_due):
    [first] = make_due(channel, key="post:1:group:1:1:1")
    [again] = make_due(channel, key="post:1:group:1:1:1", content={"kind": "text", "text": "改了"})
    assert again.pk == first.pk
    assert again.content == first.content
    assert Delivery.objects.count() == 1


def test_a_recalled_one_can_be_scheduled_again(channel, make_due):
    [first] = make_due(channel, key="post:1:group:1:1:1")
    cancel_deliveries(deliveries=Delivery.objects.all(), actor=None, now=database_now(), reason="改稿")
    [again] = make_due(channel, key="post:1:group:1:1:1", content={"kind": "text", "text": "新稿"})
    assert (again.pk, again.state, again.content["text"], again.reason) == (first.pk, "pending", "新稿", "")


def test_one_that_was_tried_is_never_scheduled_again(channel, make_due):
    [first] = make_due(channel, key="post:1:group:1:1:1")
    Delivery.objects.update(state="cancelled", attempt_count=1)
    [again] = make_due(channel, key="post:1:group:1:1:1")
    assert (again.pk, again.state) == (first.pk, "cancelled")


def test_rows_come_back_in_the_order_of_the_drafts(channel, make_due):
    rows = make_due(channel, 50)
    assert [row.sequence for row in rows] == list(range(50))


def test_two_drafts_with_one_key_are_refused(channel, make_due):
    with pytest.raises(Invalid):
        make_due(channel, 2, key="post:1")


def test_a_cutoff_before_the_due_time_is_refused(channel, make_due):
    now = database_now()
    with pytest.raises(Invalid):
        make_due(channel, due_at=now, cutoff_at=now)
    [row] = make_due(channel)
    row.cutoff_at = row.due_at
    with pytest.raises(IntegrityError, match="delivery_cutoff_after_due"), transaction.atomic():
        row.save()


def test_moving_shifts_due_time_and_cutoff_and_is_audited(channel, make_due, architect):
    [row] = make_due(channel)
    moved = move_deliveries(
        deliveries=Delivery.objects.all(), by=timedelta(hours=2), actor=architect, now=database_now()
    )
    assert moved == 1
    after = Delivery.objects.get()
    for name in ("due_at", "available_at", "cutoff_at"):
        assert getattr(after, name) - getattr(row, name) == timedelta(hours=2)
    assert AuditEntry.objects.get(action="delivery.move").detail == {"count": 1, "seconds": 7200.0}


def test_moving_to_later_takes_it_out_of_the_inbox(channel, make_due):
    deliveries = make_due(channel)
    Delivery.objects.update(state="awaiting_person")
    move_deliveries(deliveries=Delivery.objects.all(), by=timedelta(hours=2), actor=None, now=database_now())
    assert states(deliveries) == ["pending"]


def test_what_is_done_is_neither_moved_nor_cancelled(channel, make_due):
    make_due(channel)
    now = database_now()
    force(Delivery.objects.all(), state="sent", sent_at=now)
    rows = Delivery.objects.all()
    assert move_deliveries(deliveries=rows, by=timedelta(hours=2), actor=None, now=now) == 0
    assert cancel_deliveries(deliveries=rows, actor=None, now=now, reason="") == 0
    assert create_deliveries(drafts=[], now=now) == []
