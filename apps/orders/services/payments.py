"""Money that comes in: once per transaction, whole, and for an open order; else it goes back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, WrongState
from apps.core.models import move
from apps.events.enums import EventKind
from apps.events.services.recording import record
from apps.orders.enums import CLOSED_STATES, ORDER_MOVES, OrderState
from apps.orders.models import Order, Payment
from apps.orders.services.facts import add_spent, paid_events
from apps.orders.services.money import cents
from apps.orders.services.orders import check_may
from apps.orders.services.owners import locked, owner_of
from apps.orders.services.refunds import request_refund
from apps.orders.services.telling import tell


class _Refused(Exception):
    """Carries what staff are told after the transaction was undone."""

    def __init__(self, error: Invalid, team: Team | None) -> None:
        self.error = error
        self.team = team


def record_payment(
    *,
    provider: str,
    transaction_no: str,
    number: str,
    amount: Decimal,
    paid_at: datetime,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Payment:
    """Take down a payment that ``provider`` has told of; the same transaction again returns its first row.

    An open order becomes paid and its owner hears. For an order that is closed or paid already the money is kept
    on record and its full refund requested at once (C5). Raises ``Invalid`` for an unknown order number, another
    amount than the order's, or a transaction that was another one before: then nothing is written, and staff are
    told once.
    """
    try:
        with transaction.atomic():
            return _take(
                provider=provider,
                transaction_no=transaction_no,
                number=number,
                amount=cents(amount),
                paid_at=min(paid_at, now),
                now=now,
                data=dict(data or {}),
            )
    except _Refused as refused:
        key = f"payment:{provider}:{transaction_no}"[:120]
        text = _("收到一笔对不上的付款（订单 %(number)s，交易 %(transaction)s）：%(problem)s") % {
            "number": number[:64],
            "transaction": transaction_no[:64],
            "problem": refused.error.message,
        }
        tell(refused.team, key=key, text=text)
        raise refused.error from None


def mark_paid(*, order: Order, actor: User, reference: str, now: datetime) -> Payment:
    """Staff saw the money: ``reference`` (a transfer's number) makes it once. Audited.

    Raises ``NotAllowed``, ``Invalid`` without a reference or with one that was used before, ``WrongState`` if the
    order is not open.
    """
    check_may(actor, "orders.mark_paid", order)
    reference = reference.strip()[:64]
    if not reference:
        raise Invalid(
            _("请填写收款凭证号。"), hint=_("例如转账单号，同一个号只能用一次。"), field="reference"
        )
    with transaction.atomic():
        held = locked(order)
        if held.state != OrderState.AWAITING:
            raise WrongState(
                _("订单“%(order)s”现在是“%(state)s”，不能标记为已付款。")
                % {"order": held, "state": held.get_state_display()},
                hint=_("已关闭的订单请让成员重新下单。"),
            )
        if Payment.objects.filter(provider="manual", transaction_no=reference).exists():
            raise Invalid(
                _("这个收款凭证号已经用过了。"), hint=_("请核对是不是同一笔钱。"), field="reference"
            )
        payment = Payment.objects.create(
            order=held, provider="manual", transaction_no=reference, amount=held.amount, paid_at=now
        )
        _pay(held, payment, now, actor)
        audit(actor=actor, action="order.mark_paid", target=held, reference=reference)
    return payment


def _take(
    *,
    provider: str,
    transaction_no: str,
    number: str,
    amount: Decimal,
    paid_at: datetime,
    now: datetime,
    data: dict[str, Any],
) -> Payment:
    if earlier := _earlier(provider, transaction_no, number, amount):
        return earlier
    order = Order.objects.filter(number=number).first()
    if order is None:
        raise _Refused(Invalid(_("没有这个订单号。"), hint=_("请核对订单号。"), field="number"), None)
    order = locked(order)
    # The twin of this notice may have held the lock before us.
    if earlier := _earlier(provider, transaction_no, number, amount):
        return earlier
    is_open = order.state == OrderState.AWAITING
    if is_open and amount != order.amount:
        problem = _("应付 %(due)s 元，实付 %(paid)s 元。") % {"due": order.amount, "paid": amount}
        raise _Refused(Invalid(problem, hint=_("请核对金额。"), field="amount"), order.team)
    payment = Payment(
        order=order,
        provider=provider,
        transaction_no=transaction_no,
        amount=amount,
        paid_at=paid_at,
        is_surplus=not is_open,
        data=data,
    )
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError:
        # The same transaction came for another order at the same moment.
        if earlier := _earlier(provider, transaction_no, number, amount):
            return earlier
        raise
    if is_open:
        _pay(order, payment, now, None)
    else:
        _return(order, payment, now)
    return payment


def _earlier(provider: str, transaction_no: str, number: str, amount: Decimal) -> Payment | None:
    found = (
        Payment.objects.filter(provider=provider, transaction_no=transaction_no)
        .select_related("order")
        .first()
    )
    if found and (found.order.number != number or found.amount != amount):
        error = Invalid(_("这个交易号已经记在另一笔收款上。"), hint=_("请核对交易号、订单号和金额。"))
        raise _Refused(error, found.order.team)
    return found


def _pay(order: Order, payment: Payment, now: datetime, actor: User | None) -> None:
    move(
        order,
        OrderState.PAID,
        table=ORDER_MOVES,
        paid_amount=payment.amount,
        paid_at=payment.paid_at,
        provider=payment.provider,
    )
    kind = EventKind.ORDER_PAID
    record(paid_events(order, key=f"{kind}:{order.pk}", value=order.amount, at=payment.paid_at, actor=actor))
    if owner := owner_of(order):
        owner.paid(order, now)
    add_spent(order, order.amount, now=now)


def _return(order: Order, payment: Payment, now: datetime) -> None:
    """It came too late, or twice: keep the record, and give all of it back."""
    Order.objects.filter(pk=order.pk).update(paid_amount=F("paid_amount") + payment.amount, updated_at=now)
    is_late = order.state in CLOSED_STATES
    request_refund(
        order=order,
        payment=payment,
        amount=payment.amount,
        reason=_("订单关闭后才到账，原路退回") if is_late else _("重复付款，原路退回"),
        key=f"late:{payment.provider}:{payment.transaction_no}",
        now=now,
    )
    order.refresh_from_db(fields=["paid_amount", "refund_amount"])
    owner = owner_of(order)
    if owner and is_late:
        owner.late_payment(order, payment, now)
