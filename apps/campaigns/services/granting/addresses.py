"""收货地址: given by the member, kept encrypted, shown in full only with permission, a reason and an audit row (M3)."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GRANT_MOVES, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Grant
from apps.campaigns.services.risk.parcels import watch_address
from apps.core.errors import Invalid, NotAllowed, Text
from apps.core.models import move
from apps.core.phones import canonical_phone, mask_phone
from apps.members.services.personal_data import REVEAL

_NOISE = re.compile(r"[\s,，.。、;；:：()（）\-—_#]+")
_OPEN = {GrantState.AWAITING_ADDRESS, GrantState.AWAITING_SHIPMENT}


@dataclass(frozen=True)
class Address:
    """Who gets the parcel. ``phone`` is E.164."""

    name: str
    phone: str
    address: str

    @property
    def masked(self) -> str:
        """As lists show it: ``李* 138****8000 浙江省杭州…``."""
        return f"{self.name[:1]}* {mask_phone(self.phone)} {self.address[:6]}…"


def fill_address(
    *, grant: Grant, member_id: int, name: str, phone: str, address: str, now: datetime
) -> Grant:
    """The grant's own member says where it goes; may be corrected until it is shipped.

    Raises ``Refused`` with ``not_yours``, ``Invalid`` naming the field, ``WrongState`` once it is on its way.
    """
    if grant.member_id != member_id:
        raise Refused(_("这不是你的礼品。"), hint=_("到“我的礼品”里找找。"), code="not_yours")
    where = Address(
        name=_text(name, "name", _("请填收件人。"), most=40),
        phone=canonical_phone(phone),
        address=_text(address, "address", _("请填详细地址。"), most=200, least=6),
    )
    locked = _store(grant, where, now)
    # In transactions of its own: it locks other members' entries, in the house's order (C13).
    watch_address(grant_id=locked.pk, run_id=locked.run_id, now=now)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def _store(grant: Grant, where: Address, now: datetime) -> Grant:
    locked = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    changes = {
        "address": json.dumps([where.name, where.phone, where.address], ensure_ascii=False),
        "address_hash": address_digest(where.address),
    }
    if locked.state == GrantState.AWAITING_SHIPMENT:
        Grant.objects.filter(pk=locked.pk).update(**changes, updated_at=now)
    else:
        table = {GrantState.AWAITING_ADDRESS: GRANT_MOVES[GrantState.AWAITING_ADDRESS]}
        move(locked, GrantState.AWAITING_SHIPMENT, table=table, **changes)
    return locked


@transaction.atomic
def reveal_address(*, grant: Grant, actor: User, reason: str) -> Address:
    """The address in full, audited. Raises ``NotAllowed`` without permission or sight of the grant, ``Invalid``
    without a reason or where there is no address."""
    if not actor.has_perm(REVEAL) or not Grant.objects.visible_to(actor).filter(pk=grant.pk).exists():
        raise NotAllowed(_("你没有查看完整地址的权限。"), hint=_("需要时请联系社群架构师。"))
    if not reason.strip():
        raise Invalid(_("请写明用途。"), hint=_("它会记入审计。"), field="reason")
    found = address_of(grant)
    if found is None:
        raise Invalid(_("还没有收货地址。"), hint=_("请成员在礼品页面填写。"))
    audit(actor=actor, action="grant.reveal_address", target=grant, reason=reason[:500])
    return found


def address_of(grant: Grant) -> Address | None:
    """The address, for callers that may see it; ``None`` if there is none or it cannot be decrypted."""
    if not grant.address:
        return None
    try:
        return Address(*json.loads(grant.address))
    except (ValueError, TypeError):
        return None


def address_digest(address: str) -> str:
    """16 hex digits of the house, the same for all ways of writing it; salted, so that it cannot be looked up."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", address)).lower()
    salted = f"address:{settings.SECRET_KEY}:{plain}"
    return hashlib.sha256(salted.encode()).hexdigest()[:16]


def _text(text: str, field: str, problem: Text, *, most: int, least: int = 1) -> str:
    plain = " ".join(text.split())
    if not least <= len(plain) <= most:
        hint = _("%(least)d 到 %(most)d 个字。") % {"least": least, "most": most}
        raise Invalid(problem, hint=hint, field=field)
    return plain
