"""Keeping pages and sharing them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.analytics.models import SavedView, SharedView
from apps.analytics.selectors.scope import Scope, scope_of
from apps.core.errors import Invalid, NotAllowed

#: How long a link may live, in days.
LIFETIMES = (1, 7, 30, 90)
_MAX_QUERY = 1000
_MAX_KEPT = 60
_SHARED_AT_MOST = 200  # links of one person that work


def hash_of(token: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def save_view(*, actor: User, page: str, name: str, query: str, team_id: int | None = None) -> SavedView:
    """Keep a page's address under a name. A view of the same name on the page is replaced.

    Raises ``Invalid`` for an empty name or a too long query, ``NotAllowed`` for a team that is not the actor's.
    """
    name = " ".join(name.replace("\0", "").split())[:60]
    if not name:
        raise Invalid(_("视图还没有名称。"), hint=_("起一个名称，例如“华东近 30 天”。"), field="name")
    if len(query) > _MAX_QUERY:
        raise Invalid(_("筛选条件太长，保存不了。"), hint=_("去掉几个条件再保存。"))
    team = None
    if team_id is not None:
        scope = scope_of(actor)
        if scope.team_ids is not None and team_id not in scope.team_ids:
            raise NotAllowed(_("你不在这个团队里。"), hint=_("换一个团队，或者只给自己保存。"))
        team = Team.objects.filter(pk=team_id).first()
        if team is None:
            raise Invalid(_("没有找到这个团队。"), hint=_("换一个团队，或者只给自己保存。"), field="team")
    try:
        with transaction.atomic():
            view, _created = SavedView.objects.update_or_create(
                owner=actor,
                page=page,
                name=name,
                defaults={"query": query.replace("\0", ""), "team": team},
            )
    except IntegrityError as error:  # two clicks at once
        raise Invalid(_("这个页面已经有同名的视图。"), hint=_("换一个名称。"), field="name") from error
    return view


def note_export(*, actor: User, page: str, what: str, query: str, count: int) -> None:
    """Audit that ``count`` rows of ``what`` (a chart or a metric of ``page``) left the house as a file.

    ``query`` says which: people's own words (a search) are not kept.
    """
    kept = {name: value[:_MAX_KEPT] for name, value in parse_qsl(query) if name not in ("q", "before")}
    audit(actor=actor, action="dashboard.export", page=page, what=what, count=count, choice=kept)


@transaction.atomic
def delete_view(*, actor: User, view_id: int) -> None:
    """Forget one of the actor's own views. Raises ``NotAllowed`` for another's, which looks as if there were none."""
    deleted, _rows = SavedView.objects.filter(pk=view_id, owner=actor).delete()
    if not deleted:
        raise NotAllowed(_("没有找到这个视图，或者它是别人保存的。"), hint=_("只能删除自己保存的视图。"))


@transaction.atomic
def share_page(
    *, actor: User, page: str, query: str, days: int, now: datetime, scope: Scope
) -> tuple[SharedView, str]:
    """Make a link to a page as the actor sees it; returns the row and the secret, which is nowhere kept.

    Raises ``NotAllowed`` without the right to share, ``Invalid`` for an odd lifetime or too many links.
    """
    if not actor.has_perm("analytics.share_dashboard"):
        raise NotAllowed(_("你不能分享分析页面。"), hint=_("请社群架构师分享，或给你这个权限。"))
    if days not in LIFETIMES:
        raise Invalid(_("有效期不对。"), hint=_("从列表里选一个有效期。"), field="days")
    if len(query) > _MAX_QUERY:
        raise Invalid(_("筛选条件太长，分享不了。"), hint=_("去掉几个条件再分享。"))
    working = SharedView.objects.filter(sharer=actor, revoked_at=None, expires_at__gt=now).count()
    if working >= _SHARED_AT_MOST:
        raise Invalid(_("有效的分享链接太多了。"), hint=_("先收回不用的链接。"))
    token = secrets.token_urlsafe(32)
    view = SharedView.objects.create(
        token_hash=hash_of(token),
        page=page,
        query=query.replace("\0", ""),
        team_ids=scope.teams,
        sharer=actor,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit(actor=actor, action="dashboard.share", target=view, page=page, days=days)
    return view, token


@transaction.atomic
def revoke_share(*, actor: User, view_id: int, now: datetime) -> None:
    """Take a link back; idempotent. One's own, or with the right to change links anybody's; else ``NotAllowed``."""
    view = SharedView.objects.visible_to(actor).filter(pk=view_id).first()
    if view is None or (view.sharer_id != actor.pk and not actor.has_perm("analytics.change_sharedview")):
        raise NotAllowed(_("没有找到这个分享链接。"), hint=_("刷新页面看看。"))
    if SharedView.objects.filter(pk=view.pk, revoked_at=None).update(revoked_at=now):
        audit(actor=actor, action="dashboard.unshare", target=view)


def count_view(*, view: SharedView, now: datetime) -> None:
    """One more look at a link."""
    SharedView.objects.filter(pk=view.pk).update(views=F("views") + 1, viewed_at=now)
