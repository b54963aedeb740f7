"""Logging in: the one place where somebody who was proved becomes a member with a session (S2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.api.origin import digest
from apps.campaigns.models import Run
from apps.core.errors import Invalid
from apps.h5.models import Touch
from apps.h5.providers.wechat_oauth import WechatUser
from apps.h5.selectors.attribution import touches_of
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.consents import check_version, has_agreed, record_consent
from apps.h5.services.facts import came_by
from apps.h5.services.visits import adopt_visitor
from apps.members.enums import IdentityKind, LoginWay
from apps.members.models import Identity, Member
from apps.members.models.member import MemberTeam
from apps.members.services.facts import record_registered
from apps.members.services.sessions import open_session

_LONGEST_SOURCE = 60


@dataclass(frozen=True)
class LoggedIn:
    """``token`` goes into the member's cookie and is readable only here; ``is_new``: we did not know them before."""

    token: str = field(repr=False)
    member_id: int
    is_new: bool


@transaction.atomic
def log_in(
    *,
    phone: str = "",
    identity: WechatUser | None = None,
    member_id: int | None = None,
    visitor_token: str,
    consent_version: str,
    source: LoginWay,
    ip_hash: str,
    now: datetime,
    proof: str = "",
    lifetime: timedelta | None = None,
) -> LoggedIn:
    """Open a session for whoever was proved: the holder of ``phone`` (E.164), of a WeChat ``identity``, or
    ``member_id``; exactly one of them. Somebody new becomes a member.

    A new member's inviter and source are those of this browser's first touch, and the teams of the runs it saw may
    see them. ``consent_version`` is what the person has ticked; "" only for who has agreed already. ``proof`` names
    the single proof in the session's label. The browser's visits become theirs. Raises ``Invalid``.
    """
    if [bool(phone), identity is not None, member_id is not None].count(True) != 1:
        raise ValueError("exactly one of phone, identity and member_id")
    if consent_version:
        check_version(consent_version)
    member = _known(phone, identity, member_id)
    if not consent_version and (member is None or not has_agreed(member.pk)):
        check_version("")
    is_new = member is None
    if member is None:
        member, is_new = _created(phone, identity)
    if identity is not None:
        learn_identity(member, identity)
    if is_new:
        _remember_arrival(member, visitor_token, source, now)
    token = open_session(
        member=member,
        now=now,
        label=f"{source.value}:{proof}" if proof else source.value,
        ip_hash=ip_hash,
        device_hash=digest("device", visitor_token),
        lifetime=lifetime,
    )
    if consent_version:
        record_consent(member_id=member.pk, version=consent_version, source=source, ip_hash=ip_hash, now=now)
    adopt_visitor(token=visitor_token, member_id=member.pk, now=now)
    return LoggedIn(token, member.pk, is_new)


def member_of(identity: WechatUser) -> Member | None:
    """Whose WeChat account this is. The open id says it; the union id helps when it was met elsewhere first."""
    known = Identity.objects.filter(
        Q(kind=IdentityKind.WECHAT_OPENID, value=identity.openid)
        | Q(kind=IdentityKind.UNIONID, value=identity.unionid)
    ).select_related("member")
    found = {row.kind: row.member for row in known}
    return found.get(IdentityKind.WECHAT_OPENID.value) or found.get(IdentityKind.UNIONID.value)


def _known(phone: str, identity: WechatUser | None, member_id: int | None) -> Member | None:
    if identity is not None:
        return member_of(identity)
    if phone:
        return Member.objects.filter(phone=phone).first()
    member = Member.objects.filter(pk=member_id or 0).first()
    if member is None:
        raise Invalid(_("没有这位成员。"), hint=_("请用手机号登录。"), field="member")
    return member


def _created(phone: str, identity: WechatUser | None) -> tuple[Member, bool]:
    """Make the member; of two log-ins at the same time one makes it, and both are the same person."""
    try:
        with transaction.atomic():
            member = Member.objects.create(
                phone=phone or None, nickname=identity.nickname if identity else ""
            )
            if identity is not None:
                Identity.objects.create(member=member, kind=IdentityKind.WECHAT_OPENID, value=identity.openid)
            return member, True
    except IntegrityError:
        known = _known(phone, identity, None)
        if known is None:
            raise
        return known, False


def learn_identity(member: Member, identity: WechatUser) -> None:
    """Keep what WeChat told: ids that nobody has yet, and a name where there is none."""
    ids = {IdentityKind.WECHAT_OPENID: identity.openid, IdentityKind.UNIONID: identity.unionid}
    Identity.objects.bulk_create(
        [Identity(member=member, kind=kind, value=value) for kind, value in ids.items() if value],
        ignore_conflicts=True,
    )
    if identity.nickname and not member.nickname:
        Member.objects.filter(pk=member.pk, nickname="").update(nickname=identity.nickname)


def _remember_arrival(member: Member, visitor_token: str, way: LoginWay, now: datetime) -> None:
    """Who brought the new member and from where; and who may see them before any group does (S1)."""
    touches = touches_of(member_id=member.pk, token_hash=hash_of(visitor_token), now=now)
    first: Touch | None = touches.first()
    channel = first.channel if first is not None else ""
    Member.objects.filter(pk=member.pk).update(
        source=f"h5:{channel or 'direct'}"[:_LONGEST_SOURCE],
        inviter_id=first.inviter_id if first is not None else None,
    )
    runs = Run.objects.filter(pk__in=touches.values("run_id"))
    seen = {
        pk: (campaign, team) for pk, campaign, team in runs.values_list("pk", "campaign", "campaign__team")
    }
    MemberTeam.objects.bulk_create(
        [
            MemberTeam(member=member, team_id=team_id, is_granted=True)
            for team_id in sorted({team_id for _campaign, team_id in seen.values() if team_id is not None})
        ],
        ignore_conflicts=True,
    )
    campaign_id, team_id = seen[first.run_id] if first is not None else (None, None)
    came = came_by(first)
    where = {"run": first.run_id, "campaign": campaign_id} if first is not None else {}
    record_registered(
        member_id=member.pk,
        now=now,
        way=way.value,
        team_id=team_id,
        group_id=came.group_id,
        came={**where, **came.words()},
    )
