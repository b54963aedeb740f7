"""What a post is told before it goes anywhere."""

from datetime import timedelta

import pytest

from apps.channels.enums import ChannelState
from apps.content_calendar.services import problems_of, submit_post
from apps.content_calendar.services.problems import HasProblems
from apps.core.errors import NotAllowed
from tests.content_calendar.conftest import LATER, NOW


def codes(post, level: str = "errors") -> set[str]:
    return {problem.code for problem in getattr(problems_of(post, now=NOW), level)}


def test_a_good_post_has_no_problems(make_post):
    problems = problems_of(make_post(), now=NOW)
    assert list(problems) == []
    assert problems.token == ""
    assert problems.group_count == 3


def test_each_error_is_found(make_post, make_group, groups):
    assert codes(make_post(scheduled_at=None)) == {"no_time"}
    assert codes(make_post(scheduled_at=NOW - timedelta(minutes=1))) == {"past"}
    assert codes(make_post(groups=[])) == {"no_groups"}
    assert codes(make_post(selection="filter", group_filter={"kind": ["vip"]})) == {"no_groups"}
    assert codes(make_post(body="  \n")) == {"empty_body"}
    assert codes(make_post(body="{{ group.nam }}")) == {"unknown_variable"}
    assert codes(make_post(body="{{ group.name }")) == {"broken_variable"}
    assert codes(make_post(body="加我 138 0013 8000")) == {"phone_number"}
    assert codes(make_post(kind="image")) == {"no_image"}
    with_variable = make_post(kind="link", link_title="甲", link_url="https://example.com/{{group.name}}")
    assert codes(with_variable) == {"variable_in_url"}
    assert codes(make_post(kind="link")) == {"no_link_title", "no_link_url"}
    assert codes(make_post(groups=[make_group("无通道群", channel=None)])) == {"no_channel"}
    assert codes(make_post(groups=[make_group("散伙群", stage="closed")])) == {"closed_groups"}
    assert codes(make_post(groups=[make_group("火星群", timezone="Mars/Base")], is_group_time=True)) == {
        "bad_timezone"
    }


def test_a_phone_number_in_a_variable_is_found(make_post, make_group):
    group = make_group("客服群", positioning="找小王 13800138000")
    assert codes(make_post(body="{{ group.positioning }}", groups=[group])) == {"phone_number"}


def test_each_warning_is_found(make_post, make_group, groups, channel):
    assert codes(make_post(body="全网最低价"), "warnings") == {"absolute_words"}
    assert codes(make_post(body="转发到群即可领券"), "warnings") == {"share_coercion"}
    assert codes(make_post(selection="filter", groups=[]), "warnings") == {"everyone"}
    blank = make_group("无主群", leader_name="")
    assert codes(make_post(body="{{ group.leader_name }}", groups=[blank]), "warnings") == {"blank_variable"}
    channel.state = ChannelState.PAUSED
    channel.save()
    assert codes(make_post(), "warnings") == {"channel_stopped"}


def test_group_time_in_the_past_names_the_group(make_post, make_group):
    """10:00 house time is ahead, but on Tokyo's clock 10:00 was an hour earlier."""
    tokyo = make_group("东京群", timezone="Asia/Tokyo")
    post = make_post(groups=[tokyo], is_group_time=True, scheduled_at=NOW + timedelta(minutes=30))
    (problem,) = problems_of(post, now=NOW).errors
    assert problem.code == "past"
    assert "东京群" in problem.message


def test_same_groups_in_the_same_hour_are_warned_of(make_post, submit, groups, make_group):
    submit(make_post(title="头一条", body="甲"))
    near = make_post(body="乙", scheduled_at=LATER + timedelta(minutes=40), groups=groups[:1])
    assert codes(near, "warnings") == {"same_hour"}
    far = make_post(body="乙", scheduled_at=LATER + timedelta(minutes=70), groups=groups[:1])
    assert codes(far, "warnings") == set()
    elsewhere = make_post(body="乙", groups=[make_group("别的群")])
    assert codes(elsewhere, "warnings") == set()


def test_a_filter_meets_chosen_groups_in_the_same_hour(make_post, submit):
    submit(
        make_post(
            title="按条件", body="甲", selection="filter", group_filter={"kind": ["benefit"]}, groups=[]
        )
    )
    assert codes(make_post(body="乙"), "warnings") == {"same_hour"}


def test_the_same_text_within_a_week_is_warned_of(make_post, submit):
    submit(make_post(body="今日特价"))
    assert codes(make_post(body="今日特价", scheduled_at=LATER + timedelta(days=3)), "warnings") == {
        "same_text"
    }
    assert codes(make_post(body="今日特价", scheduled_at=LATER + timedelta(days=8)), "warnings") == set()


def test_a_pace_that_cannot_be_kept_is_warned_of(make_post, channel):
    channel.driver, channel.rate_limit, channel.rate_window_seconds = "webhook", 1, 3600
    channel.save()
    assert codes(make_post(cutoff_minutes=30), "warnings") == {"too_slow"}


def test_errors_block_submitting_and_all_are_told(make_post, editor):
    post = make_post(body="", scheduled_at=None)
    with pytest.raises(HasProblems) as caught:
        submit_post(post=post, actor=editor, now=NOW)
    assert {p.code for p in caught.value.problems.errors} == {"empty_body", "no_time"}
    assert "另有 1 处要改" in str(caught.value)


def test_warnings_want_a_tick_for_exactly_them(make_post, editor):
    post = make_post(body="全网最低价")
    token = problems_of(post, now=NOW).token
    with pytest.raises(HasProblems, match="确认"):
        submit_post(post=post, actor=editor, now=NOW)
    post.body = "全网最低价，转发到群即可领券"
    post.save()
    with pytest.raises(HasProblems):
        submit_post(post=post, actor=editor, now=NOW, confirmed=token)
    token = problems_of(post, now=NOW).token
    assert submit_post(post=post, actor=editor, now=NOW, confirmed=token).state == "submitted"


def test_groups_out_of_sight_cannot_be_chosen(make_post, make_group):
    from apps.accounts.models import Team

    with pytest.raises(NotAllowed, match="不在你的团队里"):
        make_post(groups=[make_group("华南群", team=Team.objects.create(name="华南"))])


def test_a_filter_reaches_only_what_the_author_may_see(make_post, make_group):
    from apps.accounts.models import Team

    make_group("华南群", team=Team.objects.create(name="华南"))
    post = make_post(selection="filter", group_filter={"kind": ["benefit"]}, groups=[])
    assert problems_of(post, now=NOW).group_count == 3
