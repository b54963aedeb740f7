"""The campaigns, from their drafts to this minute."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from apps.accounts.models import Team, User
from apps.campaigns.models import Benefit, Run
from apps.campaigns.services import runs, scoring, settling
from apps.campaigns.services.expiring import expire_due_entries
from apps.campaigns.services.granting.pending import issue_pending
from apps.campaigns.services.risk import scanning
from apps.campaigns.services.runs.opening import open_due_run
from apps.groups.models import Group
from apps.orders.services.orders import lapse_due_orders
from community_ops.demo.campaigns import afterwards, buying, helping, meeting, plans
from community_ops.demo.campaigns.gifts import load_gifts
from community_ops.demo.campaigns.plans import Plan
from community_ops.demo.campaigns.stage import Staff, Stage

type Story = Callable[[Stage, Run, datetime], None]

#: How often beat's ticks come in the played past: closely enough for what hangs on them.
_TICK = timedelta(hours=3)
#: Groups that the campaigns are for.
GROUPS = 8


@transaction.atomic
def load_campaigns(*, operator: User, service: User, team: Team, now: datetime) -> int:
    """Play everything up to ``now``; returns how many runs there are.

    One transaction: a beat that is up meanwhile must not see a run of the past that is being played.
    """
    stage = Stage(staff=Staff(operator, service), now=now)
    theatre = _Theatre(
        stage,
        team,
        load_gifts(actor=operator, team=team, now=now),
        list(Group.objects.visible_to(operator).open().order_by("pk")[:GROUPS]),
    )
    photos = afterwards.pictures()
    theatre.once(plans.ASSIST, helping.assist)
    theatre.once(plans.PROOF, partial(helping.screenshots, photos=photos))
    theatre.once(plans.COUPON, helping.coupon)
    theatre.once(plans.GROUP_BUY, buying.apples)
    theatre.once(plans.GIFT, buying.coffee)
    theatre.once(plans.BARGAIN, helping.bargain)
    theatre.once(plans.CONTEST, meeting.contest)
    theatre.once(plans.SWAP, lambda where, run, opened: meeting.Bazaar(where, run, photos).plan(opened))
    theatre.weekly(plans.WEEKLY, buying.tea)
    theatre.monthly(plans.MONTHLY)
    theatre.draft(plans.DRAFT)
    theatre.ticks()
    for hours, step in (
        (5.0, afterwards.parcels),
        (4.0, afterwards.packets),
        (2.5, afterwards.till),
        (2.0, afterwards.refunds),
    ):
        stage.at(stage.ago(hours=hours), partial(step, stage))
    stage.agenda.play(until=now)
    tick(now)
    scanning.scan_recent(now=now)
    return Run.objects.count()


class _Theatre:
    """Writes and launches campaigns at moments of the past, and hands each run to its story."""

    def __init__(self, stage: Stage, team: Team, gifts: dict[str, Benefit], groups: list[Group]) -> None:
        self.stage = stage
        self.team = team
        self.gifts = gifts
        self.groups = groups

    def once(self, plan: Plan, story: Story) -> None:
        """One run, open now."""
        assert plan.began is not None
        began = (self.stage.now - plan.began).replace(second=0, microsecond=0)
        self.stage.at(began, partial(self._open, plan, story))

    def _open(self, plan: Plan, story: Story, at: datetime) -> None:
        run = self._launch(plan, at, starts_at=at)
        open_due_run(run_id=run.pk, now=at)
        run.refresh_from_db()
        self.stage.audience.invite(self.stage, run, at)
        story(self.stage, run, at)

    def weekly(self, plan: Plan, story: Story) -> None:
        """Last Friday's run from its opening to its result; the next is planned by the ticks."""
        evening = plans.last_friday(self.stage.now)
        self.stage.at(evening - timedelta(days=1), lambda at: self._launch(plan, at))
        self.stage.at(evening, tick)
        self.stage.at(evening, lambda at: self._perform(plan, story, at))
        for minutes in (60, 95, 120, 121):
            self.stage.at(evening + timedelta(minutes=minutes), tick)

    def _perform(self, plan: Plan, story: Story, at: datetime) -> None:
        story(self.stage, Run.objects.get(campaign__title=plan.title, opens_at=at), at)

    def monthly(self, plan: Plan) -> None:
        self.stage.at(self.stage.ago(hours=1), lambda at: self._launch(plan, at))

    def draft(self, plan: Plan) -> None:
        self.stage.at(self.stage.ago(minutes=30), lambda at: self._write(plan, at))

    def ticks(self) -> None:
        moment = self.stage.now - plans.ASSIST.began if plans.ASSIST.began else self.stage.now
        while moment < self.stage.now:
            self.stage.at(moment, tick)
            moment += _TICK

    def _write(self, plan: Plan, at: datetime, starts_at: datetime | None = None) -> plans.Campaign:
        return plans.write(
            plan,
            gifts=self.gifts,
            groups=self.groups,
            team=self.team,
            actor=self.stage.staff.operator,
            now=at,
            starts_at=starts_at,
        )

    def _launch(self, plan: Plan, at: datetime, starts_at: datetime | None = None) -> Run:
        campaign = self._write(plan, at, starts_at)
        runs.launch(campaign=campaign, actor=self.stage.staff.operator, now=at)
        return campaign.runs.get()


def tick(now: datetime) -> None:
    """What beat does every few seconds, once."""
    runs.open_due_runs(now=now)
    runs.warn_ending_runs(now=now)
    lapse_due_orders(now=now)
    expire_due_entries(now=now)
    runs.close_due_runs(now=now)
    scoring.collect_scores(now=now)
    issue_pending(now=now)
    if settling.settle_due_runs(now=now):
        runs.plan_runs(now=now)
