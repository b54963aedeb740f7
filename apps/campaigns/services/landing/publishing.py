"""Bringing versions to members and taking them down. The campaign's row is held, so that of two publishers one waits."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import LANDING_MOVES, CampaignState, LandingState
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.services.campaign_access import check_may, held_campaign
from apps.campaigns.services.landing.content import check_complete
from apps.campaigns.services.landing.drafts import checked_share
from apps.campaigns.services.runs.telling import tell
from apps.core.errors import DomainError, Invalid, WrongState
from apps.core.models import move

PUBLISH = "campaigns.publish_landing"


@transaction.atomic
def publish(*, version: LandingVersion, actor: User, now: datetime) -> LandingVersion:
    """Bring a draft or a scheduled version to members at once; what was live in its variant is retired.

    Raises ``Invalid`` for what is not complete (``field`` names the block's field), ``NotAllowed``, ``WrongState``.
    """
    check_may(actor, PUBLISH, version.campaign)
    campaign, version = _held(version)
    _go_live(campaign, version, actor=actor, now=now)
    return version


@transaction.atomic
def schedule(*, version: LandingVersion, at: datetime, actor: User, now: datetime) -> LandingVersion:
    """Let a draft go live at ``at``. Raises as ``publish``, and ``WrongState`` when the variant waits already."""
    check_may(actor, PUBLISH, version.campaign)
    campaign, version = _held(version)
    if at <= now:
        raise Invalid(_("定时发布要选将来的时间。"), hint=_("想马上发布，点“发布”。"), field="publish_at")
    _check_open(campaign)
    check_complete(version.blocks, campaign=campaign)
    if campaign.landing_versions.filter(variant=version.variant, state=LandingState.SCHEDULED).exists():
        raise WrongState(_("这个方案已经有一个待发布的版本。"), hint=_("先取消它的定时，再排这一个。"))
    move(version, LandingState.SCHEDULED, table=LANDING_MOVES, publish_at=at)
    audit(
        actor=actor,
        action="landing.schedule",
        target=version,
        variant=version.variant,
        number=version.number,
        at=at.isoformat(),
    )
    return version


@transaction.atomic
def unschedule(*, version: LandingVersion, actor: User, now: datetime) -> LandingVersion:
    """A scheduled version becomes a draft again. Raises ``WrongState`` when another draft is there."""
    check_may(actor, PUBLISH, version.campaign)
    campaign, version = _held(version)
    if campaign.landing_versions.filter(variant=version.variant, state=LandingState.DRAFT).exists():
        raise WrongState(_("这个方案另有一份草稿，不能把它退回成草稿。"), hint=_("先发布或丢弃那份草稿。"))
    move(version, LandingState.DRAFT, table=LANDING_MOVES, publish_at=None)
    audit(
        actor=actor,
        action="landing.unschedule",
        target=version,
        variant=version.variant,
        number=version.number,
    )
    return version


@transaction.atomic
def retire(*, version: LandingVersion, actor: User, now: datetime) -> LandingVersion:
    """Take a live version down. Without any live one the campaign shows the page shipped for its mechanic."""
    check_may(actor, PUBLISH, version.campaign)
    _campaign, version = _held(version)
    move(version, LandingState.RETIRED, table=LANDING_MOVES, retired_at=now)
    audit(
        actor=actor, action="landing.retire", target=version, variant=version.variant, number=version.number
    )
    return version


@transaction.atomic
def set_share(*, version: LandingVersion, share: int, actor: User, now: datetime) -> LandingVersion:
    """How many percent of visitors see this B version while an A stands beside it. Who saw B keeps seeing it as
    long as the share does not fall."""
    check_may(actor, PUBLISH, version.campaign)
    _campaign, version = _held(version)
    if version.state == LandingState.RETIRED:
        raise WrongState(_("这个版本已经下线。"), hint=_("在线上或待发布的版本上调整。"))
    version.share = checked_share(share)
    version.save(update_fields=["share", "updated_at"])
    audit(actor=actor, action="landing.share", target=version, share=share)
    return version


def publish_due(*, now: datetime) -> int:
    """Publish what is due; returns how many went live. One that cannot go live becomes a draft again and its
    editor is told. Any number of beats may call it: rows that another one holds are left to it."""
    due = LandingVersion.objects.filter(state=LandingState.SCHEDULED, publish_at__lte=now)
    return sum(
        _publish_one(pk, now=now) for pk in due.order_by("publish_at").values_list("pk", flat=True)[:200]
    )


def _publish_one(pk: int, *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            version = LandingVersion.objects.select_related("campaign").get(pk=pk)
            campaign, version = _held(version)
            if (
                version.state != LandingState.SCHEDULED
                or version.publish_at is None
                or version.publish_at > now
            ):
                return False
            _go_live(campaign, version, actor=None, now=now)
            return True
    except LandingVersion.DoesNotExist:
        return False
    except DomainError as error:
        return _give_back(pk, error, now=now)


def _give_back(pk: int, error: DomainError, *, now: datetime) -> bool:
    """It could not go live: what is live stays, and people are told what to mend."""
    with transaction.atomic():
        version = LandingVersion.objects.select_related("campaign").get(pk=pk)
        campaign, version = _held(version)
        if version.state != LandingState.SCHEDULED:
            return False
        if campaign.landing_versions.filter(variant=version.variant, state=LandingState.DRAFT).exists():
            # Another draft has its place: it stays in the list, from where it may be taken up again.
            move(version, LandingState.RETIRED, table=LANDING_MOVES, published_at=now, retired_at=now)
        else:
            move(version, LandingState.DRAFT, table=LANDING_MOVES, publish_at=None)
        tell(
            campaign,
            key=f"landing-not-published:{pk}",
            text=_("“%(campaign)s”的落地页没能按时发布：%(why)s")
            % {"campaign": campaign.title, "why": error},
            level=NoticeLevel.WARNING,
        )
    return False


def _held(version: LandingVersion) -> tuple[Campaign, LandingVersion]:
    """Campaign and version as they are now; the campaign's row is held."""
    campaign = held_campaign(version.campaign)
    found = LandingVersion.objects.filter(pk=version.pk, campaign=campaign).first()
    if found is None:
        raise WrongState(_("这个版本已经被丢弃。"), hint=_("回到版本列表看看。"))
    return campaign, found


def _check_open(campaign: Campaign) -> None:
    if campaign.state == CampaignState.ARCHIVED:
        raise WrongState(_("活动已归档，不能再发布。"), hint=_("可以复制成一个新活动。"))


def _go_live(campaign: Campaign, version: LandingVersion, *, actor: User | None, now: datetime) -> None:
    _check_open(campaign)
    if version.state not in (LandingState.DRAFT, LandingState.SCHEDULED):
        raise WrongState(_("这个版本已经发布过。"), hint=_("要再用它，从它新建一份草稿。"))
    check_complete(version.blocks, campaign=campaign)
    for live in campaign.landing_versions.filter(variant=version.variant, state=LandingState.LIVE):
        move(live, LandingState.RETIRED, table=LANDING_MOVES, retired_at=now)
    move(version, LandingState.LIVE, table=LANDING_MOVES, published_at=now)
    audit(
        actor=actor, action="landing.publish", target=version, variant=version.variant, number=version.number
    )
