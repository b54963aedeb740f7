"""What stands beside the choices of a page: saved views, saving, sharing, printing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.models import Team
from apps.analytics.admin.board.filters import Filters
from apps.analytics.models import SavedView
from apps.analytics.selectors.scope import scope_of
from apps.analytics.services.views import LIFETIMES

if TYPE_CHECKING:
    from apps.analytics.admin.board.page import Page

_VIEWS = 30


@dataclass(frozen=True)
class Tools:
    """``saved`` are views of this page that the user may open; ``lifetimes`` is empty where nothing may be shared."""

    saved: list[SavedView]
    teams: list[Team]
    lifetimes: tuple[int, ...]
    query: str


def tools_of(page: "Page", filters: Filters) -> Tools:
    user, scope = filters.user, scope_of(filters.user)
    teams = Team.objects.order_by("name")
    mine = Q(owner=user) | Q(team__in=user.teams.all())
    return Tools(
        saved=list(SavedView.objects.filter(mine, page=page.key).distinct().order_by("name")[:_VIEWS]),
        teams=list(teams if scope.team_ids is None else teams.filter(pk__in=scope.team_ids)),
        lifetimes=LIFETIMES if page.can_share and user.has_perm("analytics.share_dashboard") else (),
        query=filters.query(),
    )
