"""Beat-driven work on orders: thin, the tables decide what is due (D7)."""

from celery import shared_task

from apps.core.clock import database_now
from apps.orders.services import orders, refunding


@shared_task
def lapse_orders() -> int:
    """Close what was not paid in time, and free what it held (C5)."""
    return orders.lapse_due_orders(now=database_now())


@shared_task
def process_refunds() -> int:
    """Take due refunds one step further."""
    return refunding.process_refunds(now=database_now())
