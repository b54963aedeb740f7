"""What a shared link still opens."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.accounts.models import User
from apps.analytics.models import SharedView
from apps.analytics.selectors.scope import Scope, scope_of

_SHARE, _ALL_TEAMS = "analytics.share_dashboard", "accounts.view_all_teams"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def working_share(token: str, *, now: datetime) -> SharedView | None:
    """The link's row with its sharer, if it is known, not over and not taken back. See :func:`has_rights` too."""
    return (
        SharedView.objects.select_related("sharer")
        .filter(
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            revoked_at=None,
            expires_at__gt=now,
        )
        .first()
    )


def has_rights(view: SharedView, permission: str) -> bool:
    """Whether the sharer still has all that was shared."""
    sharer = view.sharer
    if not sharer.is_active or not sharer.is_staff:
        return False
    if not sharer.has_perms([_SHARE, permission]):
        return False
    return _covers(scope_of(sharer), frozen_scope(view))


def with_rights(views: Sequence[SharedView], permissions: Mapping[str, str]) -> set[int]:
    """The ids of those ``views`` whose sharer still has all that was shared, as :func:`has_rights` says of one.

    ``permissions`` are those of the pages. Queries: one for each permission, one for the teams, however many views.
    """
    sharers = {view.sharer_id for view in views}
    asked = {permissions[view.page] for view in views if view.page in permissions}
    able = {
        permission: set(
            User.objects.with_perm(permission, backend=_BACKEND)
            .filter(pk__in=sharers, is_staff=True)
            .values_list("pk", flat=True)
        )
        for permission in sorted({*asked, _SHARE, _ALL_TEAMS})
    }
    teams: dict[int, set[int]] = {}
    of_sharers = User.teams.through.objects.filter(user__in=sharers)
    for user_id, team_id in of_sharers.values_list("user_id", "team_id"):
        teams.setdefault(user_id, set()).add(team_id)

    def may(view: SharedView) -> bool:
        if view.page not in permissions:
            return False
        if not (view.sharer_id in able[_SHARE] and view.sharer_id in able[permissions[view.page]]):
            return False
        whole = None if view.sharer_id in able[_ALL_TEAMS] else frozenset(teams.get(view.sharer_id, ()))
        return _covers(Scope(whole), frozen_scope(view))

    return {view.pk for view in views if may(view)}


def frozen_scope(view: SharedView) -> Scope:
    """The scope that was shared."""
    return Scope(None if view.team_ids is None else frozenset(view.team_ids))


def _covers(whole: Scope, part: Scope) -> bool:
    if whole.team_ids is None:
        return True
    return part.team_ids is not None and part.team_ids <= whole.team_ids
