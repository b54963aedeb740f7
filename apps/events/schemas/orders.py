"""Orders: of our own campaigns, of shops' files, and of other shops by the API."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Text
from apps.events.enums import EventKind
from apps.events.schemas.base import CAME, CAMPAIGN, RUN, Family, Field, Need, Schema, Type

_DATA = (
    Field("order_no", Type.TEXT, _("店铺的订单号"), asked=True),
    Field("product", Type.TEXT, _("商品"), longest=120),
    Field("quantity", Type.NUMBER, _("件数")),
    Field("purpose", Type.TEXT, _("用途，如 campaign"), ours=True),
    CAMPAIGN,
    RUN,
    *CAME,
    Field("source", Type.TEXT, _("import：来自订单文件"), ours=True),
    Field("job", Type.NUMBER, _("导入任务编号"), ours=True),
    Field("undo_of_import", Type.NUMBER, _("撤销了哪个导入任务"), ours=True),
)


def _order(
    kind: EventKind, words: Text, value: Text, *, least: Decimal | None = Decimal(0), is_outside: bool = True
) -> Schema:
    return Schema(
        kind,
        words,
        member=Need.MUST,
        value=Need.MUST,
        value_words=value,
        least=least,
        data=_DATA,
        is_outside=is_outside,
    )


FAMILY = Family(
    "orders",
    _("交易"),
    (
        _order(EventKind.ORDER_CREATED, _("成员下了单。"), _("应付金额，元")),
        _order(EventKind.ORDER_PAID, _("订单付了款。"), _("付款金额，元")),
        _order(EventKind.ORDER_REFUNDED, _("退了款，一次退款一个事件。"), _("退款金额，元")),
        _order(EventKind.ORDER_LAPSED, _("没有付款，过期关闭。"), _("应付金额，元"), is_outside=False),
        _order(
            EventKind.ORDER_COST,
            _("付了款的商品的成本；退款时按比例冲回。"),
            _("我们的成本，元；冲回为负"),
            least=None,
        ),
    ),
)
