"""What the pages about member pages share: who may look, and the campaign and run they are about."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.campaigns.admin.pages import visible_campaign
from apps.campaigns.models import Campaign, Run
from apps.core.errors import Text
from apps.core.numbers import whole


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    url: str
    is_here: bool


def show(
    model_admin: ModelAdmin, request: HttpRequest, template: str, *, title: Text, **context: Any
) -> HttpResponse:
    """Render ``templates/h5/admin/<template>`` inside the admin."""
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "is_fullwidth": "1",
        **context,
    }
    return TemplateResponse(request, f"h5/admin/{template}", everything)


def campaign_with_visits(request: HttpRequest, pk: int) -> Campaign:
    """The campaign, for somebody who may see visits and this campaign (S1); else 403 or 404."""
    if not request.user.has_perm("h5.view_touch"):
        raise PermissionDenied
    return visible_campaign(request, pk)


def runs_of(campaign: Campaign) -> list[Run]:
    """The latest runs, newest first."""
    return list(campaign.runs.order_by("-number")[:60])


def chosen_run(request: HttpRequest, runs: list[Run]) -> Run | None:
    """The run named by ``?run=``; ``None`` for all of them. Another campaign's run is 404."""
    wanted = request.GET.get("run", "")
    if not wanted:
        return None
    for run in runs:
        if run.pk == whole(wanted):
            return run
    raise Http404


def tabs(campaign: Campaign, here: str) -> list[Tab]:
    """The pages about one campaign's visitors."""
    names = (
        ("traffic", _("来源与漏斗")),
        ("compare", _("A/B 对照")),
        ("heat", _("区块热度")),
        ("phone", _("手机预览")),
    )
    return [
        Tab(key, label, reverse(f"admin:h5_touch_{key}", args=[campaign.pk]), key == here)
        for key, label in names
    ]
