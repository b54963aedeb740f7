"""Creating and changing a campaign: seven cards, then one page with everything on it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.campaigns.admin.campaign_form import COMMON_ZONES
from apps.campaigns.admin.pages import is_id, need, show, staff, visible_campaign
from apps.campaigns.admin.typed import Typed, typed_in
from apps.campaigns.enums import BenefitKind, CampaignState, CouponKind
from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign
from apps.campaigns.services.campaigns import write_campaign
from apps.core.clock import database_now
from apps.core.errors import DomainError

_SECTIONS = ("basics", "rules", "gifts", "limits", "risk", "time", "check")


def add_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The cards; with ``?mechanic=`` the wizard of that mechanic."""
    need(request, "add_campaign")
    key = request.GET.get("mechanic", "")
    if not key:
        mechanics = all_mechanics().values()
        return show(model_admin, request, "cards.html", title=_("选一种玩法"), mechanics=mechanics)
    return _edit(model_admin, request, _mechanic(key), None)


def edit_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    campaign = visible_campaign(request, pk, "change_campaign")
    if campaign.state == CampaignState.ARCHIVED:
        messages.error(request, _("活动已归档，不能再改。可以复制成一个新活动。"))
        return redirect(campaign.get_absolute_url())
    return _edit(model_admin, request, _mechanic(campaign.mechanic), campaign)


def _mechanic(key: str) -> Mechanic[Any]:
    mechanic = all_mechanics().get(key)
    if mechanic is None:
        raise Http404
    return mechanic


def _edit(
    model_admin: ModelAdmin, request: HttpRequest, mechanic: Mechanic[Any], campaign: Campaign | None
) -> HttpResponse:
    if request.method != "POST":
        typed = typed_in(None, mechanic=mechanic, campaign=campaign, user=staff(request))
        return _page(model_admin, request, typed, campaign)
    typed = typed_in(request.POST, mechanic=mechanic, campaign=campaign, user=staff(request))
    if not typed.is_right:
        messages.error(request, _("还有地方要改，写的内容都在。"))
        return _page(model_admin, request, typed, campaign)
    stored = Campaign.objects.get(pk=campaign.pk) if campaign else None
    values, groups = typed.form.written()
    values |= {"rules": typed.rules_json, "risk": typed.risk.json, "mechanic": mechanic.key}
    try:
        written = write_campaign(
            campaign=stored,
            values=values,
            benefits=typed.gifts.kept(typed.slots),
            groups=groups,
            actor=staff(request),
            now=database_now(),
            seen_at=_seen_at(request),
        )
    except DomainError as error:
        typed.form.add_error(error.field if error.field in typed.form.fields else None, str(error))
        messages.error(request, str(error))
        return _page(model_admin, request, typed, campaign)
    if written.state == CampaignState.DRAFT:
        messages.success(request, _("草稿已保存。"))
    else:
        messages.success(request, _("已保存：已经开始的期不变，还没开始的期用新的规则。"))
    # "#saved" lets the page drop what the browser keeps of the form (draft.js).
    return redirect(f"{written.get_absolute_url()}#saved")


def _seen_at(request: HttpRequest) -> datetime | None:
    try:
        return datetime.fromisoformat(request.POST.get("seen_at", ""))
    except ValueError:
        return None


def _page(
    model_admin: ModelAdmin, request: HttpRequest, typed: Typed, campaign: Campaign | None
) -> HttpResponse:
    now = database_now()
    title = _("修改%(mechanic)s活动") if campaign else _("新建%(mechanic)s活动")
    chosen = {str(getattr(item, "pk", item)) for item in typed.form["groups"].value() or []}
    groups = typed.form.fields["groups"].queryset  # type: ignore[attr-defined]
    return show(
        model_admin,
        request,
        "wizard.html",
        title=title % {"mechanic": typed.mechanic.label},
        typed=typed,
        campaign=campaign,
        chosen_groups=groups.filter(pk__in=[pk for pk in chosen if is_id(pk)]),
        sections=_sections(),
        kinds=BenefitKind.choices,
        coupon_kinds=CouponKind.choices,
        may_add_benefit=request.user.has_perm("campaigns.add_benefit"),
        common_zones=COMMON_ZONES,
        seen_at=request.POST.get("seen_at", "") or (campaign.updated_at.isoformat() if campaign else ""),
        back=campaign.get_absolute_url() if campaign else reverse("admin:campaigns_campaign_add"),
        config=_config(request, typed, campaign),
        **_panels(typed, now),
    )


def _config(request: HttpRequest, typed: Typed, campaign: Campaign | None) -> dict[str, Any]:
    return {
        "live": reverse("admin:campaigns_campaign_live"),
        "groups": reverse("admin:campaigns_campaign_groups"),
        "benefit": reverse("admin:campaigns_campaign_benefit"),
        "mechanic": typed.mechanic.key,
        "campaign": campaign.pk if campaign else None,
        "user": staff(request).pk,
        "is_typed": typed.form.is_bound,
        "words": {
            "none": _("没有匹配的社群"),
            "more": _("共 %(count)s 个，再打几个字缩小范围"),
            "remove": _("去掉"),
            "failed": _("没有连上服务器，稍后会再试。写的内容都在。"),
            "saving": _("正在保存…"),
        },
    }


def _sections() -> list[dict[str, Any]]:
    """The steps, for the bar at the top."""
    names = (_("基本信息"), _("玩法规则"), _("礼品"), _("谁能参加、多少份"), _("风控"), _("时间"), _("检查"))
    return [{"key": key, "label": label} for key, label in zip(_SECTIONS, names, strict=True)]


def _panels(typed: Typed, now: datetime) -> dict[str, Any]:
    return {
        "slots": typed.gifts.shown(typed.slots),
        "left_over": typed.gifts.left_over(typed.slots),
        "benefits": typed.benefits,
        "screens": typed.screens(now),
        "economics": typed.economics(),
        "schedule": typed.schedule(now),
        "mechanic": typed.mechanic,
        "form": typed.form,
        "wrong_rules": len(typed.wrong),
    }


@require_POST
def _live(request: HttpRequest, mechanic: Mechanic[Any], campaign: Campaign | None) -> HttpResponse:
    typed = typed_in(request.POST, mechanic=mechanic, campaign=campaign, user=staff(request))
    panels = _panels(typed, database_now())
    return JsonResponse(
        {
            "errors": {
                item.post_name: item.error for item in (*typed.inputs, *typed.risk.inputs) if item.error
            },
            "slot_keys": [slot.key for slot in typed.slots],
            **{
                name: render_to_string(f"campaigns/_{name}.html", panels, request=request)
                for name in ("slots", "screens", "economics", "schedule")
            },
        }
    )


def live_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The panels beside and inside the form, for what is typed so far; stores nothing."""
    need(request, "add_campaign", "change_campaign")
    wanted = request.POST.get("campaign", "")
    campaign = visible_campaign(request, wanted, "change_campaign") if wanted else None
    key = campaign.mechanic if campaign else request.POST.get("mechanic", "")
    return _live(request, _mechanic(key), campaign)
