"""Opening and closing orders."""

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, NotAllowed
from apps.core.models import move
from apps.events.enums import EventKind
from apps.events.services.recording import record
from apps.members.models import Member
from apps.orders.enums import ORDER_MOVES, OrderState
from apps.orders.models import Order, Product
from apps.orders.services.facts import order_event, paid_events
from apps.orders.services.money import cents
from apps.orders.services.numbers import new_number
from apps.orders.services.owners import locked, owner_of

logger = logging.getLogger(__name__)


def create_order(
    *,
    member: Member,
    title: str,
    unit_price: Decimal,
    now: datetime,
    quantity: int = 1,
    amount: Decimal | None = None,
    purpose: str = "",
    purpose_ref: str = "",
    pay_before: datetime | None = None,
    provider: str | None = None,
    product: Product | None = None,
    team: Team | None = None,
    group_id: int | None = None,
    cost: Decimal | int = 0,
    facts: Mapping[str, Any] | None = None,
    actor: User | None = None,
) -> Order:
    """Open an order in the caller's transaction: one INSERT and its event, no lock.

    ``amount`` is what is payable in total (default: price times quantity); an order over nothing is born paid,
    and its owner is not told. ``facts`` (campaign, run, post, channel, inviter) go into all its events. Raises ``Invalid`` for money that is not to the cent, no quantity, or a deadline
    that has passed; ``IntegrityError`` when (purpose, purpose_ref) has an order already.
    """
    unit_price = cents(unit_price, field="unit_price")
    total = cents(unit_price * quantity if amount is None else amount)
    if quantity < 1:
        raise Invalid(_("数量至少是 1。"), hint=_("请重新填写数量。"), field="quantity")
    if pay_before is not None and pay_before <= now:
        raise Invalid(_("付款截止时间已经过了。"), hint=_("请选一个以后的时间。"), field="pay_before")
    is_free = total == 0
    order = Order(
        number=new_number("O", now=now),
        member=member,
        team=team,
        group_id=group_id,
        product=product,
        title=title[:120],
        quantity=quantity,
        unit_price=unit_price,
        amount=total,
        cost=cents(cost, field="cost"),
        state=OrderState.PAID if is_free else OrderState.AWAITING,
        provider=provider or settings.PAYMENT_PROVIDER,
        pay_before=None if is_free else pay_before,
        ordered_at=now,
        paid_at=now if is_free else None,
        purpose=purpose,
        purpose_ref=purpose_ref,
        facts=dict(facts or {}),
    )
    # No savepoint: this is on the way of every seat, and nothing here can be half done.
    with transaction.atomic(savepoint=False):
        order.save(force_insert=True)
        kind = EventKind.ORDER_CREATED
        events = [order_event(order, kind, key=f"{kind}:{order.pk}", value=total, at=now, actor=actor)]
        if order.paid_at:
            key = f"{EventKind.ORDER_PAID}:{order.pk}"
            events += paid_events(order, key=key, value=total, at=now, actor=actor)
        record(events)
    return order


def cancel_order(
    *, order: Order, now: datetime, actor: User | None = None, reason: str = "", tells_owner: bool = True
) -> Order:
    """Cancel an unpaid order in the caller's transaction, locking its row only: for callers that hold the owner's
    locks. Tells the owner unless it is the owner who calls and says so. Audited if a person does it.

    Raises ``WrongState`` if it is paid or closed.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        move(order, OrderState.CANCELLED, table=ORDER_MOVES, closed_at=now)
        if actor is not None:
            audit(actor=actor, action="order.cancel", target=order, reason=reason[:500])
        if tells_owner and (owner := owner_of(order)):
            owner.cancelled(order, now)
    return order


def cancel_by_staff(*, order: Order, actor: User, now: datetime, reason: str) -> Order:
    """Cancel an unpaid order with the owner's locks first. Raises ``NotAllowed``, ``Invalid`` without a reason,
    ``WrongState``."""
    check_may(actor, "orders.cancel_order", order)
    if not reason.strip():
        raise Invalid(_("请写明取消的原因。"), hint=_("它会记入审计。"), field="reason")
    with transaction.atomic():
        return cancel_order(order=locked(order), now=now, actor=actor, reason=reason)


def lapse_due_orders(*, now: datetime, limit: int = 500) -> int:
    """Close unpaid orders whose time is over, each in its own transaction; returns how many (C5).

    Any number may run at once. What cannot be closed is logged and does not hold up the others.
    """
    due = Order.objects.filter(state=OrderState.AWAITING, pay_before__lte=now).order_by("pay_before", "id")
    lapsed = 0
    for order in due[:limit]:
        try:
            lapsed += _lapse(order, now)
        except Exception:
            logger.exception("an order could not be closed", extra={"order": order.pk})
    return lapsed


@transaction.atomic
def _lapse(order: Order, now: datetime) -> bool:
    owner = owner_of(order)
    if owner:
        owner.lock(order)
    still = Order.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=order.pk, state=OrderState.AWAITING, pay_before__lte=now
    )
    found = still.first()
    if found is None:
        return False
    move(found, OrderState.LAPSED, table=ORDER_MOVES, closed_at=now)
    kind = EventKind.ORDER_LAPSED
    record([order_event(found, kind, key=f"{kind}:{found.pk}", value=found.amount, at=now)])
    if owner:
        owner.lapsed(found, now)
    return True


def check_may(actor: User, permission: str, order: Order) -> None:
    """Raises ``NotAllowed`` unless ``actor`` has the permission and sees the order (S1)."""
    if not (actor.has_perm(permission) and Order.objects.visible_to(actor).filter(pk=order.pk).exists()):
        raise NotAllowed(_("你没有处理这张订单的权限。"), hint=_("请联系社群架构师。"))
