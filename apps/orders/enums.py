"""States of orders and refunds, and which moves they allow."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderState(models.TextChoices):
    AWAITING = "awaiting", _("待付款")
    PAID = "paid", _("已付款")
    PARTLY_REFUNDED = "partly_refunded", _("部分退款")
    REFUNDED = "refunded", _("已退款")
    LAPSED = "lapsed", _("超时关闭")
    CANCELLED = "cancelled", _("已取消")


_O = OrderState
#: The money came in time. What came afterwards for a closed order is returned and changes no state.
PAID_STATES = frozenset({_O.PAID, _O.PARTLY_REFUNDED, _O.REFUNDED})
#: Closed without money.
CLOSED_STATES = frozenset({_O.LAPSED, _O.CANCELLED})

ORDER_MOVES: dict[str, frozenset[str]] = {
    _O.AWAITING: frozenset({_O.PAID, _O.LAPSED, _O.CANCELLED}),
    _O.PAID: frozenset({_O.PARTLY_REFUNDED, _O.REFUNDED}),
    _O.PARTLY_REFUNDED: frozenset({_O.REFUNDED}),
}


class RefundState(models.TextChoices):
    """``sending``: the request is under way, or the provider has accepted it and not finished yet."""

    REQUESTED = "requested", _("待退款")
    SENDING = "sending", _("退款中")
    DONE = "done", _("已退款")
    FAILED = "failed", _("退款失败")
    UNKNOWN = "unknown", _("结果未知")


_R = RefundState
#: The provider or a person still has to act.
OPEN_REFUND_STATES = frozenset({_R.REQUESTED, _R.SENDING, _R.UNKNOWN})

REFUND_MOVES: dict[str, frozenset[str]] = {
    _R.REQUESTED: frozenset({_R.SENDING, _R.DONE, _R.FAILED}),
    # Back to requested: the provider knows nothing of it, so asking again under the same number is safe.
    _R.SENDING: frozenset({_R.DONE, _R.FAILED, _R.UNKNOWN, _R.REQUESTED}),
    _R.UNKNOWN: frozenset({_R.DONE, _R.FAILED, _R.SENDING, _R.REQUESTED}),
    # Done after all: the provider's word is the last one, also when it comes after a refusal.
    _R.FAILED: frozenset({_R.REQUESTED, _R.DONE}),
}
