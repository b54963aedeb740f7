"""Who hears when an order changes: the room that opened it, which lies above and cannot be named here."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from apps.orders.models import Order, Payment, Refund


class OrderOwner(Protocol):
    """What a room that opens orders is told. Every method runs in the transaction of the change, so it must not
    reach the network, and what it raises undoes the change.

    ``lock`` comes first, before the order's row is locked; all others come after the row has changed. It is not
    called for what the owner does itself (``create_order``, ``cancel_order``, ``request_refund``): there the
    owner holds its locks already.
    """

    def lock(self, order: Order) -> None:
        """Lock whatever the other methods will write (an entry, its run), in the owner's own order."""
        ...

    def paid(self, order: Order, now: datetime) -> None:
        """The whole amount came in time. Not called for orders over nothing: those are born paid."""
        ...

    def lapsed(self, order: Order, now: datetime) -> None:
        """Nobody paid before ``pay_before``: free what the order held (C5)."""
        ...

    def cancelled(self, order: Order, now: datetime) -> None:
        """The unpaid order was cancelled: free what it held."""
        ...

    def refunded(self, order: Order, refund: Refund, now: datetime) -> None:
        """A refund of the order's own price is done; ``order.state`` says whether it was all of it."""
        ...

    def late_payment(self, order: Order, payment: Payment, now: datetime) -> None:
        """Money came for an order that had lapsed or was cancelled; its full refund is requested already."""
        ...


#: Told of every refund that is done, whatever the order serves. In the refund's transaction, as an owner is.
type RefundListener = Callable[[Order, datetime], object]

_owners: dict[str, OrderOwner] = {}
_listeners: list[RefundListener] = []


def register_owner(purpose: str, owner: OrderOwner) -> None:
    """Make ``owner`` hear of orders with ``purpose``. Call it from the room's ``AppConfig.ready``: workers load
    this room's tasks and nothing else. Raises ``ValueError`` for a purpose that is empty or taken."""
    if not purpose or _owners.get(purpose, owner) is not owner:
        raise ValueError(f"an owner of orders needs a purpose of its own, not {purpose!r}")
    _owners[purpose] = owner


def on_refunded(listener: RefundListener) -> None:
    """Tell ``listener`` of refunds, once however often it is registered: what was used on an order may come back.
    It may lock what refers to the order, which is locked already."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_refunded(order: Order, now: datetime) -> None:
    """Tell everybody who listens."""
    for listener in _listeners:
        listener(order, now)


def owner_of(order: Order) -> OrderOwner | None:
    """The owner of ``order``, or ``None`` for an order that serves no other room.

    Raises ``LookupError`` if its purpose has no owner: changing it in silence would leave a seat taken.
    """
    if not order.purpose:
        return None
    if order.purpose not in _owners:
        raise LookupError(f"no owner is registered for orders with the purpose {order.purpose!r}")
    return _owners[order.purpose]


def locked(order: Order) -> Order:
    """The row of ``order``, locked and read afresh, after whatever its owner must lock before it."""
    if owner := owner_of(order):
        owner.lock(order)
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
