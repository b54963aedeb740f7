"""Which landing page a visitor sees."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from apps.campaigns.blocks.starters.base import Words
from apps.campaigns.blocks.starters.registry import starter_for
from apps.campaigns.enums import LandingState, Variant
from apps.campaigns.models import Campaign, LandingVersion


def live_versions(campaign_id: int) -> list[LandingVersion]:
    """What is live: none, one, or A and B, in this order."""
    live = LandingVersion.objects.filter(campaign_id=campaign_id, state=LandingState.LIVE)
    return list(live.order_by("variant"))


def choose(versions: Sequence[LandingVersion], visitor_token: str) -> LandingVersion | None:
    """The version for a browser, always the same one while the versions and their share stay; ``None`` without any.

    B's share is of visitors, by a hash of campaign and token: who sees A in one campaign may see B in another.
    """
    by_variant = {version.variant: version for version in versions}
    first, second = by_variant.get(Variant.A), by_variant.get(Variant.B)
    if first is None or second is None:
        return first or second
    return second if bucket(first.campaign_id, visitor_token) < second.share else first


def bucket(campaign_id: int, visitor_token: str) -> int:
    """0 to 99, evenly."""
    return int.from_bytes(sha256(f"{campaign_id}:{visitor_token}".encode()).digest()[:8], "big") % 100


def starter_blocks(campaign: Campaign) -> tuple[str, list[dict[str, Any]]]:
    """Theme and blocks of the page that is shipped for the campaign's mechanic, with the campaign's own words, in
    the active language; what a run says is shown by the blocks themselves."""
    starter = starter_for(campaign.mechanic)
    words = Words(
        headline=campaign.headline or campaign.title, intro=campaign.intro, product=campaign.product_name
    )
    return starter.theme.value, starter.blocks(words)
