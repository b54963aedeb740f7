"""Money that goes back: promised within what was paid, then done once or given up."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid, WrongState
from apps.core.models import move
from apps.events.services.recording import record
from apps.orders.enums import (
    OPEN_REFUND_STATES,
    ORDER_MOVES,
    PAID_STATES,
    REFUND_MOVES,
    OrderState,
    RefundState,
)
from apps.orders.models import Order, Payment, Refund
from apps.orders.providers.registry import get_provider
from apps.orders.services.facts import refund_events, take_spent_back
from apps.orders.services.money import cents
from apps.orders.services.numbers import new_number
from apps.orders.services.orders import check_may
from apps.orders.services.owners import locked, owner_of, tell_refunded
from apps.orders.services.telling import refund_url, tell


@transaction.atomic
def request_refund(
    *,
    order: Order,
    amount: Decimal,
    reason: str,
    key: str,
    now: datetime,
    actor: User | None = None,
    payment: Payment | None = None,
) -> Refund:
    """Promise ``amount`` (yuan) back in the caller's transaction, locking the order's row only; the same ``key``
    again returns the first refund. It is taken from ``payment``, or from the order's own.

    Raises ``Invalid`` when all refunds together would pass what was paid, or when ``key`` stood for something else.
    """
    amount = cents(amount)
    held = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if earlier := Refund.objects.filter(key=key).first():
        if earlier.order_id != held.pk or earlier.amount != amount:
            raise Invalid(_("这个退款标识已经用于另一笔退款。"), hint=_("请换一个标识。"), field="key")
        return earlier
    if amount == 0:
        raise Invalid(_("退款金额要大于 0。"), hint=_("请重新填写金额。"), field="amount")
    _promise(held, amount, now)
    refund = Refund.objects.create(
        order=held,
        payment=payment or _payment_with(held, amount),
        key=key,
        number=new_number("R", now=now),
        amount=amount,
        reason=reason[:200],
        requested_at=now,
        available_at=now,
        actor=actor,
    )
    if actor is not None:
        audit(actor=actor, action="order.refund", target=held, reason=reason[:500], amount=str(amount))
    return refund


def refund_by_staff(
    *, order: Order, amount: Decimal, reason: str, key: str, actor: User, now: datetime
) -> Refund:
    """``request_refund`` for a person. Raises ``NotAllowed``, and ``Invalid`` also without a reason."""
    check_may(actor, "orders.refund_order", order)
    if not reason.strip():
        raise Invalid(_("请写明退款的原因。"), hint=_("成员和同事会看到。"), field="reason")
    return request_refund(order=order, amount=amount, reason=reason, key=key, now=now, actor=actor)


def confirm_refund(*, refund: Refund, actor: User, reference: str, now: datetime) -> Refund:
    """A person has paid it back and says so. Audited.

    Raises ``NotAllowed``, ``Invalid`` without a reference, ``WrongState`` if the machine pays these back.
    """
    check_may(actor, "orders.refund_order", refund.order)
    if not reference.strip():
        raise Invalid(_("请填写退款凭证号。"), hint=_("例如转账单号，便于以后核对。"), field="reference")
    if not get_provider(refund.payment.provider).is_refund_by_person:
        raise WrongState(_("这笔退款由支付渠道原路退回，不用人工确认。"), hint=_("请等待渠道的结果。"))
    with transaction.atomic():
        held = _lock(refund)
        if held.state != RefundState.REQUESTED:
            raise WrongState(
                _("这笔退款现在是“%(state)s”。") % {"state": held.get_state_display()},
                hint=_("刷新页面看看最新状态。"),
            )
        finish(held, done_at=now, provider_no=reference.strip()[:64], now=now)
        audit(actor=actor, action="refund.confirm", target=held, reference=reference.strip()[:64])
    return held


def retry_refund(*, refund: Refund, actor: User, now: datetime) -> Refund:
    """Try a failed refund again: promised anew, and under a new number if the provider closed the old one.

    Raises ``NotAllowed``, ``WrongState``, ``Invalid`` when what was paid no longer covers it.
    """
    check_may(actor, "orders.refund_order", refund.order)
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).get(pk=refund.order_id)
        held = Refund.objects.select_for_update(of=("self",)).get(pk=refund.pk)
        number = new_number("R", now=now) if held.is_closed else held.number
        move(
            held,
            RefundState.REQUESTED,
            table=REFUND_MOVES,
            number=number,
            available_at=now,
            error="",
            code="",
            is_closed=False,
        )
        _promise(order, held.amount, now)
        audit(actor=actor, action="refund.retry", target=held)
    return held


@transaction.atomic
def settle_by_notice(
    *,
    number: str,
    amount: Decimal,
    is_done: bool,
    is_closed: bool,
    code: str,
    provider_no: str,
    now: datetime,
) -> Refund:
    """The provider tells what became of the refund it knows as ``number``; a repeat changes nothing.

    Raises ``Invalid`` if there is none such or the amount is another.
    """
    refund = Refund.objects.select_related("order").filter(number=number).first()
    if refund is None or refund.amount != amount:
        raise Invalid(_("没有这笔退款，或金额对不上。"), hint=_("请核对退款单号和金额。"))
    held = _lock(refund)
    if is_done and held.state != RefundState.DONE:
        finish(held, done_at=now, provider_no=provider_no, now=now)
    elif not is_done and held.state in OPEN_REFUND_STATES:
        give_up(held, code=code, detail="", is_closed=is_closed, now=now)
    return held


def _lock(refund: Refund) -> Refund:
    """The refund's row after its owner's and its order's, with that order."""
    order = locked(refund.order)
    held = Refund.objects.select_for_update(of=("self",)).select_related("payment").get(pk=refund.pk)
    held.order = order
    return held


def finish(refund: Refund, *, done_at: datetime, provider_no: str, now: datetime) -> None:
    """Write down that a refund is done; the caller holds the locks of ``_lock``. Its owner hears, unless it was
    money beyond the order's price. Raises ``Invalid`` if it had failed and its money was promised elsewhere."""
    order = refund.order
    if refund.state == RefundState.FAILED:
        _promise(order, refund.amount, now)
    kept_before = order.paid_amount - _done_sum(order)
    move(
        refund,
        RefundState.DONE,
        table=REFUND_MOVES,
        done_at=done_at,
        provider_no=provider_no[:64],
        code="",
        error="",
    )
    kept = kept_before - refund.amount
    returned = min(order.amount, kept_before) - min(order.amount, kept)
    if order.state not in PAID_STATES or returned <= 0:
        return
    state = OrderState.REFUNDED if kept <= 0 else OrderState.PARTLY_REFUNDED
    if state != order.state:
        move(order, state, table=ORDER_MOVES)
    record(
        refund_events(
            order,
            key=str(refund.pk),
            kept_before=min(order.amount, kept_before),
            returned=returned,
            at=now,
            actor=refund.actor,
        )
    )
    if owner := owner_of(order):
        owner.refunded(order, refund, now)
    tell_refunded(order, now)
    take_spent_back(order, returned, now=now)


def give_up(refund: Refund, *, code: str, detail: str, is_closed: bool, now: datetime) -> None:
    """The provider refused for good: what was promised is free again, and staff are told. The caller holds the
    locks of the order and the refund."""
    move(
        refund,
        RefundState.FAILED,
        table=REFUND_MOVES,
        code=code[:40],
        error=detail[:300],
        is_closed=is_closed,
    )
    Order.objects.filter(pk=refund.order_id).update(
        refund_amount=F("refund_amount") - refund.amount, updated_at=now
    )
    tell(
        refund.order.team,
        key=f"refund:{refund.pk}:failed:{refund.attempt_count}",
        text=_("订单 %(order)s 退款 %(amount)s 元失败（%(code)s）：请打开查看，处理后重试。")
        % {"order": refund.order, "amount": refund.amount, "code": code or "—"},
        url=refund_url(refund),
    )


def _promise(order: Order, amount: Decimal, now: datetime) -> None:
    """Count ``amount`` as refunded; conditional, so that no two promises together pass what was paid."""
    fits = Q(refund_amount__lte=F("paid_amount") - amount)
    updated = (
        Order.objects.filter(pk=order.pk)
        .filter(fits)
        .update(refund_amount=F("refund_amount") + amount, updated_at=now)
    )
    if not updated:
        raise Invalid(
            _("最多还能退 %(left)s 元。") % {"left": order.refundable_amount},
            hint=_("请改小退款金额。"),
            field="amount",
        )
    order.refresh_from_db(fields=["paid_amount", "refund_amount"])


def _done_sum(order: Order) -> Decimal:
    total = Refund.objects.filter(order=order, state=RefundState.DONE).aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def _payment_with(order: Order, amount: Decimal) -> Payment:
    """The payment that still covers ``amount``, the order's own before surplus ones. Raises ``Invalid``."""
    payments = Payment.objects.filter(order=order).order_by("is_surplus", "id")
    promised = Sum("refunds__amount", filter=~Q(refunds__state=RefundState.FAILED), default=Decimal(0))
    fitting = payments.annotate(promised=promised).filter(amount__gte=F("promised") + amount)
    if payment := fitting.first():
        return payment
    raise Invalid(_("没有一笔收款够退这么多。"), hint=_("请分成几笔，或改小退款金额。"), field="amount")
