"""What an order's changes write elsewhere: events, and what a member has spent. The member's row comes last."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from apps.accounts.models import User
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.members.enums import Lifecycle
from apps.members.models import Member
from apps.orders.models import Order

#: Buying makes a 潜在 member a 新客, and brings everybody who was not loyal yet back to life.
_AFTER_A_PURCHASE = Case(
    When(lifecycle=Lifecycle.PROSPECT, then=Value(Lifecycle.NEW.value)),
    When(
        lifecycle__in=[Lifecycle.NEW, Lifecycle.DORMANT, Lifecycle.LOST], then=Value(Lifecycle.ACTIVE.value)
    ),
    default=F("lifecycle"),
)


def order_event(
    order: Order, kind: EventKind, *, key: str, value: Decimal, at: datetime, actor: User | None = None
) -> Event:
    """The fact in the form of the log; ``value`` in yuan."""
    return Event(
        occurred_at=at,
        kind=kind,
        key=key,
        team_id=order.team_id,
        actor=actor,
        group_id=order.group_id,
        member_id=order.member_id,
        subject=f"order:{order.pk}",
        value=value,
        data={"purpose": order.purpose, **order.facts} if order.purpose else dict(order.facts),
    )


def paid_events(
    order: Order, *, key: str, value: Decimal, at: datetime, actor: User | None = None
) -> list[Event]:
    """``order.paid``, and ``order.cost`` where the order has one: what the pieces cost us, once it is sold."""
    events = [order_event(order, EventKind.ORDER_PAID, key=key, value=value, at=at, actor=actor)]
    if order.cost:
        kind = EventKind.ORDER_COST
        events.append(
            order_event(order, kind, key=f"{kind}:{order.pk}", value=order.cost, at=at, actor=actor)
        )
    return events


def refund_events(
    order: Order,
    *,
    key: str,
    kept_before: Decimal,
    returned: Decimal,
    at: datetime,
    actor: User | None = None,
) -> list[Event]:
    """``order.refunded`` over ``returned`` yuan, and the cost's like share as a negative ``order.cost``.

    ``kept_before`` is what we still had of the order's price. The shares of several refunds add up to the cost,
    whatever they were rounded to.
    """
    kind = EventKind.ORDER_REFUNDED
    events = [order_event(order, kind, key=f"{kind}:{key}", value=returned, at=at, actor=actor)]
    back = cost_of(order, kept_before) - cost_of(order, kept_before - returned)
    if back:
        kind = EventKind.ORDER_COST
        events.append(order_event(order, kind, key=f"{kind}:back:{key}", value=-back, at=at, actor=actor))
    return events


def cost_of(order: Order, kept: Decimal) -> Decimal:
    """The share of the cost that stands against ``kept`` yuan of the order's price."""
    if not order.amount:
        return Decimal(0)
    share = min(max(kept, Decimal(0)), order.amount) / order.amount
    return (order.cost * share).quantize(Decimal("0.01"))


def add_spent(order: Order, amount: Decimal, *, now: datetime) -> None:
    """The member has spent ``amount`` more, and moves on in life."""
    Member.objects.filter(pk=order.member_id).update(
        total_spent=F("total_spent") + amount, lifecycle=_AFTER_A_PURCHASE, updated_at=now
    )


def take_spent_back(order: Order, amount: Decimal, *, now: datetime) -> None:
    """The member has spent ``amount`` less; an imported total may be smaller than that, so it stops at zero."""
    Member.objects.filter(pk=order.member_id).update(
        total_spent=Greatest(F("total_spent") - amount, Value(Decimal(0))), updated_at=now
    )
