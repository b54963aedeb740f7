"""Showing what is not public yet: a signed address, so that a colleague's phone needs no log-in."""

from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.services.campaign_access import check_may
from apps.core.errors import DomainError

SALT = "campaigns.landing-preview"
#: A link that was forwarded ends with the working day.
SECONDS = 12 * 3600


@dataclass(frozen=True)
class Previewed:
    """``version`` is ``None`` for the page shipped for the campaign's mechanic."""

    campaign: Campaign
    version: LandingVersion | None


def preview_token(*, campaign: Campaign, version: LandingVersion | None = None, actor: User) -> str:
    """For ``h5:preview``; good for twelve hours, and shows this version as it is when somebody looks.

    Raises ``NotAllowed`` for a campaign out of the actor's sight.
    """
    check_may(actor, "campaigns.view_landingversion", campaign)
    return signing.dumps([campaign.pk, version.pk if version else None], salt=SALT, compress=True)


def read_preview(token: str) -> Previewed:
    """What a token shows. Raises ``DomainError`` (``not_found``) for one that is forged, over, or of what is gone."""
    gone = DomainError(_("预览链接已失效。"), hint=_("请在编辑页重新打开预览。"), code="not_found")
    try:
        campaign_id, version_id = signing.loads(token, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise gone from error
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    version = LandingVersion.objects.filter(pk=version_id, campaign_id=campaign_id).first()
    if campaign is None or (version_id is not None and version is None):
        raise gone
    return Previewed(campaign, version)
