"""区块热度: how far people read a landing page, beside the page itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.campaigns.admin.doors import preview_of
from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import LandingState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, LandingVersion
from apps.core.clock import database_now
from apps.core.numbers import whole
from apps.h5.admin.pages import campaign_with_visits, show, tabs
from apps.h5.selectors.section_heat import heat_of

_MOST_VERSIONS = 30


def heat_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """``?version=`` of those that are or were live; the live one without it."""
    campaign = campaign_with_visits(request, pk)
    versions = _shown_versions(campaign)
    version = _chosen(request, versions)
    heat = heat_of(version, now=database_now()) if version else None
    may_preview = request.user.has_perm("campaigns.view_landingversion")
    return show(
        model_admin,
        request,
        "heat.html",
        title=_("区块热度"),
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        tabs=tabs(campaign, "heat"),
        versions=versions,
        version=version,
        heat=heat,
        preview=preview_of(campaign, version, staff(request)) if version and may_preview else "",
    )


def _shown_versions(campaign: Campaign) -> list[LandingVersion]:
    """What members saw: live ones first, then the latest."""
    rows = campaign.landing_versions.filter(state__in=[LandingState.LIVE, LandingState.RETIRED])
    found = list(rows.order_by("-number")[:_MOST_VERSIONS])
    return sorted(found, key=lambda one: one.variant if one.state == LandingState.LIVE else "Z")


def _chosen(request: HttpRequest, versions: list[LandingVersion]) -> LandingVersion | None:
    wanted = request.GET.get("version", "")
    if not wanted:
        return versions[0] if versions else None
    for version in versions:
        if version.pk == whole(wanted):
            return version
    raise Http404
