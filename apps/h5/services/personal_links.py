"""A link that logs one member in: signed, for a week at most, good once.

It is sent to one person in a chat, and chats pass things on and preview them. So opening it does nothing; the page
asks for the last four digits of the phone where there is one; five wrong answers end it; it is used up by the first
log-in; and its session lasts a week, not a month, and cannot bind a phone.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from apps.accounts.api.counters import Limit, counters
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import Run
from apps.core.errors import Invalid, NotAllowed
from apps.h5.services.logging_in import LoggedIn, log_in
from apps.members.enums import LoginWay
from apps.members.models import Member, MemberSession
from apps.members.services.sessions import may_open_for

MOST_DAYS = 7
SESSION_LIFETIME = timedelta(days=7)
TAIL = 4
MOST_GUESSES = 5
_SALT = "apps.h5.personal-link"
_LONGEST_TOKEN = 400


@dataclass(frozen=True)
class PersonalLink:
    """What a link says. ``run_id`` is where it leads, ``None``: home. ``nonce`` makes it one of a kind."""

    member: Member
    run_id: int | None
    expires_at: datetime
    nonce: str
    is_used: bool

    @property
    def asks_for_tail(self) -> bool:
        """Must the last four digits of the phone be given?"""
        return bool(self.member.phone)


def make_token(*, member_id: int, run_id: int | None, expires_at: datetime) -> str:
    """The signed part of a link: who, where to, until when, once."""
    payload = {
        "m": member_id,
        "r": run_id,
        "x": int(expires_at.timestamp()),
        "n": secrets.token_hex(8),
        "p": "login",
    }
    return signing.dumps(payload, salt=_SALT)


@transaction.atomic
def personal_link(
    *, member: Member, run: Run | None, actor: User, now: datetime, days: int = MOST_DAYS
) -> str:
    """The whole address, for staff to send to ``member`` alone; audited.

    Raises ``NotAllowed`` without the permission, or sight of the member or the run; ``Invalid`` for more than a week.
    """
    if not may_open_for(actor, member):
        raise NotAllowed(_("你没有为成员生成登录链接的权限。"), hint=_("需要时请联系社群架构师。"))
    if run is not None and not Run.objects.visible_to(actor).filter(pk=run.pk).exists():
        raise NotAllowed(_("你看不到这期活动。"), hint=_("请选你们团队的活动。"))
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_("有效期是 1 到 7 天。"), hint=_("到期后可以再生成一条。"), field="days")
    token = make_token(
        member_id=member.pk, run_id=run.pk if run else None, expires_at=now + timedelta(days=days)
    )
    audit(actor=actor, action="member.personal_link", target=member, run=run.pk if run else None, days=days)
    return settings.SITE_URL.rstrip("/") + reverse("h5:personal", args=[token])


def read_token(token: str, *, now: datetime) -> PersonalLink:
    """What the link says. Raises ``Invalid``, the same for one that is forged, expired or of nobody."""
    payload = _payload(token)
    member = Member.objects.filter(pk=payload["m"]).first() if payload else None
    if payload is None or member is None or payload["x"] <= now.timestamp():
        raise dead_link()
    until, nonce = datetime.fromtimestamp(payload["x"], UTC), payload["n"]
    return PersonalLink(member, payload["r"], until, nonce, _is_used(member.pk, nonce))


@transaction.atomic
def use_token(
    *, token: str, tail: str, visitor_token: str, consent_version: str, ip_hash: str, now: datetime
) -> tuple[LoggedIn, PersonalLink]:
    """Log the link's member in, once. Of any number of uses at the same time one goes through.

    Raises ``Invalid`` for a dead link, and for a wrong ``tail`` (last four digits of the phone).
    """
    link = read_token(token, now=now)
    if link.is_used:
        raise dead_link()
    if link.asks_for_tail:
        _check_tail(link, tail)
    # Locked: the next look for this link's session waits until ours is there.
    Member.objects.select_for_update(no_key=True).get(pk=link.member.pk)
    if _is_used(link.member.pk, link.nonce):
        raise dead_link()
    logged = log_in(
        member_id=link.member.pk,
        visitor_token=visitor_token,
        consent_version=consent_version,
        source=LoginWay.PERSONAL_LINK,
        ip_hash=ip_hash,
        now=now,
        proof=link.nonce,
        lifetime=SESSION_LIFETIME,
    )
    return logged, link


def _payload(token: str) -> dict[str, Any] | None:
    if len(token) > _LONGEST_TOKEN:
        return None
    try:
        payload = signing.loads(token, salt=_SALT, max_age=timedelta(days=MOST_DAYS))
    except (signing.BadSignature, ValueError):
        return None
    return payload if isinstance(payload, dict) and payload.get("p") == "login" else None


def _is_used(member_id: int, nonce: str) -> bool:
    label = f"{LoginWay.PERSONAL_LINK.value}:{nonce}"
    return MemberSession.objects.filter(member_id=member_id, label=label).exists()


def _check_tail(link: PersonalLink, tail: str) -> None:
    limit = Limit(f"h5:personal-link:{link.nonce}", MOST_GUESSES, MOST_DAYS * 24 * 3600)
    if counters().wait_for([limit]):
        raise dead_link()
    expected = (link.member.phone or "")[-TAIL:]
    typed = unicodedata.normalize("NFKC", tail[:20]).strip()
    if not constant_time_compare(expected, typed):
        raise Invalid(
            _("手机号后四位不对。"),
            hint=_("请填你在群里登记的手机号的后四位；如果这不是发给你的链接，请关掉它。"),
            field="tail",
        )


def dead_link() -> Invalid:
    """Used, expired, forged: the reader need not know which."""
    return Invalid(
        _("这条链接已经用过，或已失效。"),
        hint=_("可以用手机号登录，或请群管理员再发一条。"),
        code="dead_link",
    )
