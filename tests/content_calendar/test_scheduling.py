"""From submitting to a schedule: another person decides, each group gets one delivery (D1)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from apps.accounts.enums import Role
from apps.accounts.models import Approval, Notice, Team
from apps.channels.models import Delivery
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.audience import groups_of
from apps.content_calendar.services import (
    approve_post,
    recall_post,
    reject_post,
    submit_post,
    write_post,
)
from apps.content_calendar.services.scheduling import audience_digest
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.invariants import all_invariants
from tests.content_calendar.conftest import LATER, NOW


def broken_promises() -> list[str]:
    broken = []
    with connection.cursor() as cursor:
        for item in all_invariants():
            if "content_calendar_post" not in item.sql:
                continue  # these posts are due in a past that only these tests live in
            cursor.execute(item.sql)
            if cursor.fetchall():
                broken.append(item.name)
    return broken


def test_approval_creates_one_delivery_per_group(make_post, schedule, groups, channel, approver):
    post = schedule(make_post(body="早安 {{ group.name }}"))
    assert post.state == "scheduled"
    assert post.approved_by == approver
    assert post.approved_at == NOW
    targets = PostTarget.objects.filter(post=post).select_related("delivery", "group")
    assert {t.group for t in targets} == set(groups)
    for target in targets:
        delivery = target.delivery
        assert delivery.key == f"post:{post.pk}:{target.group_id}:1:1"
        assert delivery.content == {"kind": "text", "text": f"早安 {target.group.name}"}
        assert (delivery.due_at, delivery.cutoff_at) == (LATER, LATER + timedelta(minutes=30))
        assert delivery.channel == channel
        assert delivery.team_id == target.group.team_id
        assert delivery.recipient == target.group.name


def test_posts_of_the_same_minute_keep_their_order(make_post, schedule, groups):
    first, second = make_post(title="一", body="一"), make_post(title="二", body="二")
    schedule(second)
    schedule(first)
    in_order = Delivery.objects.order_by("due_at", "sequence", "id").values_list("subject", "recipient")
    assert list(in_order) == [(title, g.name) for title in ("一", "二") for g in groups]


def test_group_time_gives_each_group_its_own_moment(make_post, make_group, schedule):
    tokyo = make_group("东京群", timezone="Asia/Tokyo")
    london = make_group("伦敦群", timezone="Europe/London")
    post = schedule(make_post(groups=[tokyo, london], is_group_time=True, body="{{ post.time }}"))
    due = {t.group: t.delivery for t in post.targets.select_related("delivery", "group")}
    assert due[tokyo].due_at == LATER - timedelta(hours=1)
    assert due[london].due_at == LATER + timedelta(hours=8)
    assert due[tokyo].content["text"] == due[london].content["text"] == "11:00"


def test_groups_are_frozen_when_scheduled(make_post, schedule, make_group, groups):
    post = schedule(make_post(selection="filter", group_filter={"kind": ["benefit"]}, groups=[]))
    make_group("后来的群")
    assert list(groups_of(post)) == groups


def test_nobody_approves_their_own(make_post, approver, architect, submit, editor):
    own = submit(make_post(author=approver), actor=approver)
    with pytest.raises(NotAllowed, match="自己"):
        approve_post(post=own, actor=approver, now=NOW)
    written_by_superuser = submit(make_post(author=architect, title="甲", body="甲"), actor=approver)
    with pytest.raises(NotAllowed, match="自己"):
        approve_post(post=written_by_superuser, actor=architect, now=NOW)
    with pytest.raises(NotAllowed, match="自己"):
        approve_post(post=written_by_superuser, actor=approver, now=NOW)
    with pytest.raises(NotAllowed, match="自己"):
        reject_post(post=own, actor=approver, now=NOW, comment="不好")
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("approved_by", ["author", "submitted_by", None])
def test_the_database_refuses_what_no_other_person_approved(make_post, submit, approver, approved_by):
    post = submit(make_post(), actor=approver)
    post.state = "scheduled"
    post.approved_at = NOW
    post.approved_by = getattr(post, approved_by) if approved_by else None
    with pytest.raises(IntegrityError, match="post_"):
        post.save()


def test_content_editor_cannot_approve(make_post, submit, make_user, team):
    other = make_user("other", Role.CONTENT_EDITOR, team)
    with pytest.raises(NotAllowed, match="权限"):
        approve_post(post=submit(make_post()), actor=other, now=NOW)


def test_approver_must_see_the_post_and_its_groups(make_post, make_group, make_user, submit, editor, team):
    from django.contrib.auth.models import Permission

    south = Team.objects.create(name="华南")
    editor.teams.add(south)
    post = submit(make_post(groups=[make_group("华南群", team=south)]))
    reviewer = make_user("reviewer", Role.CONTENT_EDITOR, Team.objects.create(name="华北"))
    reviewer.user_permissions.add(Permission.objects.get(codename="approve_post"))
    with pytest.raises(NotAllowed, match="不在你的团队里"):
        approve_post(post=post, actor=reviewer, now=NOW)
    reviewer.teams.add(team)
    with pytest.raises(NotAllowed, match="看不到的社群"):
        approve_post(post=post, actor=reviewer, now=NOW)
    reviewer.teams.add(south)
    assert approve_post(post=post, actor=reviewer, now=NOW).state == "scheduled"


def test_rejecting_needs_a_reason_and_tells_the_author(make_post, submit, approver, editor):
    post = submit(make_post())
    with pytest.raises(Invalid, match="原因"):
        reject_post(post=post, actor=approver, now=NOW, comment=" ")
    post = reject_post(post=post, actor=approver, now=NOW, comment="语气太硬")
    assert post.state == "rejected"
    assert "语气太硬" in Notice.objects.get(user=editor).text
    assert Approval.objects.get().comment == "语气太硬"
    assert submit(post).state == "submitted"


def test_a_change_after_submission_voids_the_approval(make_post, submit, approver):
    """Not reachable through services; the fingerprint catches it all the same."""
    post = submit(make_post())
    Post.objects.filter(pk=post.pk).update(body="换了内容")
    with pytest.raises(Invalid, match="又被修改过"):
        approve_post(post=post, actor=approver, now=NOW)
    assert Delivery.objects.count() == 0


def test_a_filter_that_matches_more_since_the_page_was_opened(make_post, submit, approver, make_group):
    post = submit(make_post(selection="filter", group_filter={"kind": ["benefit"]}, groups=[]))
    seen = audience_digest(post, list(groups_of(post)))
    make_group("后来的群")
    with pytest.raises(Invalid, match="有了变化"):
        approve_post(post=post, actor=approver, now=NOW, seen=seen)
    seen = audience_digest(post, list(groups_of(post)))
    approve_post(post=post, actor=approver, now=NOW, seen=seen)
    assert PostTarget.objects.count() == 4


def test_a_submitted_post_cannot_be_edited(make_post, submit, editor, groups):
    post = submit(make_post())
    with pytest.raises(WrongState, match="不能修改"):
        write_post(post=post, values={"body": "改"}, groups=groups, actor=editor, now=NOW)


def test_two_editors_do_not_overwrite_each_other(make_post, editor, groups):
    post = make_post()
    opened = post.updated_at
    write_post(post=post, values={"body": "甲"}, groups=groups, actor=editor, now=NOW, seen_at=opened)
    with pytest.raises(WrongState, match="别人改过"):
        write_post(post=post, values={"body": "乙"}, groups=groups, actor=editor, now=NOW, seen_at=opened)


def test_approved_a_little_late_goes_out_at_once(make_post, submit, approver):
    post = approve_post(post=submit(make_post()), actor=approver, now=LATER + timedelta(minutes=10))
    assert post.state == "scheduled"


def test_approved_too_late_is_refused_with_a_sentence(make_post, submit, approver):
    with pytest.raises(Invalid, match="审批得太晚了") as caught:
        approve_post(post=submit(make_post()), actor=approver, now=LATER + timedelta(minutes=31))
    assert "改时间" in caught.value.hint


def test_a_group_that_lost_its_channel_stops_the_approval(make_post, submit, approver, groups):
    post = submit(make_post())
    groups[0].channel = None
    groups[0].save()
    with pytest.raises(Invalid, match="没有发送通道：福利1群"):
        approve_post(post=post, actor=approver, now=NOW)
    assert Delivery.objects.count() == 0


def test_invariants_hold_through_the_whole_life(make_post, schedule, editor):
    post = schedule(make_post())
    recall_post(post=post, actor=editor, now=NOW)
    schedule(Post.objects.get(pk=post.pk))
    assert broken_promises() == []


def test_invariants_notice_a_wrong_key(make_post, schedule):
    post = schedule(make_post())
    first = Delivery.objects.filter(post_target__post=post).first()
    first.key = f"post:{post.pk}:999999:1:1"
    first.save()
    assert broken_promises() == ["every post target's delivery has the key of its place"]


def test_submitting_twice_is_refused(make_post, submit, editor):
    post = submit(make_post())
    with pytest.raises(WrongState, match="不用再提交"):
        submit_post(post=post, actor=editor, now=NOW)
