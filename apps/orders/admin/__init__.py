"""Admin of orders: one file per page."""

from apps.orders.admin import member_panel
from apps.orders.admin.order import OrderAdmin
from apps.orders.admin.payment import PaymentAdmin
from apps.orders.admin.product import ProductAdmin
from apps.orders.admin.refund import RefundAdmin

__all__ = ["OrderAdmin", "PaymentAdmin", "ProductAdmin", "RefundAdmin", "member_panel"]
