"""Opening runs: on time, late within their window, or by hand."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import RUN_MOVES, CampaignState, RunState
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.recurrence import length_in_words, moment_in_words, window_end
from apps.campaigns.services.runs.access import check_may, lock_campaign, lock_run, stale
from apps.campaigns.services.runs.checks import Check, NotReady, check_campaign
from apps.campaigns.services.runs.freezing import freeze_into, recurrence_of
from apps.campaigns.services.runs.planning import BY_HAND, call_off, make_run
from apps.campaigns.services.runs.telling import tell
from apps.core.errors import WrongState
from apps.core.models import move
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record

#: A start later than this is told to people.
LATE = timedelta(minutes=10)
_SCHEDULED = frozenset({RunState.SCHEDULED})


def open_due_run(*, run_id: int, now: datetime) -> RunState | None:
    """Open a run whose time has come, or call it off if its whole window was missed (C10: nothing overdue begins
    by surprise). Returns the state it went to, or ``None`` if there was nothing to do.

    It does not open while its campaign is paused, or while something that a launch would refuse is wrong with
    it: then people are told once, and it opens as soon as that is mended within the window.
    """
    campaign_id = Run.objects.filter(pk=run_id).values_list("campaign_id", flat=True).first()
    with transaction.atomic():
        campaign = lock_campaign(campaign_id, skip_locked=True) if campaign_id is not None else None
        run = lock_run(run_id, skip_locked=True, states=_SCHEDULED) if campaign is not None else None
        if campaign is None or run is None or run.opens_at > now:
            return None
        if run.closes_at <= now:
            call_off(run, reason=_missed_because(campaign), actor=None, now=now)
            return RunState.CANCELLED
        if campaign.state != CampaignState.LAUNCHED:
            return None
        errors = [
            check for check in check_campaign(campaign, now=now) if check.is_error and not check.is_about_time
        ]
        if errors:
            _say_why_not(run, errors)
            return None
        _open(run, campaign, actor=None, now=now)
        return RunState.OPEN


@transaction.atomic
def open_now(*, campaign: Campaign, actor: User, now: datetime) -> Run:
    """Open a run of a launched campaign at once, whatever its rhythm; later periods come as planned.

    Raises ``WrongState`` while another run is going on (so a double click opens one), ``NotReady`` for what a
    launch would refuse.
    """
    check_may(actor, campaign)
    locked = lock_campaign(campaign.pk)
    if locked is None or locked.state != CampaignState.LAUNCHED:
        raise stale(locked or campaign)
    going = locked.runs.filter(state__in=[RunState.OPEN, RunState.PAUSED]).first()
    if going is not None:
        raise WrongState(
            _("第 %(number)d 期还在进行中。") % {"number": going.number},
            hint=_("等它结束，或先提前结束它，再开新的一期。"),
            code="run_going_on",
        )
    checks = [check for check in check_campaign(locked, now=now) if not check.is_about_time]
    if any(check.is_error for check in checks):
        raise NotReady(checks)
    run = make_run(
        campaign=locked,
        period=f"{BY_HAND}{now.isoformat()}",
        opens_at=now,
        closes_at=window_end(recurrence_of(locked), now),
    )
    _open(run, locked, actor=actor, now=now)
    return run


def _open(run: Run, campaign: Campaign, *, actor: User | None, now: datetime) -> None:
    freeze_into(run, campaign)
    move(run, RunState.OPEN, table=RUN_MOVES, opened_at=now)
    audit(actor=actor, action="run.open", target=run)
    record(
        [
            Event(
                kind=EventKind.CAMPAIGN_RUN_OPENED,
                key=f"run:{run.pk}:opened",
                occurred_at=now,
                team=campaign.team,
                actor=actor,
                subject=f"campaigns.run:{run.pk}",
                data={"campaign": campaign.pk, "run": run.pk},
            )
        ]
    )
    if now - run.opens_at > LATE:
        tell(
            run,
            key=f"run:{run.pk}:late",
            text=_("《%(title)s》第 %(number)d 期晚开了 %(late)s，结束时间不变：%(end)s。")
            % {
                "title": campaign.title,
                "number": run.number,
                "late": length_in_words(now - run.opens_at),
                "end": moment_in_words(run.closes_at, campaign.timezone),
            },
            level=NoticeLevel.WARNING,
        )


def _missed_because(campaign: Campaign) -> str:
    if campaign.state == CampaignState.LAUNCHED:
        return _("整个时段都错过了，没有补开")
    return _("活动没有在线，整个时段都错过了")


def _say_why_not(run: Run, errors: list[Check]) -> None:
    tell(
        run,
        key=f"run:{run.pk}:not-ready:{errors[0].code}",
        text=_("《%(title)s》第 %(number)d 期到时间了，但没有开：%(why)s%(hint)s")
        % {
            "title": run.campaign.title,
            "number": run.number,
            "why": errors[0].text,
            "hint": errors[0].hint,
        },
        level=NoticeLevel.ERROR,
    )
