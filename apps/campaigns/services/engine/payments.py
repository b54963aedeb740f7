"""What an order's fate means for the contribution that it pays for (C5)."""

from datetime import datetime

from apps.campaigns.enums import PartState
from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.mechanics.registry import get_mechanic
from apps.campaigns.models import Contribution, Entry
from apps.campaigns.services.engine.acting import act_as_system
from apps.campaigns.services.engine.rows import lock_entries
from apps.orders.enums import OrderState
from apps.orders.models import Order, Payment, Refund
from apps.orders.services.owners import OrderOwner


class CampaignOrders(OrderOwner):
    """Hears of orders with the purpose ``campaign``."""

    def lock(self, order: Order) -> None:
        """The entry, those that the same order paid for, and the run, before the order's row: the engine's order."""
        part = _part(order)
        if part is not None:
            lock_entries([part.entry_id, *_beside(part)])

    def paid(self, order: Order, now: datetime) -> None:
        self._tell(order, "paid", now)

    def lapsed(self, order: Order, now: datetime) -> None:
        self._tell(order, "lapsed", now)

    def cancelled(self, order: Order, now: datetime) -> None:
        self._tell(order, "lapsed", now)

    def refunded(self, order: Order, refund: Refund, now: datetime) -> None:
        """Staff gave all of it back by hand: the contribution no longer counts, and what else it paid for hears."""
        part = _part(order)
        if order.state != OrderState.REFUNDED or part is None:
            return
        beside = _beside(part)
        if part.state == PartState.COUNTED:
            act_as_system(entry_id=part.entry_id, verb="voided", part_id=part.pk, reason="refunded", now=now)
        for entry_id in beside:
            act_as_system(entry_id=entry_id, verb="refunded", now=now)

    def late_payment(self, order: Order, payment: Payment, now: datetime) -> None:
        """The seat is gone and the money is on its way back: the orders room has seen to it."""

    def _tell(self, order: Order, verb: str, now: datetime) -> None:
        part = _part(order)
        if part is not None:
            act_as_system(entry_id=part.entry_id, verb=verb, part_id=part.pk, now=now)


def _part(order: Order) -> Contribution | None:
    return Contribution.objects.filter(order=order).select_related("run").first()


def _beside(part: Contribution) -> list[int]:
    """Ids of the entries that the part's order paid for beside its own, ascending; there are none before it is paid."""
    mechanic = get_mechanic(part.run.mechanic)
    if part.state == PartState.PENDING or type(mechanic).paid_by is Mechanic.paid_by:
        return []
    others = Entry.objects.filter(run_id=part.run_id, owner_id=part.member_id).exclude(pk=part.entry_id)
    found = others.order_by("pk").values_list("pk", "data")
    return [pk for pk, data in found if mechanic.paid_by(data) == part.pk]
