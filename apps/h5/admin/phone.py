"""手机预览: play pages in every state beside their codes to scan."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from unfold.admin import ModelAdmin

from apps.accounts.admin.doors import Door, register_door
from apps.accounts.models import User
from apps.campaigns.admin.doors import register_preview
from apps.campaigns.admin.pages import staff
from apps.campaigns.enums import LandingState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.selectors.public_runs import public_runs
from apps.campaigns.services.landing.previewing import preview_token
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.h5.admin.pages import campaign_with_visits, show, tabs
from apps.h5.admin.qr import qr_svg
from apps.h5.selectors.play_rehearsal import screens_of


def _preview_address(campaign: Campaign, version: LandingVersion | None, user: User) -> str:
    """Where the landing page is drawn for ``user``; "" for whoever may not see it."""
    try:
        token = preview_token(campaign=campaign, version=version, actor=user)
    except DomainError:
        return ""
    return reverse("h5:preview", args=[token])


register_preview(_preview_address)
register_door(
    Door(
        key="traffic",
        on=Campaign,
        label=_lazy("来源与转化"),
        help=_lazy("漏斗、A/B、区块热度"),
        icon="conversion_path",
        address=lambda campaign: reverse("admin:h5_touch_traffic", args=[campaign.pk]),
        permission="h5.view_touch",
        order=20,
    )
)
register_door(
    Door(
        key="phone",
        on=Campaign,
        label=_lazy("手机预览"),
        help=_lazy("每种状态的样子，扫码打开"),
        icon="smartphone",
        address=lambda campaign: reverse("admin:h5_touch_phone", args=[campaign.pk]),
        permission="h5.view_touch",
        order=30,
    )
)


def phone_view(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """``?screen=`` a state of the play page."""
    campaign = campaign_with_visits(request, pk)
    problem, screens = "", []
    try:
        token = preview_token(campaign=campaign, actor=staff(request))
        screens = [
            (key, title, reverse("h5:rehearsal", args=[token, key]))
            for key, title in screens_of(campaign, now=database_now())
        ]
    except DomainError as error:
        problem = str(error)
    wanted = request.GET.get("screen", "")
    chosen = next((one for one in screens if one[0] == wanted), screens[0] if screens else None)
    return show(
        model_admin,
        request,
        "phone.html",
        title=_("手机预览"),
        campaign=campaign,
        mechanic=all_mechanics().get(campaign.mechanic),
        tabs=tabs(campaign, "phone"),
        problem=problem,
        screens=screens,
        chosen=chosen,
        codes=_codes(campaign, chosen, staff(request)),
    )


def _codes(campaign: Campaign, chosen: tuple[str, str, str] | None, user: User) -> list[dict[str, str]]:
    """What is worth scanning: this preview, the landing page that is being written, the real page if a run has one."""
    found = []
    if chosen:
        found.append(
            {"label": _("这个状态的预览"), "help": _("12 小时内有效，不用登录。"), "path": chosen[2]}
        )
    states = [LandingState.DRAFT, LandingState.SCHEDULED, LandingState.LIVE]
    written = campaign.landing_versions.filter(state__in=states).order_by("-number").first()
    if path := _preview_address(campaign, written, user):
        label = _("落地页版本 %(number)d") % {"number": written.number} if written else _("玩法自带的落地页")
        found.append({"label": label, "help": _("最新的一版，12 小时内有效。"), "path": path})
    run = public_runs().filter(campaign=campaign).order_by("-number").first()
    if run is not None:
        found.append(
            {
                "label": _("真实页面：第 %(number)d 期") % {"number": run.number},
                "help": _("成员看到的就是它。"),
                "path": reverse("h5:run", args=[run.pk]),
            }
        )
    for one in found:
        one["address"] = f"{settings.SITE_URL.rstrip('/')}{one['path']}"
        one["qr"] = qr_svg(one["address"], label=one["label"])
    return found
