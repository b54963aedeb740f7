"""Products, orders, payments, refunds."""

from apps.orders.models.order import Order
from apps.orders.models.payment import Payment
from apps.orders.models.product import Product
from apps.orders.models.refund import Refund

__all__ = ["Order", "Payment", "Product", "Refund"]
