"""投放花费: money spent on being found, entered by hand. A mistake is corrected by its opposite, never erased."""

from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.analytics.selectors.periods import business_zone, day_of
from apps.campaigns.models import Campaign
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.selectors.retention import kept_since
from apps.events.services.recording import record

_MOST = Decimal(100_000_000)


@transaction.atomic
def record_spend(
    *,
    actor: User,
    now: datetime,
    day: date,
    amount: Decimal,
    key: str,
    team: Team | None = None,
    campaign: Campaign | None = None,
    channel: str = "",
    note: str = "",
) -> None:
    """One fact over ``amount`` yuan on ``day``; the same ``key`` on the same day is one. A campaign's spend is its team's.

    Raises ``NotAllowed`` for another team or campaign, ``Invalid`` for the amount, the day, or nothing to attribute
    it to.
    """
    _check(actor, team, campaign)
    if campaign is not None:
        team = campaign.team
    if amount != amount.quantize(Decimal("0.01")) or not 0 < amount <= _MOST:
        raise Invalid(_("请填花费的金额。"), hint=_("大于 0，最多两位小数。"), field="amount")
    at = datetime.combine(day, time(), business_zone())
    if day > day_of(now) or at < kept_since(now):
        raise Invalid(_("日期不对。"), hint=_("不能在将来，也不能早于事件的保留期。"), field="day")
    channel = channel.strip()[:60]
    if not channel and campaign is None:
        raise Invalid(
            _("请写明渠道，或选择活动。"), hint=_("不知道花在哪里，就算不出获客成本。"), field="channel"
        )
    parts = {"channel": channel, "campaign": campaign and campaign.pk, "note": note.strip()[:120]}
    record(
        [
            Event(
                occurred_at=at,
                kind=EventKind.SPEND_RECORDED,
                key=f"spend:{actor.pk}:{key}"[:120],
                team=team,
                actor=actor,
                value=amount,
                data={name: value for name, value in parts.items() if value},
            )
        ]
    )


@transaction.atomic
def reverse_spend(*, actor: User, event_id: int, now: datetime) -> None:
    """冲正: the same spend, negative, on the same day. Raises ``NotAllowed``, ``WrongState`` for one that is a
    reversal itself; a second call changes nothing."""
    found = Event.objects.visible_to(actor).filter(pk=event_id, kind=EventKind.SPEND_RECORDED).first()
    if found is None or not actor.has_perm("events.add_event"):
        raise NotAllowed(_("没有这笔花费，或你看不到它。"))
    if found.value is None or found.value <= 0:
        raise WrongState(_("这一笔是冲正，不能再冲正。"))
    record(
        [
            Event(
                occurred_at=found.occurred_at,
                kind=EventKind.SPEND_RECORDED,
                key=reversal_key(found.pk),
                team_id=found.team_id,
                actor=actor,
                group_id=found.group_id,
                value=-found.value,
                data=found.data,
            )
        ]
    )


def reversal_key(event_id: int) -> str:
    """The key of the fact that takes a spend back."""
    return f"spend:back:{event_id}"


def _check(actor: User, team: Team | None, campaign: Campaign | None) -> None:
    sees_all = actor.has_perm("accounts.view_all_teams")
    is_ours = sees_all or (team is not None and actor.teams.filter(pk=team.pk).exists())
    if campaign is not None:
        is_ours = Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists()
    if not actor.has_perm("events.add_event") or not is_ours:
        raise NotAllowed(_("你不能为这个团队或活动记花费。"), hint=_("请联系社群架构师。"))
