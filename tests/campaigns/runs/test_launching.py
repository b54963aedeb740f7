"""What a launch asks for, and what a run keeps of its campaign."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.campaigns.enums import BenefitKind, CampaignState, Repeat, RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit, Code
from apps.campaigns.services.runs import (
    NotReady,
    archive_campaign,
    campaign_consequences,
    check_campaign,
    clone_campaign,
    launch,
    open_now,
    pause_campaign,
    resume_campaign,
)
from apps.campaigns.services.runs.checks import takes_payment
from apps.core.errors import NotAllowed, WrongState
from tests.campaigns.runs.conftest import FRIDAY, NOW, WEEK, beat


def codes(campaign, now=NOW):
    return {check.code for check in check_campaign(campaign, now=now) if check.is_error}


def warnings(campaign, now=NOW):
    return {check.code for check in check_campaign(campaign, now=now) if not check.is_error}


def test_a_sound_campaign_goes_live_with_its_first_run_planned(make_campaign, chief):
    campaign = make_campaign()
    assert launch(campaign=campaign, actor=chief, now=NOW) == []
    run = campaign.runs.get()
    assert (run.state, run.number, run.opens_at, run.closes_at) == (
        RunState.SCHEDULED,
        1,
        FRIDAY,
        FRIDAY + timedelta(days=3),
    )
    assert run.period == "2026-03-06T12:00:00+00:00"
    assert run.stock.budget == Decimal("500.00")
    assert AuditEntry.objects.filter(action="campaign.launch", actor=chief).count() == 1
    with pytest.raises(WrongState):
        launch(campaign=campaign, actor=chief, now=NOW)


def test_the_frozen_plan_has_everything_a_decision_depends_on(launched, gift):
    plan = launched(eligibility={"tags": [3], "is_new_only": True}, risk={"hold_from": 40}).runs.get().plan
    assert plan["rules"]["stages"] == [3]
    assert plan["rules"]["helps_per_member"] == 3  # a default is frozen too
    assert plan["slots"] == {
        "stage_3": [
            {
                "benefit": gift.pk,
                "quantity": 1,
                "kind": "physical",
                "name": "洗衣凝珠",
                "cost": "3.50",
                "face_value": "0.00",
            }
        ]
    }
    assert plan["eligibility"] == {
        "tags": [3],
        "tiers": [],
        "groups": [],
        "lifecycles": [],
        "is_new_only": True,
    }
    assert plan["risk"]["hold_from"] == 40
    assert plan["risk"]["burst"]["device_members"] == 3  # a recommended figure is frozen too
    assert (plan["entries_per_member"], plan["title"]) == (1, "周五帮一把")


def test_errors_stop_a_launch_and_all_are_named(make_campaign, chief, gift):
    gift.is_active = False
    gift.stock = 0
    gift.save()
    campaign = make_campaign(slot="helper", weekdays=[])
    with pytest.raises(NotReady) as refusal:
        launch(campaign=campaign, actor=chief, now=NOW)
    found = {check.code for check in refusal.value.checks if check.is_error}
    assert found == {"rhythm", "slot_empty", "benefit_off", "benefit_out"}
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    assert not campaign.runs.exists()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"rules": {"stages": []}}, "rules"),
        ({"rules": {"hours": "soon"}}, "rules"),
        ({"mechanic": "nonsense"}, "mechanic"),
        ({"repeat": Repeat.ONCE, "starts_at": NOW - timedelta(days=4)}, "window_over"),
        ({"repeat_until": NOW + timedelta(days=1)}, "no_period"),
        ({"at_time": None}, "rhythm"),
        ({"timezone": "Mars/Olympus"}, "rhythm"),
    ],
)
def test_what_cannot_work_is_an_error(make_campaign, values, code):
    assert code in codes(make_campaign(**values))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"owner": None}, "no_owner"),
        ({"drafts_posts": True}, "no_groups"),
        ({"budget": None}, "no_budget"),
        ({"budget": Decimal("3.00")}, "over_budget"),
        ({"budget": Decimal("4.00")}, "budget_thin"),
        ({"duration_minutes": 8 * 24 * 60}, "overlap"),
        ({"rules": {"stages": [3], "voids_leavers": True}}, "leavers_without_groups"),
        ({"repeat": Repeat.ONCE}, "starts_now"),
    ],
)
def test_what_one_should_know_is_a_warning(make_campaign, values, code):
    campaign = make_campaign(**values)
    assert code in warnings(campaign)
    assert not codes(campaign)


def test_a_gift_without_a_place_is_a_warning(make_campaign, gift):
    campaign = make_campaign()
    CampaignBenefit.objects.create(campaign=campaign, slot="stage_50", benefit=gift)
    assert "slot_gone" in warnings(campaign)


def test_a_code_pool_is_counted_by_its_free_codes(make_campaign, team):
    pool = Benefit.objects.create(name="视频月卡", kind=BenefitKind.CODE, team=team, low_stock=2)
    campaign = make_campaign()
    CampaignBenefit.objects.create(campaign=campaign, slot="helper", benefit=pool)
    Code.objects.create(benefit=pool, value="A", taken_at=NOW, grant_id=1)
    assert codes(campaign) == {"benefit_out"}
    Code.objects.create(benefit=pool, value="B")
    assert (codes(campaign), "benefit_low" in warnings(campaign)) == (set(), True)


@pytest.mark.parametrize("key", [key for key, one in all_mechanics().items() if takes_payment(one)])
def test_a_mechanic_with_orders_wants_a_product(make_campaign, key):
    assert "no_product" in codes(make_campaign(mechanic=key, rules={}))
    assert "no_product" not in codes(make_campaign(mechanic=key, rules={}, product_name="大米 5kg"))


def test_changing_a_campaign_changes_the_run_ahead_but_never_the_one_going_on(launched, gift):
    campaign = launched()
    beat(FRIDAY)
    beat(FRIDAY)
    going, ahead = campaign.runs.order_by("number")
    assert (going.state, ahead.state) == (RunState.OPEN, RunState.SCHEDULED)
    Campaign.objects.update(rules={"stages": [5]}, budget=Decimal("9.00"), stock=7)
    Benefit.objects.update(cost=Decimal("99.00"))
    CampaignBenefit.objects.update(slot="stage_5")
    frozen = (going.plan, going.revision, going.stock.budget)
    beat(FRIDAY + timedelta(hours=1))
    going.refresh_from_db()
    going.stock.refresh_from_db()
    assert (going.plan, going.revision, going.stock.budget) == frozen
    ahead.refresh_from_db()
    assert ahead.plan["rules"]["stages"] == [5]
    assert ahead.plan["slots"]["stage_5"][0]["cost"] == "99.00"
    assert ahead.revision == 2  # plans are cached by it
    ahead.stock.refresh_from_db()
    assert (ahead.stock.budget, ahead.stock.stock) == (Decimal("9.00"), 7)


def test_a_single_run_without_a_start_begins_at_once(launched):
    campaign = launched(repeat=Repeat.ONCE)
    assert campaign.starts_at == NOW
    beat(NOW)
    assert campaign.runs.get().state == RunState.OPEN
    beat(NOW + timedelta(days=3))
    beat(NOW + timedelta(days=30))
    assert campaign.runs.get().state == RunState.CLOSED  # and no other one ever


def test_opening_by_hand_opens_one_at_a_time(launched, chief):
    campaign = launched(repeat=Repeat.ON_DEMAND)
    beat(NOW)
    assert not campaign.runs.exists()
    run = open_now(campaign=campaign, actor=chief, now=NOW)
    assert (run.state, run.closes_at) == (RunState.OPEN, NOW + timedelta(days=3))
    with pytest.raises(WrongState) as refusal:
        open_now(campaign=campaign, actor=chief, now=NOW)
    assert refusal.value.code == "run_going_on"
    beat(NOW + timedelta(days=3))
    assert open_now(campaign=campaign, actor=chief, now=NOW + WEEK).number == 2


def test_a_paused_campaign_opens_nothing_and_resuming_says_what_comes(launched, chief):
    campaign = launched()
    pause_campaign(campaign=campaign, actor=chief, now=NOW)
    beat(FRIDAY)
    assert campaign.runs.get().state == RunState.SCHEDULED
    day_after = FRIDAY + timedelta(days=1)
    said = campaign_consequences(campaign=campaign, action="resume", now=day_after)
    assert said == [
        "第 1 期的时段还没过，会马上开始，3月9日 周一 20:00 结束。",
        "按重复规则继续，下一期 3月13日 周五 20:00。",
    ]
    resume_campaign(campaign=campaign, actor=chief, now=day_after)
    beat(day_after)
    assert campaign.runs.get(number=1).state == RunState.OPEN


def test_archiving_waits_for_runs_and_cancels_the_one_ahead(launched, chief):
    campaign = launched()
    beat(FRIDAY)
    with pytest.raises(WrongState):
        archive_campaign(campaign=campaign, actor=chief, now=FRIDAY)
    beat(FRIDAY + timedelta(days=3))
    archive_campaign(campaign=campaign, actor=chief, now=FRIDAY + timedelta(days=4))
    assert list(campaign.runs.order_by("number").values_list("state", flat=True)) == ["closed", "cancelled"]
    beat(FRIDAY + WEEK)
    assert campaign.runs.count() == 2


def test_a_clone_is_a_draft_of_ones_own(launched, chief, team):
    source = launched(rules={"stages": [3, 10], "is_new_only": False, "voids_leavers": False})
    clone = clone_campaign(campaign=source, actor=chief, now=NOW)
    assert (clone.title, clone.state, clone.owner, clone.team) == ("周五帮一把（副本）", "draft", chief, team)
    assert (clone.rules, clone.weekdays, clone.budget) == (source.rules, [4], Decimal("500.00"))
    assert [(use.slot, use.quantity) for use in clone.benefits.all()] == [("stage_3", 1)]
    assert not clone.runs.exists()
    assert clone.plans_from is None
    long = clone_campaign(campaign=source, actor=chief, now=NOW, title="长" * 80)
    assert len(long.title) == 60


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CONTENT_EDITOR])
def test_only_those_who_may_launch(make_campaign, make_user, team, role):
    with pytest.raises(NotAllowed):
        launch(campaign=make_campaign(), actor=make_user("other", role, team), now=NOW)


def test_another_teams_campaign_is_out_of_reach(make_campaign, make_user):
    other = make_user("far", Role.GROUP_OPERATOR, Team.objects.create(name="华南组"))
    other.user_permissions.add(
        *Permission.objects.filter(codename__in=["launch_campaign", "add_campaign", "view_campaign"])
    )
    campaign = make_campaign()
    for act in (launch, clone_campaign):
        with pytest.raises(NotAllowed):
            act(campaign=campaign, actor=other, now=NOW)
