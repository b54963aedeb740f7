"""Keys for systems that bring facts: made, shown once, recognised, revoked."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.events.models import EventSource
from apps.events.schemas.registry import outside_kinds

_SEEN_EVERY = timedelta(minutes=1)
_PREFIX = "qc"


@transaction.atomic
def create_source(
    *,
    name: str,
    team: Team | None,
    kinds: Sequence[str],
    actor: User,
    now: datetime,
    per_minute: int = 120,
) -> tuple[EventSource, str]:
    """A new source and its key, which is readable only here. Audited.

    Raises ``NotAllowed`` without the permission or for somebody else's team, ``Invalid`` for no name or a kind that
    may not come from outside.
    """
    if not actor.has_perm("events.add_eventsource") or not _may_use(actor, team):
        raise NotAllowed(_("你不能为这个团队新建事件来源。"), hint=_("请联系社群架构师。"))
    if not name.strip():
        raise Invalid(_("请填写名称。"), hint=_("写明是哪个系统。"), field="name")
    wanted = sorted(set(kinds))
    if not wanted or set(wanted) - set(outside_kinds()):
        raise Invalid(_("请选择这个来源可以写的事件。"), hint=_("至少选一种。"), field="kinds")
    name_in_key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    source = EventSource.objects.create(
        name=name.strip()[:60],
        team=team,
        kinds=wanted,
        per_minute=per_minute,
        name_in_key=name_in_key,
        key_hash=_hash(secret),
        created_by=actor,
        created_at=now,
    )
    audit(actor=actor, action="event_source.create", target=source, kinds=wanted)
    return source, f"{_PREFIX}_{name_in_key}_{secret}"


@transaction.atomic
def revoke_source(*, source: EventSource, actor: User, now: datetime) -> EventSource:
    """Its key opens nothing any more; what it brought stays. Raises ``NotAllowed``, ``WrongState``."""
    is_seen = EventSource.objects.visible_to(actor).filter(pk=source.pk).exists()
    if not actor.has_perm("events.change_eventsource") or not is_seen:
        raise NotAllowed(_("你不能停用这个事件来源。"), hint=_("请联系社群架构师。"))
    if not EventSource.objects.filter(pk=source.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise WrongState(_("这个事件来源已经停用了。"))
    audit(actor=actor, action="event_source.revoke", target=source)
    source.refresh_from_db()
    return source


def source_of(key: str, *, now: datetime) -> EventSource | None:
    """Whose key this is; ``None`` for a wrong or revoked one. Notes about once a minute that it was used."""
    prefix, _one, rest = key.partition("_")
    name_in_key, _two, secret = rest.partition("_")
    found = (
        EventSource.objects.select_related("team").filter(name_in_key=name_in_key).first()
        if prefix == _PREFIX and len(name_in_key) == 12 and name_in_key.isalnum() and name_in_key.isascii()
        else None
    )
    # As long for a name that is nobody's: time tells nothing.
    is_right = hmac.compare_digest(_hash(secret), found.key_hash if found else "0" * 64)
    if found is None or not is_right or found.revoked_at is not None:
        return None
    if found.last_used_at is None or found.last_used_at < now - _SEEN_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _SEEN_EVERY)
        EventSource.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return found


def _may_use(actor: User, team: Team | None) -> bool:
    if actor.has_perm("accounts.view_all_teams"):
        return True
    return team is not None and actor.teams.filter(pk=team.pk).exists()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
