"""Coupons used and returned, as events."""

from datetime import datetime
from decimal import Decimal

from apps.accounts.models import User
from apps.campaigns.models import Coupon
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record


def record_coupon(
    coupon: Coupon, kind: EventKind, *, value: Decimal, actor: User | None, now: datetime
) -> None:
    """``value`` is what was saved (negative for a return). A coupon may be used again after a return, so the key
    has the time."""
    grant = coupon.grant
    data = {"benefit": coupon.benefit_id, "order_amount": str(coupon.order_amount or 0)}
    if grant is not None:
        data |= {"run": grant.run_id, "campaign": grant.run.campaign_id, "entry": grant.entry_id}
    record(
        [
            Event(
                occurred_at=now,
                kind=kind,
                key=f"{kind}:{coupon.pk}:{now.isoformat()}",
                team_id=coupon.benefit.team_id,
                actor=actor,
                member_id=coupon.member_id,
                subject=f"coupon:{coupon.pk}",
                value=value,
                data=data,
            )
        ]
    )
