"""Making the next run of a campaign: exactly one ahead, never a pile of old ones (C10)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import RUN_MOVES, CampaignState, Repeat, RunState
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.recurrence import Recurrence, occurrences, window_end
from apps.campaigns.services.runs.access import lock_campaign, lock_run
from apps.campaigns.services.runs.freezing import freeze_into, freeze_plan, recurrence_of
from apps.campaigns.services.runs.telling import tell
from apps.core.errors import Invalid
from apps.core.models import move

#: Marks the period of a run that a person opened; the rhythm's own periods are plain moments.
BY_HAND = "hand:"


def plan_next_run(*, campaign_id: int, now: datetime) -> Run | None:
    """Make the campaign's next run, or bring the one ahead in line with a changed rhythm or changed rules.

    Twice is once: the campaign's row is held, and (campaign, period) is unique. Returns the run ahead, or
    ``None`` when there is none to come (or another beat is at it). Raises ``Invalid`` for rules or a rhythm that
    cannot work.
    """
    with transaction.atomic():
        campaign = lock_campaign(campaign_id, skip_locked=True)
        if (
            campaign is None
            or campaign.state != CampaignState.LAUNCHED
            or campaign.repeat == Repeat.ON_DEMAND
        ):
            return None
        plan = recurrence_of(campaign)
        ahead = campaign.runs.filter(state=RunState.SCHEDULED).exclude(period__startswith=BY_HAND).first()
        if ahead is not None and ahead.opens_at <= now:
            return ahead  # due: opening it, or calling it off as missed, comes first
        start = _next_free_start(campaign, plan, ahead, now=now)
        if ahead is not None:
            return _bring_in_line(ahead, campaign, plan, start, now=now)
        if start is None:
            return None
        return make_run(
            campaign=campaign,
            period=period_of(start),
            opens_at=start,
            closes_at=window_end(plan, start),
        )


def period_of(start: datetime) -> str:
    """The name of the period that begins at ``start``: the same on every host and in every zone."""
    return start.astimezone(UTC).isoformat(timespec="seconds")


def make_run(*, campaign: Campaign, period: str, opens_at: datetime, closes_at: datetime) -> Run:
    """A scheduled run with the campaign's rules frozen in. The caller holds the campaign's row."""
    last = campaign.runs.aggregate(last=Max("number"))["last"] or 0
    run = Run.objects.create(
        campaign=campaign,
        number=last + 1,
        period=period,
        mechanic=campaign.mechanic,
        opens_at=opens_at,
        closes_at=closes_at,
        plan=freeze_plan(campaign),
    )
    freeze_into(run, campaign)
    return run


def call_off(run: Run, *, reason: str, actor: User | None, now: datetime) -> None:
    """Cancel a run that has not opened; ``actor=None`` is the machine, which tells people. The caller holds the
    row. Its period stays taken, so that it does not come back."""
    move(run, RunState.CANCELLED, table=RUN_MOVES, closed_at=now)
    audit(actor=actor, action="run.cancel", target=run, reason=reason)
    if actor is None:
        tell(
            run,
            key=f"run:{run.pk}:cancelled",
            text=_("《%(title)s》第 %(number)d 期已取消：%(reason)s。")
            % {"title": run.campaign.title, "number": run.number, "reason": reason},
            level=NoticeLevel.WARNING,
        )


def _next_free_start(
    campaign: Campaign, plan: Recurrence, ahead: Run | None, *, now: datetime
) -> datetime | None:
    """The first period whose window is not over and that has no run yet. A period of before the launch, or of
    before a pause ended, does not count, except for the only run of a campaign."""
    others = campaign.runs.exclude(period__startswith=BY_HAND)
    if ahead is not None:
        others = others.exclude(pk=ahead.pk)
    if plan.repeat == Repeat.ONCE:
        start = plan.starts_at
        if start is None or window_end(plan, start) <= now or others.exists():
            return None
        return start.astimezone(UTC)
    # Nothing that began a whole duration ago can still be going on; a day more for clocks that were moved.
    since = now - plan.duration - timedelta(days=1)
    if campaign.plans_from is not None:
        since = max(since, campaign.plans_from)
    taken = set(others.filter(opens_at__gt=since).values_list("period", flat=True))
    for start in occurrences(plan, since):
        if window_end(plan, start) > now and period_of(start) not in taken:
            return start
    return None


def _bring_in_line(
    ahead: Run, campaign: Campaign, plan: Recurrence, start: datetime | None, *, now: datetime
) -> Run | None:
    run = lock_run(ahead.pk, states=frozenset({RunState.SCHEDULED}))
    if run is None:
        return None
    if start is None:  # the rhythm was cut short
        call_off(run, reason=_("重复已经到期"), actor=None, now=now)
        return None
    end = window_end(plan, start)
    if (run.opens_at, run.closes_at) != (start, end):
        run.opens_at, run.closes_at, run.period = start, end, period_of(start)
        run.save(update_fields=["opens_at", "closes_at", "period", "updated_at"])
    with suppress(Invalid):  # opening says so to people; until then the run shows what it was planned with
        freeze_into(run, campaign)
    return run
