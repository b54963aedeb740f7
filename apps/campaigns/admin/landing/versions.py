"""Versions of a campaign's landing page: what is live, what waits, what was; and what may be done with them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.base import run_service
from apps.accounts.admin.doors import Door, register_door
from apps.campaigns.admin.doors import preview_of
from apps.campaigns.admin.landing.editor import moment
from apps.campaigns.admin.pages import is_id, need, show, staff, visible_campaign
from apps.campaigns.enums import CampaignState, LandingState, Variant
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.selectors.landing_history import versions_of
from apps.campaigns.services.landing import (
    discard_draft,
    publish,
    retire,
    schedule,
    set_share,
    start_draft,
    unschedule,
)
from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid

register_door(
    Door(
        key="landing",
        on=Campaign,
        label=_lazy("落地页"),
        help=_lazy("编辑、发布、A/B 方案"),
        icon="web",
        address=lambda campaign: reverse("admin:campaigns_campaign_landing", args=[campaign.pk]),
        permission="campaigns.view_landingversion",
        order=10,
    )
)


def versions_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    campaign = visible_campaign(request, pk)
    need(request, "view_landingversion")
    rows = versions_of(campaign)
    return show(
        model_admin,
        request,
        "landing_versions.html",
        title=_("落地页"),
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        rows=rows,
        variants=[_variant(request, campaign, variant, rows) for variant in Variant],
        may_edit=request.user.has_perm("campaigns.change_landingversion")
        and campaign.state != CampaignState.ARCHIVED,
        may_publish=request.user.has_perm("campaigns.publish_landing"),
    )


def _variant(request: HttpRequest, campaign: Campaign, variant: Variant, rows: list[Any]) -> dict[str, Any]:
    """One side: what stands in each state, and where it is drawn."""
    mine = [row.version for row in rows if row.version.variant == variant]
    by_state = {version.state: version for version in reversed(mine)}
    live = by_state.get(LandingState.LIVE)
    return {
        "key": variant.value,
        "label": variant.label,
        "live": live,
        "draft": by_state.get(LandingState.DRAFT),
        "scheduled": by_state.get(LandingState.SCHEDULED),
        "preview": preview_of(campaign, live, staff(request)) if live or variant == Variant.A else "",
        "edit": reverse("admin:campaigns_campaign_landing_edit", args=[campaign.pk, variant.value]),
    }


def act_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    campaign = visible_campaign(request, pk)
    need(request, "change_landingversion", "publish_landing")
    return _act(request, campaign, verb)


@require_POST
def _act(request: HttpRequest, campaign: Campaign, verb: str) -> HttpResponse:
    back = redirect("admin:campaigns_campaign_landing", campaign.pk)
    if verb in ("restore", "start"):
        return _start(request, campaign, verb) or back
    version = _version(campaign, request.POST.get("version", ""))
    about: dict[str, Any] = {"version": version, "actor": staff(request), "now": database_now()}
    calls: Mapping[str, tuple[Callable[[], Any], str]] = {
        "publish": (lambda: publish(**about), _("已发布，新来的访客看到的就是它。")),
        "schedule": (
            lambda: schedule(**about, at=moment(request.POST.get("publish_at", ""))),
            _("已排好，到点自动发布。"),
        ),
        "unschedule": (lambda: unschedule(**about), _("已取消定时，它又是草稿了。")),
        "retire": (lambda: retire(**about), _("已下线。")),
        "share": (lambda: set_share(**about, share=_share(request)), _("流量已调整。")),
        "discard": (lambda: discard_draft(**about), _("草稿已丢弃。")),
    }
    if verb not in calls:
        raise Http404
    call, success = calls[verb]
    try:
        call()
    except Invalid as error:
        messages.error(request, str(error))
        is_draft = version.state == LandingState.DRAFT and verb in ("publish", "schedule")
        if is_draft and error.field != "publish_at":
            return redirect("admin:campaigns_campaign_landing_edit", campaign.pk, version.variant)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, success)
    return back


def _start(request: HttpRequest, campaign: Campaign, verb: str) -> HttpResponse | None:
    """A draft from an old version or from the shipped page, then its editor; ``None`` when it was refused."""
    source = _version(campaign, request.POST.get("version", "")) if verb == "restore" else None
    variant = request.POST.get("variant") or (source.variant if source else "")
    if variant not in Variant.values:
        raise Http404
    started = run_service(
        request,
        lambda: start_draft(
            campaign=campaign, variant=variant, actor=staff(request), now=database_now(), source=source
        ),
        success=_("草稿好了，改完再发布。"),
    )
    if started is None:
        return None
    return redirect("admin:campaigns_campaign_landing_edit", campaign.pk, variant)


def _version(campaign: Campaign, pk: str) -> LandingVersion:
    version = campaign.landing_versions.filter(pk=pk).first() if is_id(pk) else None
    if version is None:
        raise Http404
    return version


def _share(request: HttpRequest) -> int:
    try:
        return int(request.POST.get("share", "")[:4])
    except ValueError:
        raise Invalid(
            _("B 方案的流量要在 1 到 99 之间。"), hint=_("例如 50：一半人看到 B。"), field="share"
        ) from None
