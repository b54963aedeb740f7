"""How money and states look in lists."""

from decimal import Decimal

from apps.orders.enums import OrderState, RefundState

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
