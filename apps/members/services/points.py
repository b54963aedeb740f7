"""Changing a balance by hand (M4)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid
from apps.members.enums import PointsReason
from apps.members.models import Member, PointsEntry

_MOST = 1_000_000_000


@transaction.atomic
def adjust_points(
    *, member: Member, delta: int, actor: User | None, now: datetime, reason: str, key: str
) -> PointsEntry:
    """Add ``delta`` points (may be negative) with a ledger entry and an audit row.

    ``key`` makes a repeated submission one change: the second returns the first's entry. Raises ``Invalid``
    for no change, no reason, or a balance that would fall below zero (M4).
    """
    if delta == 0 or abs(delta) > _MOST:
        raise Invalid(_("请填要增加或减少的积分。"), hint=_("减少时写负数，例如 -100。"), field="delta")
    if not reason.strip():
        raise Invalid(_("请写明原因。"), hint=_("它会出现在积分流水和审计里。"), field="reason")
    full_key = f"adjust:{member.pk}:{key}"[:120]
    # The update comes first: it locks the row, so that two submissions stand in line.
    updated = Member.objects.filter(
        pk=member.pk, points_balance__gte=max(0, -delta), points_balance__lte=2_147_483_647 - max(0, delta)
    ).update(points_balance=F("points_balance") + delta, updated_at=now)
    if earlier := PointsEntry.objects.filter(key=full_key).first():
        transaction.set_rollback(True)
        return earlier
    if not updated:
        member.refresh_from_db(fields=["points_balance"])
        raise Invalid(
            _("积分不够：现有 %(balance)d 分。") % {"balance": member.points_balance},
            hint=_("最多可减到 0。"),
            field="delta",
        )
    entry = PointsEntry.objects.create(
        member=member, delta=delta, reason=PointsReason.ADJUST, key=full_key, note=reason[:200], at=now
    )
    audit(actor=actor, action="member.adjust_points", target=member, reason=reason[:500], delta=delta)
    member.refresh_from_db(fields=["points_balance", "updated_at"])
    return entry
