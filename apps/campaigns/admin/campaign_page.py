"""A campaign's page: its plan in words, its runs, what may be done and what that brings about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.accounts.admin.audit_words import word_for
from apps.accounts.admin.base import run_service
from apps.accounts.admin.doors import doors_of
from apps.accounts.models import User
from apps.campaigns.admin.list_cells import countdown, run_url
from apps.campaigns.admin.pages import show, staff, visible_campaign
from apps.campaigns.admin.risk_inputs import risk_in_words
from apps.campaigns.admin.rule_inputs import rules_in_words
from apps.campaigns.admin.typed import schedule_of
from apps.campaigns.enums import CAMPAIGN_ACTION_STATES, CampaignAction, CampaignState, RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, Run
from apps.campaigns.selectors.campaign_history import history_of, tallies_of
from apps.campaigns.selectors.economics import Gift, economics_of
from apps.campaigns.selectors.eligibility import eligibility_in_words
from apps.campaigns.services.campaigns import load_rules
from apps.campaigns.services.runs import (
    Check,
    archive_campaign,
    campaign_consequences,
    check_campaign,
    clone_campaign,
    launch,
    open_now,
    pause_campaign,
    resume_campaign,
)
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.core.sentences import listed

_RUNS_SHOWN = 12
_GROUPS_SHOWN = 20
#: What a dialog asks a reason for.
_WITH_REASON = frozenset({CampaignAction.PAUSE, CampaignAction.RESUME, CampaignAction.ARCHIVE})
_STYLES = {CampaignAction.LAUNCH: "primary", CampaignAction.ARCHIVE: "danger"}


@dataclass(frozen=True)
class Button:
    """One thing that may be done, with its consequences said before; ``why_not`` disables it."""

    verb: str
    label: str
    style: str
    consequences: list[str]
    asks_reason: bool
    why_not: str = ""


@dataclass(frozen=True)
class RunRow:
    run: Run
    url: str
    clock: str
    entries: int
    won: int


def page_view(model_admin: ModelAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    campaign = visible_campaign(request, pk)
    user = staff(request)
    now = database_now()
    is_ahead = campaign.state in (CampaignState.DRAFT, CampaignState.PAUSED)
    checks = check_campaign(campaign, now=now) if is_ahead else []
    mechanic = all_mechanics().get(campaign.mechanic)
    return show(
        model_admin,
        request,
        "campaign_page.html",
        title=campaign.title,
        campaign=campaign,
        mechanic=mechanic,
        checks=checks,
        buttons=_buttons(campaign, user, checks, now),
        doors=doors_of(campaign, user),
        may_edit=user.has_perm("campaigns.change_campaign") and campaign.state != CampaignState.ARCHIVED,
        may_clone=user.has_perm("campaigns.add_campaign"),
        may_delete=model_admin.has_delete_permission(request, campaign),
        schedule=schedule_of(
            {f.attname: getattr(campaign, f.attname) for f in campaign._meta.fields}, now=now
        ),
        eligibility=eligibility_in_words(campaign.eligibility),
        risk=risk_in_words(campaign.risk),
        groups=_group_names(campaign),
        rows=_rows(campaign),
        history=[(entry, word_for(entry.action)) for entry in history_of(campaign)],
        **_plan(campaign, mechanic),
    )


def _group_names(campaign: Campaign) -> str:
    names = list(campaign.groups.order_by("name", "id").values_list("name", flat=True)[: _GROUPS_SHOWN + 1])
    more = "…" if len(names) > _GROUPS_SHOWN else ""
    return f"{listed(names[:_GROUPS_SHOWN])}{more}"


def _plan(campaign: Campaign, mechanic: Any) -> dict[str, Any]:
    """Rules, gifts and economics; without them if what is stored cannot be read any more."""
    if mechanic is None:
        return {}
    try:
        rules = load_rules(mechanic, campaign.rules)
    except Invalid as error:
        return {"broken": str(error)}
    uses = list(campaign.benefits.select_related("benefit"))
    slots = mechanic.slots(rules)
    return {
        "rules": rules_in_words(rules),
        "gifts": [(slot, [use for use in uses if use.slot == slot.key]) for slot in slots],
        "economics": economics_of(
            mechanic=mechanic,
            rules=rules,
            gifts=[Gift(use.slot, use.benefit, use.quantity) for use in uses],
            entries=campaign.expected_entries,
            budget=campaign.budget,
            stock=campaign.stock,
        ),
    }


def _buttons(campaign: Campaign, user: User, checks: list[Check], now: Any) -> list[Button]:
    if not user.has_perm("campaigns.launch_campaign"):
        return []
    errors = [check for check in checks if check.is_error]
    found = []
    for action in CampaignAction:
        if campaign.state not in CAMPAIGN_ACTION_STATES[action]:
            continue
        is_blocked = bool(errors) and action in (CampaignAction.LAUNCH, CampaignAction.RESUME)
        found.append(
            Button(
                verb=action.value,
                label=str(action.label),
                style=_STYLES.get(action, "quiet"),
                consequences=campaign_consequences(campaign=campaign, action=action, now=now),
                asks_reason=action in _WITH_REASON,
                why_not=_("还有要改的地方，见下面的检查。") if is_blocked else "",
            )
        )
    return found


def _rows(campaign: Campaign) -> list[RunRow]:
    runs = list(campaign.runs.select_related("stock").order_by("-opens_at", "-id")[:_RUNS_SHOWN])
    tallies = tallies_of(runs)
    words = {
        RunState.OPEN: (_("还剩 %s"), _("马上结束")),
        RunState.PAUSED: (_("还剩 %s"), _("马上结束")),
        RunState.SCHEDULED: (_("%s 后开始"), _("马上开始")),
    }
    return [
        RunRow(
            run=run,
            url=run_url(run),
            clock=countdown(run, *words[RunState(run.state)]) if run.state in words else "",
            entries=tallies[run.pk].entries,
            won=tallies[run.pk].won,
        )
        for run in runs
    ]


def act_view(model_admin: ModelAdmin, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    return _act(request, visible_campaign(request, pk), verb)


@require_POST
def _act(request: HttpRequest, campaign: Campaign, verb: str) -> HttpResponse:
    about: dict[str, Any] = {"campaign": campaign, "actor": staff(request), "now": database_now()}
    reason = request.POST.get("reason", "").strip()[:300]
    calls: Mapping[str, tuple[Callable[[], Any], Any]] = {
        "launch": (lambda: launch(**about), _launched),
        "open_now": (
            lambda: open_now(**about),
            lambda run: _("第 %(number)d 期已经开始。") % {"number": run.number},
        ),
        "pause": (lambda: pause_campaign(**about, reason=reason), _("活动已暂停，不再开新的一期。")),
        "resume": (lambda: resume_campaign(**about, reason=reason), _("活动已恢复。")),
        "archive": (lambda: archive_campaign(**about, reason=reason), _("活动已归档。")),
        "clone": (lambda: clone_campaign(**about), _("已复制成一个新草稿，改好时间再上线。")),
    }
    if verb not in calls:
        raise Http404
    call, success = calls[verb]
    result = run_service(request, call, success=success)
    if verb == "clone" and result is not None:
        return redirect("admin:campaigns_campaign_edit", result.pk)
    if verb == "launch":
        for check in result or ():
            messages.warning(request, f"{check.text}{check.hint}")
    return redirect(campaign.get_absolute_url())


def _launched(_checks: list[Check]) -> str:
    return _("活动已上线，到点自动开期。")
