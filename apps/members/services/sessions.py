"""Opening and closing members' sessions. Who may have one is asked here, once; the token is the proof after that."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed
from apps.members.models import Member, MemberSession

OPEN_FOR_OTHERS = "members.open_session"
LIFETIME = timedelta(days=30)
#: A token that staff make to try a campaign as a member does not outlive the day.
STAFF_LIFETIME = timedelta(hours=12)
#: How coarse ``last_seen_at`` is: one write an hour, not one a request.
SEEN_EVERY = timedelta(hours=1)
#: Asked before every act of every member: plain, since building it anew costs more than running it.
_SEEN = """
SELECT id, member_id, last_seen_at, COALESCE(%s::timestamptz, clock_timestamp())
FROM members_membersession
WHERE token_hash = %s AND revoked_at IS NULL
  AND expires_at > COALESCE(%s::timestamptz, clock_timestamp())"""
_RANDOM_BYTES = 32
_LONGEST_TOKEN = 128


@dataclass(frozen=True)
class Seen:
    """A session that was shown: whose it is, and when by the clock that judged it."""

    session_id: int
    member_id: int
    at: datetime


def hash_of(token: str) -> str:
    """SHA-256 in hex: the token has 256 random bits, so a fast digest cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def open_session(
    *,
    member: Member,
    now: datetime,
    label: str,
    actor: User | None = None,
    is_trial: bool = False,
    ip_hash: str = "",
    device_hash: str = "",
    lifetime: timedelta | None = None,
) -> str:
    """Make a session and return its token, which nobody can read again.

    With ``actor`` (staff) it is a trial, and needs the permission and sight of the member: else ``NotAllowed``.
    Without one the caller has already proved who the member is. A trial is short-lived and audited. ``lifetime``
    shortens a member's own session.
    ``Invalid`` when the member is gone.
    """
    if actor is not None and not may_open_for(actor, member):
        raise NotAllowed(_("你没有为成员生成令牌的权限。"), hint=_("需要时请联系社群架构师。"))
    is_trial = is_trial or actor is not None
    # Locked, so that a member who is being erased in another transaction gets none.
    if not Member.objects.select_for_update(no_key=True).filter(pk=member.pk).exists():
        raise Invalid(_("没有这位成员。"), hint=_("可能已被删除，刷新列表看看。"), field="member")
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    session = MemberSession.objects.create(
        member=member,
        token_hash=hash_of(token),
        label=label[:60],
        opened_by=actor,
        created_at=now,
        last_seen_at=now,
        expires_at=now + (STAFF_LIFETIME if is_trial else min(lifetime or LIFETIME, LIFETIME)),
        ip_hash=ip_hash,
        device_hash=device_hash,
    )
    if is_trial:
        audit(actor=actor, action="member.open_session", target=member, session=session.pk)
    return token


def may_open_for(actor: User, member: Member) -> bool:
    """Has ``actor`` the permission, and sight of ``member`` (S1)?"""
    return actor.has_perm(OPEN_FOR_OTHERS) and Member.objects.visible_to(actor).filter(pk=member.pk).exists()


def session_of(token: str, now: datetime | None = None) -> Seen | None:
    """Whose token this is; ``None`` for a forged, expired or revoked one. Fails closed.

    Without ``now`` the database's clock judges. One indexed query brings both, so that a request learns who
    and when at once; at most once an hour a second one notes that the session was used.
    """
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [now, hash_of(token), now])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, member_id, last_seen_at, at = row
    if last_seen_at is None or at - last_seen_at >= SEEN_EVERY:
        unseen = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=at - SEEN_EVERY)
        MemberSession.objects.filter(unseen, pk=pk).update(last_seen_at=at)
    return Seen(pk, member_id, at)


def close_session(*, session_id: int, now: datetime) -> bool:
    """Revoke one session; false when it was closed already. The member's own log-out."""
    return bool(MemberSession.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=now))


@transaction.atomic
def close_all_sessions(*, member: Member, actor: User | None, now: datetime, reason: str = "") -> int:
    """Revoke every session of ``member`` (lost phone, erasure); returns how many. Audited when somebody asks.

    Raises ``NotAllowed`` for staff without permission or sight.
    """
    if actor is not None and not may_open_for(actor, member):
        raise NotAllowed(_("你没有撤销成员令牌的权限。"), hint=_("需要时请联系社群架构师。"))
    closed = MemberSession.objects.filter(member=member, revoked_at__isnull=True).update(revoked_at=now)
    if actor is not None:
        audit(actor=actor, action="member.close_sessions", target=member, reason=reason[:500], closed=closed)
    return closed
