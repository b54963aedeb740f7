"""Campaigns on the home page: runs that begin or end soon, and what of them waits for a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.enums import GrantState, RunState
from apps.campaigns.models import Grant, Run
from apps.campaigns.selectors.low_stock import low_benefits
from apps.campaigns.selectors.staff_work import PERMISSION, count_work
from community_ops.home.cards import Card
from community_ops.home.links import link

_HOUR = timedelta(hours=1)
_ROWS = 8
_GRANT_STATES = (
    GrantState.UNKNOWN,
    GrantState.FAILED,
    GrantState.HELD,
    GrantState.UNFUNDED,
    GrantState.AWAITING_SHIPMENT,
)


@dataclass(frozen=True)
class RunDue:
    """A run that opens (or else ends) ``at``, in ``minutes`` from now; negative when late."""

    run: Run
    at: datetime
    opens: bool
    minutes: int


def runs_due(user: User, now: datetime) -> list[RunDue]:
    """What begins and what ends from a day ago (late) to an hour ahead, soonest first. One query on partial indexes."""
    if not user.has_perm("campaigns.view_run"):
        return []
    soon, late = now + _HOUR, now - 24 * _HOUR
    opens = Q(state=RunState.SCHEDULED, opens_at__gte=late, opens_at__lt=soon)
    ends = Q(state__in=[RunState.OPEN, RunState.PAUSED], closes_at__gte=late, closes_at__lt=soon)
    runs = Run.objects.visible_to(user).filter(opens | ends).select_related("campaign")
    found = []
    for run in runs.order_by("pk")[:100]:
        is_opening = run.state == RunState.SCHEDULED
        at = run.opens_at if is_opening else run.closes_at
        found.append(RunDue(run, at, is_opening, int((at - now).total_seconds() // 60)))
    return sorted(found, key=lambda due: due.at)[:_ROWS]


def campaign_cards(user: User) -> list[Card]:
    """Proofs and listings to review, gifts that do not go by themselves, stock that runs low: those there are."""
    cards = []
    if user.has_perm(PERMISSION):
        cards.append(
            Card(
                key="campaign_tasks",
                label=_("活动待处理"),
                count=count_work(user),
                url=link("campaigns_run_pending"),
                icon="fact_check",
                tone="warning",
                todo=_("审核截图和上架的物品，裁决争议。成员在等。"),
            )
        )
    cards += _grant_cards(user)
    if user.has_perm("campaigns.change_benefit"):
        low = low_benefits(user)
        cards.append(
            Card(
                key="low_stock",
                label=_("礼品快发完了"),
                count=len(low),
                url=link("campaigns_benefit_changelist", low="yes"),
                icon="inventory_2",
                tone="warning",
                todo=_("补库存或兑换码；发完以后成员会看到“礼品发完了”。"),
            )
        )
    return cards


def _grant_cards(user: User) -> list[Card]:
    may_fulfil, may_review = user.has_perm("campaigns.fulfil_grant"), user.has_perm("campaigns.review_flag")
    if not may_fulfil and not may_review:
        return []
    rows = Grant.objects.visible_to(user).filter(state__in=_GRANT_STATES).order_by().values_list("state")
    found = dict(rows.annotate(Count("pk")))
    words: list[tuple[GrantState, str, str, str, str, bool]] = [
        (
            GrantState.UNKNOWN,
            _("红包结果未知"),
            "help",
            "danger",
            _("到商户平台核对：已付就标记已发，没付就标记未发再重试。"),
            may_fulfil,
        ),
        (
            GrantState.FAILED,
            _("礼品发放失败"),
            "error",
            "danger",
            _("看原因，改好以后重试，或作废。"),
            may_fulfil,
        ),
        (
            GrantState.HELD,
            _("风控暂扣的礼品"),
            "gpp_maybe",
            "warning",
            _("看证据，放行或作废。成员在等答复。"),
            may_review,
        ),
        (
            GrantState.UNFUNDED,
            _("等预算的礼品"),
            "savings",
            "warning",
            _("在活动期里加预算，再补发。"),
            may_fulfil,
        ),
        (
            GrantState.AWAITING_SHIPMENT,
            _("等发货的礼品"),
            "local_shipping",
            "info",
            _("导出发货单给仓库，单号回来后导入。"),
            may_fulfil,
        ),
    ]
    return [
        Card(
            key=f"grants_{state.value}",
            label=label,
            count=found.get(state, 0),
            url=link("campaigns_grant_changelist", state__exact=state),
            icon=icon,
            tone=tone,
            todo=todo,
        )
        for state, label, icon, tone, todo, may in words
        if may
    ]
