"""Posts that campaigns' runs want: drafted once, in the campaign's time, and taken back when nobody needs them."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import Approval, AuditEntry, Notice
from apps.campaigns.enums import BenefitKind, Repeat, RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit, Run
from apps.campaigns.selectors.plans import Eligibility, Plan
from apps.campaigns.services.runs import (
    cancel_run,
    close_due_runs,
    extend_run,
    launch,
    open_due_runs,
    plan_runs,
)
from apps.content_calendar.enums import PostState, RunPostKind
from apps.content_calendar.models import Post, RunPost
from apps.content_calendar.services.run_posts import draft_run_posts
from apps.content_calendar.services.run_texts import RunWords, body_of, planned_times, result_time
from apps.content_calendar.services.wording import absolute_words_in, coercion_phrases_in, phone_numbers_in

#: Monday 09:00 in Shanghai; the run begins on Friday at 20:00.
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def make_run(team, approver, groups):
    """``make_run(**values)`` → the run ahead of a campaign on line that posts to three groups."""

    def make(now=NOW, **values) -> Run:
        gift = Benefit.objects.create(name="洗衣凝珠", kind=BenefitKind.PHYSICAL, team=team, cost=Decimal(1))
        defaults = {
            "title": "周五帮一把",
            "mechanic": "assist",
            "team": team,
            "owner": approver,
            "rules": {"stages": [3], "is_new_only": False},
            "repeat": Repeat.WEEKLY,
            "at_time": time(20),
            "weekdays": [4],
        }
        campaign = Campaign.objects.create(**(defaults | values))
        campaign.groups.set(groups)
        CampaignBenefit.objects.create(campaign=campaign, slot="stage_3", benefit=gift)
        launch(campaign=campaign, actor=approver, now=now)
        return campaign.runs.get()

    return make


def times_of(run):
    return {row.kind: row.post.scheduled_at for row in RunPost.objects.filter(run=run).select_related("post")}


def test_warmup_start_and_reminder_are_drafted_once(make_run, approver, groups, team):
    run = make_run()
    assert draft_run_posts(now=NOW) == 3
    assert draft_run_posts(now=NOW) == 0
    assert times_of(run) == {
        "warmup": FRIDAY - DAY,
        "start": FRIDAY,
        "reminder": FRIDAY + 3 * DAY - 2 * HOUR,
    }
    for post in Post.objects.all():
        assert (post.state, post.author, post.team) == (PostState.DRAFT, approver, team)
        assert set(post.groups.all()) == set(groups)
    start = Post.objects.get(run_post__kind="start")
    assert start.title == "《周五帮一把》第 1 期：开始"
    assert "满 3 人" in start.body
    assert "3月9日 周一 20:00 结束" in start.body
    assert Notice.objects.filter(user=approver, text__contains="已起草 3 条").count() == 1


def test_times_follow_the_campaigns_own_clock(make_run):
    run = make_run(timezone="Europe/Berlin")
    draft_run_posts(now=NOW)
    berlin = ZoneInfo("Europe/Berlin")
    assert times_of(run)["start"].astimezone(berlin).hour == 20
    assert "20:00" in Post.objects.get(run_post__kind="warmup").body


def test_drafts_are_not_made_too_early_or_too_late(make_run):
    run = make_run(weekdays=[6], starts_at=NOW + 10 * DAY)
    assert draft_run_posts(now=NOW) == 0
    assert draft_run_posts(now=run.opens_at - 2 * HOUR) == 2  # the day before is over
    assert set(times_of(run)) == {"start", "reminder"}


def test_a_run_opened_at_once_gets_its_start_half_an_hour_later(make_run):
    run = make_run(repeat=Repeat.ONCE)
    open_due_runs(now=NOW)
    draft_run_posts(now=NOW + timedelta(minutes=1))
    assert times_of(run) == {"start": NOW + timedelta(minutes=30), "reminder": NOW + 3 * DAY - 2 * HOUR}


def test_opening_does_not_move_a_start_that_was_drafted(make_run):
    run = make_run()
    draft_run_posts(now=NOW)
    open_due_runs(now=FRIDAY)
    draft_run_posts(now=FRIDAY + timedelta(seconds=5))
    assert times_of(run)["start"] == FRIDAY


def test_a_moved_run_takes_its_drafts_along_but_not_those_a_person_moved(make_run):
    run = make_run()
    draft_run_posts(now=NOW)
    by_hand = FRIDAY - 30 * HOUR
    Post.objects.filter(run_post__kind="warmup").update(scheduled_at=by_hand)
    Campaign.objects.update(at_time=time(21))
    plan_runs(now=NOW)
    assert draft_run_posts(now=NOW) == 3
    assert times_of(run) == {
        "warmup": by_hand,
        "start": FRIDAY + HOUR,
        "reminder": FRIDAY + HOUR + 3 * DAY - 2 * HOUR,
    }


def test_an_extended_run_moves_its_reminder(make_run, approver):
    run = make_run()
    draft_run_posts(now=NOW)
    open_due_runs(now=FRIDAY)
    run.refresh_from_db()
    extend_run(run=run, closes_at=run.closes_at + DAY, actor=approver, now=FRIDAY + HOUR)
    draft_run_posts(now=FRIDAY + HOUR)
    assert times_of(run)["reminder"] == FRIDAY + 4 * DAY - 2 * HOUR


def test_what_a_person_deleted_does_not_come_back(make_run):
    make_run()
    draft_run_posts(now=NOW)
    Post.objects.get(run_post__kind="warmup").delete()
    assert draft_run_posts(now=NOW) == 0
    assert Post.objects.count() == 2


def test_a_cancelled_run_takes_back_what_nobody_approved(make_run, approver, submit):
    run = make_run()
    draft_run_posts(now=NOW)
    waiting = Post.objects.get(run_post__kind="start")
    submit(waiting, actor=approver)
    cancel_run(run=run, actor=approver, now=NOW, reason="下雨")
    assert draft_run_posts(now=NOW) == 3
    assert set(Post.objects.filter(run_post__run=run).values_list("state", flat=True)) == {"cancelled"}
    assert Approval.objects.get().state == "withdrawn"
    assert draft_run_posts(now=NOW) == 0
    assert Notice.objects.filter(text__contains="没审批的帖子一起取消").count() == 1


def test_an_approved_post_of_a_cancelled_run_is_left_to_people_who_are_told(
    make_run, approver, editor, schedule
):
    run = make_run()
    draft_run_posts(now=NOW)
    Post.objects.filter(run_post__kind="start").update(author=editor)
    schedule(Post.objects.get(run_post__kind="start"))
    cancel_run(run=run, actor=approver, now=NOW)
    draft_run_posts(now=NOW)
    draft_run_posts(now=NOW)
    assert Post.objects.get(run_post__kind="start").state == PostState.SCHEDULED
    assert Notice.objects.filter(user=approver, level="error", text__contains="仍会发出").count() == 1


def test_an_ended_run_needs_no_reminder_and_a_settled_one_gets_its_result(make_run):
    run = make_run()
    draft_run_posts(now=NOW)
    open_due_runs(now=FRIDAY)
    close_due_runs(now=FRIDAY + 3 * DAY)
    draft_run_posts(now=FRIDAY + 3 * DAY)
    assert Post.objects.get(run_post__run=run, run_post__kind="reminder").state == PostState.CANCELLED
    settled = FRIDAY + 3 * DAY + HOUR  # 21:00 in Shanghai
    Run.objects.filter(pk=run.pk).update(state=RunState.SETTLED, settled_at=settled)
    draft_run_posts(now=settled)
    result = Post.objects.get(run_post__run=run, run_post__kind="result")
    assert result.scheduled_at == datetime(2026, 3, 10, 1, tzinfo=UTC)  # nobody's phone rings at night


def test_without_an_owner_nothing_is_drafted_and_somebody_is_told(make_run, architect):
    make_run()
    Campaign.objects.update(owner=None)
    assert draft_run_posts(now=NOW) == 0
    assert draft_run_posts(now=NOW) == 0
    assert Notice.objects.filter(text__contains="没有在职的负责人").exists()
    assert not Post.objects.exists()


@pytest.mark.parametrize("off", [{"drafts_posts": False}, {"groups": []}])
def test_campaigns_that_want_no_posts_get_none(make_run, off):
    run = make_run(drafts_posts=off.get("drafts_posts", True))
    if "groups" in off:
        run.campaign.groups.clear()
    assert draft_run_posts(now=NOW) == 0


def test_groups_that_the_owner_may_not_see_are_left_out(make_run, make_group, groups, editor):
    run = make_run()
    Campaign.objects.update(owner=editor)
    hidden = make_group("别的组的群", team=None)
    run.campaign.groups.add(hidden)
    draft_run_posts(now=NOW)
    assert set(Post.objects.get(run_post__kind="start").groups.all()) == set(groups)


def test_what_was_drafted_is_in_the_audit(make_run):
    run = make_run()
    draft_run_posts(now=NOW)
    entries = AuditEntry.objects.filter(action="post.draft")
    assert {(entry.actor, entry.detail["run"]) for entry in entries} == {(None, run.pk)}


@pytest.mark.parametrize("kind", RunPostKind)
@pytest.mark.parametrize("key", all_mechanics())
def test_every_mechanics_texts_pass_our_own_checks(key, kind):
    mechanic = all_mechanics()[key]
    plan = Plan(
        run_id=1,
        campaign_id=1,
        team_id=None,
        mechanic=mechanic,
        rules=mechanic.rules_type.load({}),
        slots={},
        eligibility=Eligibility(),
        risk={},
        entries_per_member=1,
        contributions_per_member=0,
        product_name="",
        title="{{ 周末 }}活动",
    )
    words = RunWords(plan, "一起来", FRIDAY, FRIDAY + 3 * DAY, "Asia/Shanghai", won=4)
    text = body_of(kind, words)
    assert not absolute_words_in(text) + coercion_phrases_in(text) + phone_numbers_in(text)
    assert "{" not in text.removesuffix("{{ run.link }}")
    assert text.endswith("{{ run.link }}")
    assert "None" not in text
    assert 2 <= len(text.splitlines()) <= 30


def test_no_reminder_where_it_would_come_at_the_start():
    times = planned_times(opens_at=FRIDAY, closes_at=FRIDAY + HOUR, warn=2 * HOUR)
    assert set(times) == {RunPostKind.WARMUP, RunPostKind.START}


@pytest.mark.parametrize(
    ("settled", "posted"),
    [("03:00", "09:00"), ("08:29", "09:00"), ("12:00", "12:30"), ("20:29", "20:59"), ("20:30", "09:00")],
)
def test_results_come_by_day(settled, posted):
    hour, minute = map(int, settled.split(":"))
    zone = ZoneInfo("Asia/Shanghai")
    moment = result_time(datetime(2026, 3, 9, hour, minute, tzinfo=zone), "Asia/Shanghai")
    assert f"{moment.astimezone(zone):%H:%M}" == posted
