"""Orders, money, goods."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("交易"),
        [
            Entry(
                _("订单"),
                "receipt_long",
                "admin:orders_order_changelist",
                "orders.view_order",
                words="order 付款 payment",
            ),
            Entry(
                _("导入订单"),
                "upload_file",
                "admin:imports_importjob_wizard",
                "orders.add_order",
                "?target=orders",
                words="import order csv excel",
            ),
            Entry(
                _("退款"),
                "currency_exchange",
                "admin:orders_refund_changelist",
                "orders.view_refund",
                words="refund 退钱",
            ),
            Entry(
                _("收款"),
                "payments",
                "admin:orders_payment_changelist",
                "orders.view_payment",
                words="payment 流水",
            ),
            Entry(
                _("商品"),
                "inventory_2",
                "admin:orders_product_changelist",
                "orders.view_product",
                words="product 货",
            ),
        ],
    )
