"""What the orders room brings to the import engine: the target ``orders``, a shop's export."""

from django.utils.translation import gettext_lazy as _

from apps.imports.enums import Level
from apps.imports.services.targets import Message, Rule, Target, register_target
from apps.orders.importers.buyers import BuyerStep
from apps.orders.importers.columns import COLUMNS
from apps.orders.importers.facts import FactStep
from apps.orders.importers.orders import OrderStep

ORDERS = Target(
    key="orders",
    label=_("订单"),
    permission="orders.add_order",
    model_label="orders.order",
    identity="r.order_no",
    needs=("order_no",),
    needs_text=_("没有指定订单号，认不出哪一单是哪一单。"),
    columns=COLUMNS,
    steps=(BuyerStep(), OrderStep(), FactStep()),
    rules=(
        Rule(
            code="order.no_number",
            condition="r.order_no IS NULL AND strpos(coalesce(r.flags, ''), ' order_no! ') = 0",
        ),
        Rule(
            code="order.nobody", condition="r.phone IS NULL AND strpos(coalesce(r.flags, ''), ' phone! ') = 0"
        ),
        Rule(
            code="order.no_amount",
            condition="r.amount IS NULL AND strpos(coalesce(r.flags, ''), ' amount! ') = 0",
        ),
        Rule(code="order.refund_too_big", condition="r.refund_amount > r.amount"),
    ),
    messages={
        "order.no_number": Message(level=Level.REJECT, text=_("没有订单号。"), hint=_("请补上订单号。")),
        "order.nobody": Message(
            level=Level.REJECT, text=_("没有买家手机号，不知道是谁的订单。"), hint=_("请补上手机号。")
        ),
        "order.no_amount": Message(
            level=Level.REJECT, text=_("没有实付金额。"), hint=_("请补上金额，没付钱的填 0。")
        ),
        "order.refund_too_big": Message(
            level=Level.REJECT, text=_("退款比实付还多。"), hint=_("请核对这两个金额。")
        ),
        "order.known": Message(
            level=Level.WARNING,
            text=_("这张订单已经在系统里，金额或状态和文件不同，没有改动。"),
            hint=_("收款和退款请在订单里处理。"),
        ),
        "buyer.hidden": Message(
            level=Level.REJECT,
            text=_("这位买家在其他团队的群里，你不能替他记订单。"),
            hint=_("请让对方团队或社群架构师导入这一行。"),
        ),
    },
    kept_reasons={
        "order.changed": _("导入之后订单又有变动"),
        "buyer.changed": _("导入之后买家资料又有变动"),
        "buyer.linked": _("导入之后买家有了其他业务记录"),
    },
    done_url="admin:orders_order_changelist",
)

register_target(ORDERS)
