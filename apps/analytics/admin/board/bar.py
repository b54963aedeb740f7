"""The choices above a page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.accounts.models import Team
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.presets import CUSTOM, PRESETS
from apps.analytics.selectors.scope import scope_of
from apps.campaigns.models import Campaign, Run
from apps.groups.models import Group

if TYPE_CHECKING:
    from apps.analytics.admin.board.page import Page

#: A menu longer than this is no menu: narrow by team or campaign first.
_MENU = 300


@dataclass(frozen=True)
class Menu:
    """A choice of one thing: ``options`` as (value, words)."""

    name: str
    label: str
    all_words: str
    options: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Bar:
    """``presets`` as (key, words, query string, is chosen); ``kept`` are the page's own parameters."""

    presets: list[tuple[str, Any, str, bool]]
    menus: list[Menu]
    kept: dict[str, str]
    is_custom: bool
    has_period: bool


def bar_of(page: "Page", filters: Filters) -> Bar:
    """What can be chosen on ``page``: only teams, groups, campaigns and runs of the user."""
    plain = {"from": None, "to": None}
    presets = [
        (key, words, filters.query(preset=key, **plain), filters.preset == key)
        for key, (words, _range) in PRESETS.items()
    ]
    return Bar(
        presets=presets,
        # A shared page has no menus, and must not read what its sharer sees today.
        menus=[] if filters.is_shared else [_MENUS[name](filters) for name in page.filters if name in _MENUS],
        kept=dict(filters.more),
        is_custom=filters.preset == CUSTOM,
        has_period="period" in page.filters,
    )


def _menu(name: str, label: str, all_words: str, offered: Any, rows: Any, chosen: int | None) -> Menu:
    """``offered`` of all ``rows``, and what is chosen even where the menu is too short for it."""
    options = [(str(row.pk), str(row)) for row in offered[:_MENU]]
    value = "" if chosen is None else str(chosen)
    if value and value not in {key for key, _words in options}:
        options += [(value, str(row)) for row in rows.filter(pk=chosen)]
    return Menu(name, label, all_words, options, value)


def _teams(filters: Filters) -> Menu:
    scope = scope_of(filters.user)
    teams = Team.objects.order_by("name")
    if scope.team_ids is not None:
        teams = teams.filter(pk__in=scope.team_ids)
    return _menu("team", _("团队"), _("全部团队"), teams, teams, filters.team_id)


def _groups(filters: Filters) -> Menu:
    groups = Group.objects.visible_to(filters.user).order_by("name")
    offered = groups if filters.team_id is None else groups.filter(team_id=filters.team_id)
    return _menu("group", _("社群"), _("全部社群"), offered, groups, filters.group_id)


def _campaigns(filters: Filters) -> Menu:
    campaigns = Campaign.objects.visible_to(filters.user).order_by("-pk")
    offered = campaigns if filters.team_id is None else campaigns.filter(team_id=filters.team_id)
    return _menu("campaign", _("活动"), _("全部活动"), offered, campaigns, filters.campaign_id)


def _runs(filters: Filters) -> Menu:
    runs = Run.objects.visible_to(filters.user).select_related("campaign").order_by("-opens_at")
    offered = runs if filters.campaign_id is None else runs.filter(campaign_id=filters.campaign_id)
    return _menu("run", _("活动期"), _("全部期"), offered, runs, filters.run_id)


_MENUS = {"team": _teams, "group": _groups, "campaign": _campaigns, "run": _runs}
