"""Manual: the money comes by transfer, cash or a red packet, and staff mark the order as paid."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.orders.providers.base import (
    Answer,
    BadNotice,
    Credentials,
    Instructions,
    OrderFacts,
    PaymentNotice,
    RefundNotice,
    Reply,
    Request,
)
from apps.orders.providers.by_person import RefundByPerson


class Manual(RefundByPerson):
    """Nobody sends notices here: whatever comes is refused."""

    key = "manual"
    label = _("人工收款")
    help_text = _("成员转账或当面付款，客服核对后在订单里标记“已付款”；退款也由人转回后确认。")
    variables: Mapping[str, str] = {}

    def begin(
        self, order: OrderFacts, *, payer: str, credentials: Credentials, notify_url: str, now: datetime
    ) -> Request | Instructions:
        return Instructions("none", text=_("请按群里的收款方式付款，备注订单号，客服核对后会为你确认。"))

    def read_begin(self, answer: Answer, *, credentials: Credentials, now: datetime) -> Instructions:
        raise NotImplementedError("there is no request")

    def read_notice(
        self, headers: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime
    ) -> PaymentNotice | RefundNotice | None:
        raise BadNotice("nobody sends notices for manual payments")

    def reply(self, *, problem: str = "") -> Reply:
        return Reply(400)


PROVIDER = Manual()
