"""The ticks as beat calls them, by the database's clock."""

from datetime import timedelta

from django.utils import timezone

from apps.campaigns import tasks
from apps.campaigns.enums import BenefitKind, Repeat, RunState
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit, Run
from apps.campaigns.services.runs import launch
from community_ops.schedule import TICKS


def test_every_tick_of_beat_is_a_task_that_runs(db):
    for name in ("open_due_runs", "close_due_runs", "warn_ending_runs", "plan_runs", "expire_due_entries"):
        assert TICKS[f"campaigns.{name}"][0] == f"apps.campaigns.tasks.{name}"
        getattr(tasks, name)()


def test_beat_brings_a_single_run_through_its_life(db, architect):
    campaign = Campaign.objects.create(
        title="拉新",
        mechanic="contest",
        rules={},
        repeat=Repeat.ONCE,
        duration_minutes=60,
        drafts_posts=False,
        owner=architect,
    )
    gift = Benefit.objects.create(name="杯子", kind=BenefitKind.PHYSICAL)
    mechanic = get_mechanic("contest")
    for slot in mechanic.slots(mechanic.rules_type.load({})):
        CampaignBenefit.objects.create(campaign=campaign, slot=slot.key, benefit=gift)
    launch(campaign=campaign, actor=architect, now=timezone.now())
    tasks.open_due_runs()
    run = Run.objects.get()
    assert run.state == RunState.OPEN
    Run.objects.update(
        opens_at=run.opens_at - timedelta(hours=1), closes_at=run.closes_at - timedelta(hours=1)
    )
    tasks.close_due_runs()
    run.refresh_from_db()
    assert run.state == RunState.CLOSED
