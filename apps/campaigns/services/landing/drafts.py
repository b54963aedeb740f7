"""Writing drafts. What has been live is never changed: editing it makes a draft with the next number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import CampaignState, LandingState, Theme, Variant
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.selectors.landing import starter_blocks
from apps.campaigns.services.campaign_access import check_may, held_campaign
from apps.campaigns.services.landing.content import clean_blocks
from apps.core.errors import Invalid, WrongState

CHANGE = "campaigns.change_landingversion"


@transaction.atomic
def save_draft(
    *,
    campaign: Campaign,
    variant: str,
    blocks: Sequence[Any],
    theme: str,
    title: str = "",
    share: int | None = None,
    actor: User,
    now: datetime,
    seen_at: datetime | None = None,
) -> LandingVersion:
    """Write the variant's draft, making it with the next number if there is none.

    Required fields may still be empty; what is there must be sound. ``seen_at`` is the draft's ``updated_at`` that
    the writer's form was made from. Raises ``Invalid`` (``field`` as ``clean_blocks`` says, or ``theme``,
    ``variant``, ``share``), ``NotAllowed``, ``WrongState`` (code ``changed_meanwhile`` when a colleague was faster).
    """
    check_may(actor, CHANGE, campaign)
    campaign = held_campaign(campaign)
    if campaign.state == CampaignState.ARCHIVED:
        raise WrongState(_("活动已归档，不能再改。"), hint=_("可以复制成一个新活动。"))
    draft = _draft_of(campaign, _variant(variant))
    if seen_at is not None and draft.pk is not None and draft.updated_at != seen_at:
        raise WrongState(
            _("你打开页面之后，别人改过这个草稿。"),
            hint=_("你写的内容还在本页：先另存一份，再刷新看看对方改了什么。"),
            code="changed_meanwhile",
        )
    if theme not in Theme.values:
        raise Invalid(_("没有这个配色。"), hint=_("请在列表里选。"), field="theme")
    if share is not None:
        draft.share = checked_share(share)
    draft.blocks = clean_blocks(blocks, campaign=campaign, is_draft=True)
    draft.theme = theme
    draft.title = " ".join(title.replace("\0", "").split())[:60]
    draft.edited_by = actor
    is_new = draft.pk is None
    draft.save()
    draft.refresh_from_db(fields=["updated_at"])
    if is_new:
        audit(actor=actor, action="landing.draft", target=draft, variant=draft.variant, number=draft.number)
    return draft


@transaction.atomic
def start_draft(
    *,
    campaign: Campaign,
    variant: str,
    actor: User,
    now: datetime,
    source: LandingVersion | None = None,
) -> LandingVersion:
    """A draft from ``source`` (an old or the live version, of either variant), or from the page that is shipped for
    the mechanic. Raises ``WrongState`` when the variant has a draft already, which would be lost."""
    check_may(actor, CHANGE, campaign)
    if LandingVersion.objects.filter(campaign=campaign, variant=variant, state=LandingState.DRAFT).exists():
        raise WrongState(_("这个方案已经有一份草稿。"), hint=_("接着改它，或先丢弃它。"), code="has_draft")
    if source is None:
        theme, blocks = starter_blocks(campaign)
    elif source.campaign_id == campaign.pk:
        theme, blocks = source.theme, source.blocks
    else:
        raise Invalid(_("这个版本不是这个活动的。"), hint=_("请在本活动的版本里选。"), field="source")
    return save_draft(
        campaign=campaign,
        variant=variant,
        blocks=blocks,
        theme=theme,
        share=source.share if source else None,
        actor=actor,
        now=now,
    )


@transaction.atomic
def discard_draft(*, version: LandingVersion, actor: User, now: datetime) -> None:
    """Delete a draft. Raises ``WrongState`` for anything that is or was public, or waits to be."""
    check_may(actor, CHANGE, version.campaign)
    held_campaign(version.campaign)
    version = LandingVersion.objects.get(pk=version.pk)
    if version.state != LandingState.DRAFT:
        raise WrongState(_("只有草稿能丢弃。"), hint=_("线上的版本请用“下线”，待发布的请先取消定时。"))
    audit(
        actor=actor, action="landing.discard", target=version, variant=version.variant, number=version.number
    )
    version.delete()


def checked_share(share: int) -> int:
    """Raises ``Invalid`` unless it is a share of visitors, in percent."""
    if isinstance(share, bool) or not 1 <= share <= 99:
        raise Invalid(_("B 方案的流量要在 1 到 99 之间。"), hint=_("例如 50：一半人看到 B。"), field="share")
    return share


def _variant(variant: str) -> str:
    if variant not in Variant.values:
        raise Invalid(_("只有 A 和 B 两个方案。"), hint=_("请选其中一个。"), field="variant")
    return variant


def _draft_of(campaign: Campaign, variant: str) -> LandingVersion:
    found = LandingVersion.objects.filter(
        campaign=campaign, variant=variant, state=LandingState.DRAFT
    ).first()
    if found is not None:
        return found
    newest = campaign.landing_versions.aggregate(newest=Max("number"))["newest"] or 0
    return LandingVersion(campaign=campaign, variant=variant, number=newest + 1)
