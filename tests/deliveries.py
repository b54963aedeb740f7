"""Bringing deliveries into a state by legal moves only, as workers and people would."""

from collections import deque
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from apps.channels.enums import DELIVERY_MOVES, DeliveryState
from apps.channels.models import Delivery
from apps.core.clock import database_now

IN_HAND = {DeliveryState.CLAIMED, DeliveryState.SENDING}


def bring(deliveries: QuerySet[Delivery], state: str, **values: Any) -> None:
    """Move each of ``deliveries`` to ``state`` on the shortest way through DELIVERY_MOVES; then set ``values``."""
    for delivery in deliveries:
        for step in _way(DeliveryState(delivery.state), DeliveryState(state)):
            in_hand = database_now() + timedelta(minutes=1) if step in IN_HAND else None
            sent_at = database_now() if step == DeliveryState.SENT else None
            Delivery.objects.filter(pk=delivery.pk).update(state=step, leased_until=in_hand, sent_at=sent_at)
        if values:
            Delivery.objects.filter(pk=delivery.pk).update(**values)


def _way(start: DeliveryState, goal: DeliveryState) -> list[DeliveryState]:
    ways = deque([(start, [])])
    seen = {start}
    while ways:
        state, way = ways.popleft()
        if state == goal:
            return way
        for step in sorted(DELIVERY_MOVES[state] - seen):
            seen.add(step)
            ways.append((step, [*way, step]))
    raise AssertionError(f"no way from {start} to {goal}")
