"""The columns of a shop's export of orders."""

from django.utils.translation import gettext_lazy as _

from apps.core.phones import canonical_mobile
from apps.imports.enums import Level
from apps.imports.services import columns as parse
from apps.imports.services.targets import Column
from apps.orders.enums import OrderState

_STATES = {
    **dict.fromkeys(
        ("已完成", "已付款", "已支付", "已发货", "待发货", "待收货", "已收货", "交易成功", "paid"),
        OrderState.PAID.value,
    ),
    **dict.fromkeys(("已退款", "全额退款", "退款成功", "refunded"), OrderState.REFUNDED.value),
    **dict.fromkeys(("部分退款", "partly_refunded"), OrderState.PARTLY_REFUNDED.value),
    **dict.fromkeys(("待支付", "待付款", "未付款", "awaiting"), OrderState.AWAITING.value),
    **dict.fromkeys(
        ("已取消", "已关闭", "交易关闭", "超时关闭", "cancelled", "lapsed"), OrderState.CANCELLED.value
    ),
}
_LONGEST_NUMBER = 50


def _money(key: str, label: object, aliases: tuple[str, ...], level: Level, example: str) -> Column:
    return Column(
        key=key,
        label=label,  # type: ignore[arg-type]
        aliases=aliases,
        sql_type="numeric(12,2)",
        tidy=parse.tidy_number,
        parse=parse.number("numeric(12,2)"),
        unreadable=_("金额认不出来。请写成 12.50 这样。"),
        valid=lambda v: f"{v} >= 0",
        invalid=_("金额不能为负。"),
        level=level,
        example=example,
    )


COLUMNS = (
    Column(
        key="order_no",
        label=_("订单号"),
        aliases=("订单编号", "单号", "order no", "order number"),
        parse=parse.text(64),
        valid=lambda v: f"length({v}) <= {_LONGEST_NUMBER}",
        invalid=_("订单号超过 50 个字。"),
        level=Level.REJECT,
        example="E202500000001",
    ),
    Column(
        key="ordered_at",
        label=_("下单时间"),
        aliases=("创建时间", "订单时间", "付款时间", "ordered at"),
        sql_type="timestamptz",
        tidy=parse.tidy_timestamp,
        parse=parse.timestamp,
        unreadable=_("时间认不出来；按导入时间记录。"),
        valid=lambda v: (
            f"{v} >= TIMESTAMPTZ '2000-01-01' AND {v} <= (%(now)s)::timestamptz + interval '1 day'"
        ),
        invalid=_("下单时间在未来或早于 2000 年；按导入时间记录。"),
        example="2026-01-05 15:16:00",
    ),
    Column(
        key="phone",
        label=_("买家手机"),
        aliases=("手机号", "手机", "买家手机号", "收货手机", "联系电话", "phone", "mobile"),
        tidy=parse.tidy_phone,
        parse=parse.mainland_mobile,
        slow=canonical_mobile,
        unreadable=_("手机号不正确。请填 11 位大陆手机号，或带国家码的号码，如 +852…。"),
        level=Level.REJECT,
        is_personal=True,
        example="138 0013 8000",
    ),
    Column(
        key="title",
        label=_("商品名称"),
        aliases=("商品", "宝贝名称", "product"),
        parse=parse.text(120),
        max_length=120,
        example=_("车厘子5斤"),
    ),
    Column(
        key="quantity",
        label=_("数量"),
        aliases=("件数", "购买数量", "quantity"),
        sql_type="integer",
        tidy=parse.tidy_number,
        parse=parse.number("integer"),
        unreadable=_("数量不是整数；按 1 件记录。"),
        valid=lambda v: f"{v} >= 1",
        invalid=_("数量至少是 1；按 1 件记录。"),
        example="2",
    ),
    _money(
        "amount", _("实付金额"), ("金额", "实付", "订单金额", "实收金额", "amount"), Level.REJECT, "¥198.00"
    ),
    _money("cost", _("成本"), ("商品成本", "成本金额", "cost"), Level.WARNING, "140.00"),
    Column(
        key="status",
        label=_("订单状态"),
        aliases=("状态", "交易状态", "status"),
        parse=parse.choice(_STATES),
        unreadable=_("认不出这个订单状态。可以填：已完成、已退款、部分退款、待支付、已取消。"),
        level=Level.REJECT,
        example=_("已完成"),
    ),
    _money("refund_amount", _("退款金额"), ("退款", "已退金额", "refund"), Level.REJECT, "0"),
)
