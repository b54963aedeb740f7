"""Recalling, cancelling, moving and copying; what was sent stays sent."""

from datetime import timedelta

import pytest

from apps.accounts.enums import ApprovalState
from apps.accounts.models import Approval, AuditEntry, Team
from apps.channels.enums import DeliveryState
from apps.channels.models import Attempt, Delivery
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.services import (
    approve_post,
    cancel_post,
    copy_post,
    finish_posts,
    move_post,
    problems_of,
    recall_post,
    write_post,
)
from apps.core.errors import Invalid, NotAllowed, WrongState
from tests.content_calendar.conftest import LATER, NOW
from tests.deliveries import bring


def set_state(delivery: Delivery, state: str, **values) -> None:
    if state == DeliveryState.SENT:
        values |= {"attempt_count": 1}
        Attempt.objects.create(delivery=delivery, number=1, lease_token=1, outcome="accepted")
    bring(Delivery.objects.filter(pk=delivery.pk), state, **values)


def states_of(post: Post) -> list[str]:
    return sorted(Delivery.objects.filter(post_target__post=post).values_list("state", flat=True))


def test_recall_stops_what_is_open_and_says_what_is_out(make_post, schedule, editor):
    post = schedule(make_post())
    first, second, _third = (t.delivery for t in post.targets.select_related("delivery"))
    set_state(first, DeliveryState.SENT)
    set_state(second, DeliveryState.SENDING)
    result = recall_post(post=post, actor=editor, now=NOW)
    assert (result.post.state, result.cancelled, result.gone) == ("draft", 1, 2)
    assert states_of(post) == ["cancelled", "sending", "sent"]
    assert "收不回来" in result.sentence
    assert result.post.approved_by is None
    assert AuditEntry.objects.get(action="post.recall").detail == {"cancelled": 1, "gone": 2}


def test_a_recalled_post_reaches_the_rest_and_nobody_twice(
    make_post, schedule, editor, submit, approver, groups
):
    """D1: edited, submitted and approved again, the group that had it keeps its first message."""
    post = schedule(make_post(body="第一版"))
    sent = post.targets.select_related("delivery").get(group=groups[0]).delivery
    set_state(sent, DeliveryState.SENT)
    post = recall_post(post=post, actor=editor, now=NOW).post
    post = write_post(post=post, values={"body": "第二版"}, groups=groups, actor=editor, now=NOW)
    assert [p.code for p in problems_of(post, now=NOW).warnings] == ["already_sent"]
    post = approve_post(post=submit(post), actor=approver, now=NOW)
    assert PostTarget.objects.filter(post=post).count() == Delivery.objects.count() == 3
    texts = {d.recipient: (d.state, d.content["text"]) for d in Delivery.objects.all()}
    assert texts["福利1群"] == ("sent", "第一版")
    assert texts["福利2群"] == texts["福利3群"] == ("pending", "第二版")


def test_recalling_a_submitted_post_withdraws_the_request(make_post, submit, editor, approver):
    post = submit(make_post())
    post = recall_post(post=post, actor=editor, now=NOW).post
    assert Approval.objects.get().state == ApprovalState.WITHDRAWN
    with pytest.raises(WrongState):
        approve_post(post=post, actor=approver, now=NOW)


def test_cancelled_post_sends_nothing_and_can_be_taken_up_again(make_post, schedule, editor):
    post = schedule(make_post())
    post = cancel_post(post=post, actor=editor, now=NOW, reason="活动推迟").post
    assert post.state == "cancelled"
    assert states_of(post) == ["cancelled"] * 3
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"活动推迟"}
    assert recall_post(post=post, actor=editor, now=NOW).post.state == "draft"


def test_moving_a_draft_sets_its_time(make_post, editor):
    post = move_post(post=make_post(), to=LATER + timedelta(days=1), actor=editor, now=NOW)
    post.refresh_from_db()
    assert post.scheduled_at == LATER + timedelta(days=1)


def test_moving_a_scheduled_post_takes_its_deliveries_along(make_post, schedule, editor):
    post = schedule(make_post(body="{{ post.date }}见"))
    to = LATER + timedelta(days=1, minutes=30)
    move_post(post=post, to=to, actor=editor, now=NOW)
    for delivery in Delivery.objects.all():
        assert (delivery.due_at, delivery.available_at) == (to, to)
        assert delivery.cutoff_at == to + timedelta(minutes=30)
        assert delivery.content["text"] == "3月3日见"
    assert AuditEntry.objects.get(action="post.move").detail["after"] == to.isoformat()


def test_moving_keeps_each_groups_wall_clock_across_a_shift(make_post, make_group, schedule, editor):
    """New York springs forward on 8 March: a day later on the clock is 23 hours later."""
    group = make_group("纽约群", timezone="America/New_York")
    post = schedule(make_post(groups=[group], is_group_time=True, scheduled_at=LATER + timedelta(days=5)))
    before = Delivery.objects.get().due_at
    move_post(post=post, to=LATER + timedelta(days=6), actor=editor, now=NOW)
    assert Delivery.objects.get().due_at - before == timedelta(hours=23)


def test_moving_refuses_the_past(make_post, schedule, editor):
    for post in (make_post(), schedule(make_post(title="二", body="二"))):
        with pytest.raises(Invalid, match="过去"):
            move_post(post=post, to=NOW, actor=editor, now=NOW)


@pytest.mark.parametrize("state", ["sent", "claimed", "sending", "unknown", "awaiting_person"])
def test_moving_refuses_what_has_begun(make_post, schedule, editor, state):
    post = schedule(make_post())
    set_state(post.targets.first().delivery, state)
    with pytest.raises(WrongState, match="已经开始发送"):
        move_post(post=post, to=LATER + timedelta(hours=1), actor=editor, now=NOW)
    post.refresh_from_db()
    assert post.scheduled_at == LATER
    assert set(Delivery.objects.values_list("due_at", flat=True)) == {LATER}


def test_moving_refuses_what_waits_for_approval_or_is_over(make_post, submit, editor):
    post = submit(make_post())
    with pytest.raises(WrongState, match="先撤回"):
        move_post(post=post, to=LATER + timedelta(hours=1), actor=editor, now=NOW)
    post = cancel_post(post=post, actor=editor, now=NOW).post
    with pytest.raises(WrongState, match="已取消"):
        move_post(post=post, to=LATER + timedelta(hours=1), actor=editor, now=NOW)


def test_an_outsider_may_do_nothing(make_post, make_user, schedule):
    stranger = make_user("stranger", "content_editor", Team.objects.create(name="华南"))
    post = schedule(make_post())
    later = LATER + timedelta(hours=1)
    for call in (
        lambda: move_post(post=post, to=later, actor=stranger, now=NOW),
        lambda: recall_post(post=post, actor=stranger, now=NOW),
        lambda: cancel_post(post=post, actor=stranger, now=NOW),
        lambda: copy_post(post=post, actor=stranger, now=NOW),
        lambda: write_post(post=post, values={}, groups=[], actor=stranger, now=NOW),
    ):
        with pytest.raises(NotAllowed, match="不在你的团队里"):
            call()


def test_copy_is_a_new_draft_without_a_time(make_post, schedule, approver, groups):
    post = schedule(make_post(title="长" * 80))
    copy = copy_post(post=post, actor=approver, now=NOW)
    assert (copy.state, copy.scheduled_at, copy.author) == ("draft", None, approver)
    assert copy.title.endswith("（副本）")
    assert len(copy.title) == 80
    assert list(copy.groups.all()) == groups


def test_a_post_finishes_when_all_its_messages_have_ended(make_post, schedule):
    post = schedule(make_post())
    deliveries = [t.delivery for t in post.targets.select_related("delivery")]
    set_state(deliveries[0], DeliveryState.SENT)
    set_state(deliveries[1], DeliveryState.FAILED)
    set_state(deliveries[2], DeliveryState.UNKNOWN)
    assert finish_posts(now=LATER) == (0, 0)
    set_state(deliveries[2], DeliveryState.MISSED)
    assert finish_posts(now=LATER) == (1, 0)
    post.refresh_from_db()
    assert post.state == "finished"
    assert finish_posts(now=LATER) == (0, 0)


def test_a_finished_post_opens_again_when_a_person_resends(make_post, schedule):
    post = schedule(make_post())
    for target in post.targets.select_related("delivery"):
        set_state(target.delivery, DeliveryState.FAILED)
    assert finish_posts(now=LATER) == (1, 0)
    set_state(post.targets.first().delivery, DeliveryState.PENDING)
    assert finish_posts(now=LATER) == (0, 1)
    post.refresh_from_db()
    assert post.state == "scheduled"
