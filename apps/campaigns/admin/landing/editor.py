"""The editor of one variant's page. Every button posts the whole form, so it works without a script; with one
(static/campaigns/landing_editor.js) blocks move in the page and drafts save themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.campaigns.admin.doors import preview_of
from apps.campaigns.admin.landing.inputs import complaint, new_block, with_error
from apps.campaigns.admin.landing.sheets import (
    Sheet,
    after,
    complained,
    stored_sheet,
    typed_sheet,
    version_in,
    with_uploads,
)
from apps.campaigns.admin.pages import need, show, staff, visible_campaign
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import CampaignState, LandingState, Theme, Variant
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.services.landing import publish, save_draft, schedule
from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid

_PICTURES_SHOWN = 40
#: Stands for the number of a block in the page's templates for new ones.
_NO_ID = "00000000"
type Finish = Callable[[LandingVersion], Any]


def edit_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, variant: str) -> HttpResponse:
    campaign = visible_campaign(request, pk)
    need(request, "change_landingversion")
    if variant not in Variant.values:
        raise Http404
    if campaign.state == CampaignState.ARCHIVED:
        messages.error(request, _("活动已归档，落地页不能再改。"))
        return redirect("admin:campaigns_campaign_landing", campaign.pk)
    if request.method == "POST":
        return _posted(model_admin, request, campaign, variant)
    return _page(model_admin, request, campaign, stored_sheet(campaign, variant))


def _posted(model_admin: ModelAdmin, request: HttpRequest, campaign: Campaign, variant: str) -> HttpResponse:
    verb, _colon, rest = request.POST.get("do", "save").partition(":")
    is_script = request.headers.get("Accept", "").startswith("application/json")
    sheet, about = after(typed_sheet(request, campaign, variant), verb, rest)
    sheet, wrong = with_uploads(sheet, request.FILES, campaign=campaign, actor=staff(request))
    sheet = complained(sheet.checked(is_draft=True), wrong)
    sentence = complaint(sheet.blocks)
    saved = None
    if not sentence:
        sheet, saved, sentence = _save(request, campaign, sheet)
    if saved is not None and verb in ("publish", "schedule"):
        sheet, sentence = _finish(request, campaign, sheet, saved, verb)
        if not sentence:
            return redirect(f"{reverse('admin:campaigns_campaign_landing', args=[campaign.pk])}#saved")
    if is_script:
        return _answer(sheet, sentence, preview_of(campaign, sheet.draft, staff(request)))
    if sentence:
        messages.error(request, sentence)
        return _page(model_admin, request, campaign, sheet, is_typed=True)
    if verb == "save":
        messages.success(request, _("草稿已保存。"))
    anchor = f"b-{about}" if about and verb != "remove" else "saved"
    return redirect(f"{request.path}#{anchor}")


def _save(request: HttpRequest, campaign: Campaign, sheet: Sheet) -> tuple[Sheet, LandingVersion | None, str]:
    """The sheet as it is now stored, the draft, and what was refused in one sentence."""
    try:
        share = int(sheet.share)
    except ValueError:
        return sheet, None, _("B 方案的流量要在 1 到 99 之间。")
    try:
        draft = save_draft(
            campaign=campaign,
            variant=sheet.variant,
            blocks=sheet.stored_blocks(),
            theme=sheet.theme,
            title=sheet.title,
            share=share,
            actor=staff(request),
            now=database_now(),
            seen_at=sheet.seen(),
        )
    except Invalid as error:
        blocks, sentence = with_error(sheet.blocks, error)
        return replace(sheet, blocks=blocks), None, sentence or complaint(blocks)
    except DomainError as error:
        return sheet, None, str(error)
    return replace(sheet, draft=draft, seen_at=draft.updated_at.isoformat()), draft, ""


def _finish(
    request: HttpRequest, campaign: Campaign, sheet: Sheet, draft: LandingVersion, verb: str
) -> tuple[Sheet, str]:
    """Publish or schedule what was just saved; the sentence is empty when that went through."""
    about: dict[str, Any] = {"version": draft, "actor": staff(request), "now": database_now()}
    try:
        if verb == "schedule":
            at = moment(request.POST.get("publish_at", ""))
            schedule(**about, at=at)
            messages.success(
                request, _("已排好，%(time)s 发布。") % {"time": f"{timezone.localtime(at):%m-%d %H:%M}"}
            )
        else:
            publish(**about)
            messages.success(request, _("已发布，新来的访客看到的就是它。"))
    except Invalid as error:
        # All that is missing, not the first alone.
        sheet = sheet.checked(is_draft=False)
        blocks, sentence = with_error(sheet.blocks, error)
        return replace(sheet, blocks=blocks), sentence or complaint(blocks)
    except DomainError as error:
        return sheet, str(error)
    return sheet, ""


def moment(text: str) -> datetime:
    """A ``datetime-local`` value in the house's time zone. Raises ``Invalid``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2200:
        raise Invalid(_("定时发布的时间还没有填。"), hint=_("选一个将来的时间。"), field="publish_at")
    return found if found.tzinfo else timezone.make_aware(found)


def _answer(sheet: Sheet, sentence: str, preview: str) -> JsonResponse:
    errors = {f"{block.id}.{key}": text for block in sheet.blocks for key, text in block.errors.items()}
    errors |= {block.id: block.error for block in sheet.blocks if block.error}
    return JsonResponse(
        {
            "seen_at": sheet.seen_at,
            "number": sheet.draft.number if sheet.draft else None,
            "errors": errors,
            "sentence": sentence,
            "preview": preview,
        }
    )


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    campaign: Campaign,
    sheet: Sheet,
    *,
    is_typed: bool = False,
) -> HttpResponse:
    return show(
        model_admin,
        request,
        "landing_editor.html",
        title=_("落地页 %(variant)s 方案") % {"variant": sheet.variant},
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        sheet=sheet,
        sections=[
            (value, label, blocks, [kind for kind in all_blocks().values() if value in kind.sections])
            for value, label, blocks in sheet.sections
        ],
        empties=[
            replace(new_block(kind, kind.sections[0].value), id=_NO_ID) for kind in all_blocks().values()
        ],
        themes=Theme.choices,
        pictures=campaign.landing_pictures.order_by("-id")[:_PICTURES_SHOWN],
        live=version_in(campaign, sheet.variant, LandingState.LIVE),
        scheduled=version_in(campaign, sheet.variant, LandingState.SCHEDULED),
        may_publish=request.user.has_perm("campaigns.publish_landing"),
        may_upload=request.user.has_perm("campaigns.add_landingpicture"),
        preview=preview_of(campaign, sheet.base, staff(request)),
        publish_at=request.POST.get("publish_at", ""),
        config=_config(request, campaign, sheet, is_typed=is_typed),
    )


def _config(request: HttpRequest, campaign: Campaign, sheet: Sheet, *, is_typed: bool) -> dict[str, Any]:
    return {
        "user": staff(request).pk,
        "is_typed": is_typed,
        "is_saved": sheet.draft is not None,
        "upload": reverse("admin:campaigns_campaign_landing_picture", args=[campaign.pk]),
        "words": {
            "saved": _("已保存"),
            "saving": _("正在保存…"),
            "failed": _("没有连上服务器，写的内容都在，稍后再试。"),
            "wrong": _("有地方要改，改好以后再保存。"),
            "uploading": _("正在上传…"),
            "removed": _("删了一块"),
            "moved": _("已移到第 %(place)s 位，共 %(count)s 块"),
            "unsaved": _("还没保存"),
        },
    }
