"""How money and states look in lists."""

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.orders.enums import OrderState, RefundState
from apps.orders.models import Payment

ORDER_COLOURS = {
    OrderState.AWAITING: "warning",
    OrderState.PAID: "success",
    OrderState.PARTLY_REFUNDED: "info",
    OrderState.REFUNDED: "info",
}
REFUND_COLOURS = {
    RefundState.REQUESTED: "warning",
    RefundState.SENDING: "info",
    RefundState.DONE: "success",
    RefundState.FAILED: "danger",
    RefundState.UNKNOWN: "danger",
}


def yuan(amount: Decimal) -> str:
    """``¥1,234.50``."""
    return f"¥{amount:,.2f}"


def surplus_text(payment: Payment) -> str:
    """What is odd about a payment, or a dash."""
    return _("多付或迟到，已登记退回") if payment.is_surplus else "—"
