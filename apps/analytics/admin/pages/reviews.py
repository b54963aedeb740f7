"""复盘: every review, and where to start one."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts.models import Team
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.review_tables import weakest_in_words
from apps.analytics.enums import ReviewKind
from apps.analytics.selectors.periods import day_of, month_before
from apps.analytics.selectors.reviews import reviews_of
from apps.analytics.selectors.scope import scope_of
from apps.campaigns.enums import RunState
from apps.campaigns.models import Campaign, Run
from apps.groups.models import Group

_MOST = 100
_MENU = 200


def build(filters: Filters) -> dict[str, Any]:
    user, kind = filters.user, filters.more.get("kind", "")
    reviews = reviews_of(user)
    if kind in ReviewKind.values:
        reviews = reviews.filter(kind=kind)
    if filters.team_id is not None:
        team = filters.team_id
        reviews = reviews.filter(
            Q(team=team) | Q(group__team=team) | Q(campaign__team=team) | Q(run__campaign__team=team)
        )
    if filters.run_id is not None:
        reviews = reviews.filter(run=filters.run_id)
    elif filters.campaign_id is not None:
        reviews = reviews.filter(Q(campaign=filters.campaign_id) | Q(run__campaign=filters.campaign_id))
    elif filters.group_id is not None:
        reviews = reviews.filter(group=filters.group_id)
    rows = [(review, *weakest_in_words(review)) for review in reviews[:_MOST]]
    last_month = month_before(day_of(filters.now))
    return {
        "tiles": [],
        "charts": {},
        "reviews": rows,
        "kinds": [
            ("", _("全部"), filters.query(kind=None), not kind),
            *((key, label, filters.query(kind=key), key == kind) for key, label in ReviewKind.choices),
        ],
        "may_add": user.has_perm("analytics.add_review"),
        **_choices(filters, last_month.first),
    }


def _choices(filters: Filters, month: date) -> dict[str, Any]:
    """What a review can be started of; ``chosen`` is what the address asks for."""
    user = filters.user
    runs = Run.objects.visible_to(user).exclude(state__in=[RunState.SCHEDULED, RunState.CANCELLED])
    scope = scope_of(user)
    teams = Team.objects.order_by("name")
    if scope.team_ids is not None:
        teams = teams.filter(pk__in=scope.team_ids)
    campaigns = Campaign.objects.visible_to(user).filter(runs__isnull=False).distinct()
    if filters.campaign_id is not None:
        runs = runs.filter(campaign_id=filters.campaign_id)
    return {
        "runs": [(run.pk, str(run)) for run in runs.select_related("campaign").order_by("-opens_at")[:_MENU]],
        "campaigns": [(one.pk, str(one)) for one in campaigns.order_by("-pk")[:_MENU]],
        "groups": [(one.pk, str(one)) for one in Group.objects.visible_to(user).order_by("name")[:_MENU]],
        "teams": [(one.pk, str(one)) for one in teams[:_MENU]],
        "may_review_house": scope.team_ids is None,
        "month": month,
        "chosen": {
            "run": filters.run_id,
            "campaign": filters.campaign_id,
            "group": filters.group_id,
            "is_any": bool(filters.run_id or filters.campaign_id or filters.group_id),
        },
    }


PAGE = Page(
    key="reviews",
    label=_lazy("复盘"),
    icon="history_edu",
    template="analytics/reviews.html",
    build=build,
    permission="analytics.view_review",
    filters=("team",),
    named=("group", "campaign", "run"),
    can_share=False,
    order=93,
    help=_lazy("一次活动、一个群、一个月：结果怎样，最弱的是哪一环，接下来做什么。"),
)
