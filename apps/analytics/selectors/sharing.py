"""What a shared link still opens."""

import hashlib
from datetime import datetime

from apps.analytics.models import SharedView
from apps.analytics.selectors.scope import Scope, scope_of


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
    if not sharer.has_perms(["analytics.share_dashboard", permission]):
        return False
    return _covers(scope_of(sharer), frozen_scope(view))


def frozen_scope(view: SharedView) -> Scope:
    """The scope that was shared."""
    return Scope(None if view.team_ids is None else frozenset(view.team_ids))


def _covers(whole: Scope, part: Scope) -> bool:
    if whole.team_ids is None:
        return True
    return part.team_ids is not None and part.team_ids <= whole.team_ids
