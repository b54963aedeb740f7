"""A campaign as a whole: launch, pause, resume, archive."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import CAMPAIGN_MOVES, CampaignState, Repeat, RunState
from apps.campaigns.models import Campaign
from apps.campaigns.services.runs.access import check_may, lock_campaign, lock_run, stale
from apps.campaigns.services.runs.checks import Check, NotReady, check_campaign
from apps.campaigns.services.runs.planning import call_off, plan_next_run
from apps.core.errors import WrongState
from apps.core.models import move


@transaction.atomic
def launch(*, campaign: Campaign, actor: User, now: datetime) -> list[Check]:
    """Put a draft on line and plan its first run; returns the warnings.

    Raises ``NotReady`` (with ``checks``) for anything that cannot work. A single run without a start begins now.
    """
    locked = _held(campaign, actor, CampaignState.DRAFT)
    checks = check_campaign(locked, now=now)
    if any(check.is_error for check in checks):
        raise NotReady(checks)
    starts_at = now if locked.repeat == Repeat.ONCE and locked.starts_at is None else locked.starts_at
    move(locked, CampaignState.LAUNCHED, table=CAMPAIGN_MOVES, plans_from=now, starts_at=starts_at)
    plan_next_run(campaign_id=locked.pk, now=now)
    audit(actor=actor, action="campaign.launch", target=locked, warnings=[check.code for check in checks])
    return checks


@transaction.atomic
def pause_campaign(*, campaign: Campaign, actor: User, now: datetime, reason: str = "") -> Campaign:
    """No run is planned or opened any more; one that is going on goes on."""
    locked = _held(campaign, actor, CampaignState.LAUNCHED)
    move(locked, CampaignState.PAUSED, table=CAMPAIGN_MOVES)
    audit(actor=actor, action="campaign.pause", target=locked, reason=reason)
    return locked


@transaction.atomic
def resume_campaign(*, campaign: Campaign, actor: User, now: datetime, reason: str = "") -> Campaign:
    """Runs come again from now on; raises ``NotReady`` like ``launch``."""
    locked = _held(campaign, actor, CampaignState.PAUSED)
    checks = [check for check in check_campaign(locked, now=now) if not check.is_about_time]
    if any(check.is_error for check in checks):
        raise NotReady(checks)
    move(locked, CampaignState.LAUNCHED, table=CAMPAIGN_MOVES, plans_from=now)
    plan_next_run(campaign_id=locked.pk, now=now)
    audit(actor=actor, action="campaign.resume", target=locked, reason=reason)
    return locked


@transaction.atomic
def archive_campaign(*, campaign: Campaign, actor: User, now: datetime, reason: str = "") -> Campaign:
    """Put a campaign away for good; the run ahead is cancelled. Raises ``WrongState`` while a run is going on."""
    check_may(actor, campaign)
    locked = lock_campaign(campaign.pk)
    if locked is None or locked.state == CampaignState.ARCHIVED:
        raise stale(locked or campaign)
    going = locked.runs.filter(state__in=[RunState.OPEN, RunState.PAUSED]).first()
    if going is not None:
        raise WrongState(
            _("第 %(number)d 期还在进行中，不能归档。") % {"number": going.number},
            hint=_("等它结束，或先提前结束它。"),
            code="run_going_on",
        )
    for ahead in locked.runs.filter(state=RunState.SCHEDULED):
        run = lock_run(ahead.pk, states=frozenset({RunState.SCHEDULED}))
        if run is not None:
            call_off(run, reason=reason or _("活动已归档"), actor=actor, now=now)
    move(locked, CampaignState.ARCHIVED, table=CAMPAIGN_MOVES)
    audit(actor=actor, action="campaign.archive", target=locked, reason=reason)
    return locked


def _held(campaign: Campaign, actor: User, state: CampaignState) -> Campaign:
    check_may(actor, campaign)
    locked = lock_campaign(campaign.pk)
    if locked is None or locked.state != state:
        raise stale(locked or campaign)
    return locked
