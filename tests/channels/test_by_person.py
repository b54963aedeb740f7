"""What a person may decide, with a reason, audited (D3)."""

from datetime import timedelta

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.channels.models import Channel, Delivery
from apps.channels.services.by_person import cancel, mark_sent, resend
from apps.core.clock import database_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from tests.channels.conftest import broken_promises, force, outcomes

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def delivery(make_due, team):
    channel = Channel.objects.create(
        name="一号机器人", driver="wecom_robot", secret="robot-00000001", team=team
    )
    return make_due(channel)[0]


def _in_state(delivery: Delivery, state: str) -> Delivery:
    force(Delivery.objects.all(), state=state)
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("state", ["awaiting_person", "unknown", "failed", "missed"])
def test_mark_sent_leaves_a_persons_word(delivery, operator, state):
    _in_state(delivery, state)
    mark_sent(delivery=delivery, actor=operator, now=database_now(), reason="群里看到了")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == ("sent", 1)
    assert outcomes(delivery) == ["by_person"]
    assert AuditEntry.objects.get().action == "delivery.mark_sent"
    assert not broken_promises()


@pytest.mark.parametrize("state", ["unknown", "failed", "missed"])
def test_resend_makes_it_due_now_with_new_patience(delivery, operator, state):
    _in_state(delivery, state)
    now = database_now() + timedelta(hours=5)
    resend(delivery=delivery, actor=operator, now=now, reason="群里没有")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at, delivery.available_at) == ("pending", now, now)
    assert delivery.cutoff_at == now + timedelta(minutes=30)
    assert AuditEntry.objects.get().reason == "群里没有"


@pytest.mark.parametrize("state", ["pending", "held", "cancelled", "awaiting_person"])
def test_resend_refuses_what_nobody_tried(delivery, operator, state):
    with pytest.raises(WrongState):
        resend(delivery=_in_state(delivery, state), actor=operator, now=database_now(), reason="试试")


def test_cancel_takes_it_out_and_closes_a_doubt_as_failed(delivery, operator):
    cancel(delivery=delivery, actor=operator, now=database_now(), reason="不发了")
    assert Delivery.objects.get().state == "cancelled"
    _in_state(delivery, "unknown")
    cancel(delivery=delivery, actor=operator, now=database_now(), reason="群里没有，也不必再发")
    assert Delivery.objects.get().state == "failed"


def test_without_a_reason_nothing_is_decided(delivery, operator):
    _in_state(delivery, "unknown")
    for decide in (mark_sent, resend, cancel):
        with pytest.raises(Invalid):
            decide(delivery=delivery, actor=operator, now=database_now(), reason=" ")


def test_another_teams_delivery_and_a_reader_are_refused(delivery, make_user, team):
    _in_state(delivery, "unknown")
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南"))
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    for actor in (stranger, editor):
        with pytest.raises(NotAllowed):
            resend(delivery=delivery, actor=actor, now=database_now(), reason="试试")


def test_two_people_at_once_only_one_decides(delivery, operator):
    stale = _in_state(delivery, "unknown")
    other = Delivery.objects.get()
    mark_sent(delivery=other, actor=operator, now=database_now(), reason="群里看到了")
    with pytest.raises(WrongState):
        resend(delivery=stale, actor=operator, now=database_now(), reason="群里没有")
