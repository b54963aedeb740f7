"""Showing and exporting personal data: permission, a reason, an audit row (M3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed
from apps.core.phones import mask_digits
from apps.members.models import Member

REVEAL = "members.reveal_personal_data"
EXPORT = "members.export_personal_data"
_CHUNK = 2_000


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """What was asked for, to be shown once and not kept."""

    phone: str
    identities: list[tuple[str, str]]  # (kind, value)


@transaction.atomic
def reveal(*, member: Member, actor: User, reason: str) -> PersonalData:
    """The member's phone and accounts in full. Raises ``NotAllowed`` without permission or sight of the
    member, ``Invalid`` without a reason."""
    if not actor.has_perm(REVEAL) or not Member.objects.visible_to(actor).filter(pk=member.pk).exists():
        raise NotAllowed(_("你没有查看完整个人信息的权限。"), hint=_("需要时请联系社群架构师。"))
    _require_reason(reason)
    audit(actor=actor, action="member.reveal", target=member, reason=reason[:500])
    return PersonalData(
        phone=member.phone or "",
        identities=[(identity.get_kind_display(), identity.value) for identity in member.identities.all()],
    )


@transaction.atomic
def start_export(
    *, members: QuerySet[Member], actor: User, full: bool, reason: str, count: int
) -> Iterator[list[Any]]:
    """Audit an export and return its rows, read in pages by key as they are consumed.

    Masked unless ``full``, which needs permission and a reason. ``members`` must be narrowed to what the actor
    may see; ``count`` is what the person was told and goes into the audit.
    """
    if full:
        if not actor.has_perm(EXPORT):
            raise NotAllowed(_("你没有导出完整个人信息的权限。"), hint=_("可以导出打码的。"))
        _require_reason(reason)
    audit(actor=actor, action="member.export", reason=reason[:500], full=full, count=count)
    return _rows(members, full=full)


def _rows(members: QuerySet[Member], *, full: bool) -> Iterator[list[Any]]:
    query = members.order_by("pk").select_related("tier", "inviter").prefetch_related("tags", "identities")
    after = 0
    while page := list(query.filter(pk__gt=after)[:_CHUNK]):
        for member in page:
            yield _row(member, full=full)
        after = page[-1].pk


def _row(member: Member, *, full: bool) -> list[Any]:
    wechat = next((i.value for i in member.identities.all() if i.kind == "wechat"), "")
    inviter = member.inviter
    return [
        member.nickname,
        (member.phone or "") if full else member.masked_phone,
        member.get_gender_display(),
        member.born_on if full else "",
        member.city,
        member.source,
        "、".join(tag.name for tag in member.tags.all()),
        member.tier.name if member.tier else "",
        member.points_balance,
        member.total_spent,
        member.joined_at,
        ((inviter.phone or "") if full else inviter.masked_phone) if inviter else "",
        wechat if full else mask_digits(wechat),
        member.note,
    ]


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(_("请写明用途。"), hint=_("它会记入审计。"), field="reason")
