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
        data={"purpose": order.purpose} if order.purpose else {},
    )


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
