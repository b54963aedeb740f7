"""The colours of a campaign's landing page, for the pages behind it."""

from django.db.models import OuterRef, Subquery

from apps.campaigns.blocks.starters.registry import starter_for
from apps.campaigns.enums import LandingState
from apps.campaigns.models import LandingVersion, Run


def live_theme(campaign: str) -> Subquery:
    """The theme of the campaign's live page (variant A's, if two are shown) as an annotation, so that a play page
    asks nothing more for it; ``campaign`` is the path to the campaign's id."""
    live = LandingVersion.objects.filter(campaign_id=OuterRef(campaign), state=LandingState.LIVE)
    return Subquery(live.order_by("variant").values("theme")[:1])


def theme_of(run: Run) -> str:
    """One of ``Theme``: of the live page where the run was read with ``live_theme``, else of the page that its
    mechanic has before anybody publishes one."""
    return getattr(run, "live_theme", None) or starter_for(run.mechanic).theme.value
