"""Keys for machines that read figures: made, shown once, recognised, revoked."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.analytics.models import ReportKey
from apps.core.errors import Invalid, NotAllowed, WrongState

_SEEN_EVERY = timedelta(minutes=1)
_PREFIX = "qr"


@transaction.atomic
def create_key(*, name: str, team: Team | None, actor: User, now: datetime) -> tuple[ReportKey, str]:
    """A new key, readable only here. Audited.

    Raises ``NotAllowed`` without the permission or for somebody else's team, ``Invalid`` for no name.
    """
    sees_all = actor.has_perm("accounts.view_all_teams")
    is_own = team is not None and actor.teams.filter(pk=team.pk).exists()
    if not actor.has_perm("analytics.add_reportkey") or not (sees_all or is_own):
        raise NotAllowed(_("你不能为这个团队新建取数密钥。"), hint=_("请联系社群架构师。"))
    if not name.strip():
        raise Invalid(_("请填写名称。"), hint=_("写明谁用它。"), field="name")
    name_in_key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ReportKey.objects.create(
        name=name.strip()[:60],
        team=team,
        name_in_key=name_in_key,
        key_hash=_hash(secret),
        created_by=actor,
        created_at=now,
    )
    audit(actor=actor, action="report_key.create", target=key)
    return key, f"{_PREFIX}_{name_in_key}_{secret}"


@transaction.atomic
def revoke_key(*, key: ReportKey, actor: User, now: datetime) -> ReportKey:
    """It opens nothing any more. Audited. Raises ``NotAllowed``, ``WrongState``."""
    is_seen = ReportKey.objects.visible_to(actor).filter(pk=key.pk).exists()
    if not actor.has_perm("analytics.change_reportkey") or not is_seen:
        raise NotAllowed(_("你不能停用这个取数密钥。"), hint=_("请联系社群架构师。"))
    if not ReportKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise WrongState(_("这个取数密钥已经停用了。"))
    audit(actor=actor, action="report_key.revoke", target=key)
    key.refresh_from_db()
    return key


def key_of(text: str, *, now: datetime) -> ReportKey | None:
    """Whose key this is; ``None`` for a wrong or revoked one. Notes about once a minute that it was used."""
    prefix, _one, rest = text.partition("_")
    name_in_key, _two, secret = rest.partition("_")
    is_shaped = (
        prefix == _PREFIX and len(name_in_key) == 12 and name_in_key.isascii() and name_in_key.isalnum()
    )
    found = ReportKey.objects.filter(name_in_key=name_in_key).first() if is_shaped else None
    # As long for a name that is nobody's: time tells nothing.
    is_right = hmac.compare_digest(_hash(secret), found.key_hash if found else "0" * 64)
    if found is None or not is_right or found.revoked_at is not None:
        return None
    if found.last_used_at is None or found.last_used_at < now - _SEEN_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _SEEN_EVERY)
        ReportKey.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
