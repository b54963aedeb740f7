"""What an order says in the log: where it came from, and what it cost us (A3)."""

from decimal import Decimal

import pytest

from apps.core.clock import database_now
from apps.events.models import Event
from apps.orders.services.facts import cost_of, refund_events
from tests.orders.conftest import pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


def test_every_event_of_an_order_knows_where_it_came_from_and_cost_follows_payment(make_order):
    order = make_order("100.00", cost=Decimal("40.00"), facts={"campaign": 3, "run": 4, "channel": "群"})
    assert not Event.objects.filter(kind="order.cost").exists()
    pay(order)
    events = {event.kind: event for event in Event.objects.filter(subject=f"order:{order.pk}")}
    assert events["order.cost"].value == Decimal("40.00")
    assert events["order.paid"].value == Decimal("100.00")
    for kind in ("order.created", "order.paid", "order.cost"):
        assert events[kind].data == {"campaign": 3, "run": 4, "channel": "群"}


def test_shares_of_the_cost_add_up_to_it_however_it_is_refunded(make_order):
    order = make_order("100.00", paid=True, cost=Decimal("33.33"))
    kept, back = Decimal("100.00"), Decimal(0)
    for number, part in enumerate(map(Decimal, ("33.33", "0.01", "33.33", "33.33"))):
        for event in refund_events(
            order, key=str(number), kept_before=kept, returned=part, at=database_now()
        ):
            back += event.value if event.kind == "order.cost" else 0
        kept -= part
    assert (kept, back) == (0, Decimal("-33.33"))
    assert cost_of(order, Decimal(100)) == Decimal("33.33")
