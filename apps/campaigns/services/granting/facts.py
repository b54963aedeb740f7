"""What was given and taken back, as events: reward cost stands beside revenue (A3)."""

from collections.abc import Iterable
from datetime import datetime

from apps.accounts.models import User
from apps.campaigns.models import Grant
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record


def record_granted(grants: Iterable[Grant], *, team_id: int | None, campaign_id: int, now: datetime) -> None:
    """``benefit.granted`` once per grant, when its cost is counted; ``value`` is that cost."""
    record(
        [_event(grant, EventKind.BENEFIT_GRANTED, "granted", team_id, campaign_id, now) for grant in grants]
    )


def record_voided(grant: Grant, *, actor: User | None, now: datetime) -> None:
    """``benefit.voided``: its cost is given back, so ``value`` is negative. ``grant.run.campaign`` is read."""
    campaign = grant.run.campaign
    event = _event(grant, EventKind.BENEFIT_VOIDED, "voided", campaign.team_id, campaign.pk, now)
    event.value = -grant.cost
    event.actor = actor
    event.data["reason"] = grant.reason
    record([event])


def _event(
    grant: Grant, kind: EventKind, word: str, team_id: int | None, campaign_id: int, now: datetime
) -> Event:
    return Event(
        occurred_at=now,
        kind=kind,
        key=f"grant:{grant.pk}:{word}",
        team_id=team_id,
        member_id=grant.member_id,
        subject=f"grant:{grant.pk}",
        value=grant.cost,
        data={
            "campaign": campaign_id,
            "run": grant.run_id,
            "entry": grant.entry_id,
            "benefit": grant.benefit_id,
            "kind": grant.kind,
            "slot": grant.slot,
            "quantity": grant.quantity,
            "face_value": str(grant.face_value),
        },
    )
