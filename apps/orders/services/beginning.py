"""How a member pays an order. Talks to the provider, so never call it inside a transaction."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import DomainError, WrongState
from apps.core.outbound import NoAnswer, NotSent, shared_client
from apps.orders.enums import OrderState
from apps.orders.models import Order
from apps.orders.providers.base import Answer, Instructions, OrderFacts, Request
from apps.orders.providers.registry import get_provider
from apps.orders.services.credentials import credentials_of, notify_url


def begin_payment(*, order: Order, payer: str, now: datetime) -> Instructions:
    """What the member's client needs to pay ``order`` by its provider; ``payer`` is the member's name there.

    Raises ``WrongState`` if it is not open any more, ``Invalid`` with the provider's words, ``DomainError`` with
    the code ``unreachable`` if it does not answer: the member may simply try again.
    """
    provider = get_provider(order.provider)
    begun = _begin(order, payer, now)
    if isinstance(begun, Instructions):
        return begun
    try:
        return provider.read_begin(ask(begun), credentials=credentials_of(provider), now=now)
    except (NotSent, NoAnswer):
        raise DomainError(
            _("支付渠道暂时没有响应。"), hint=_("请过一会儿再试。"), code="unreachable"
        ) from None


def known_instructions(*, order: Order, payer: str, now: datetime) -> Instructions | None:
    """What can be said without asking the provider, so that looking at an order makes no request; ``None`` if
    ``begin_payment`` would make one. Raises ``WrongState`` and ``Invalid`` as it does."""
    begun = _begin(order, payer, now)
    return begun if isinstance(begun, Instructions) else None


def _begin(order: Order, payer: str, now: datetime) -> Request | Instructions:
    if order.state != OrderState.AWAITING or (order.pay_before is not None and order.pay_before <= now):
        raise WrongState(_("这张订单不能再付款了。"), hint=_("请重新下单。"))
    provider = get_provider(order.provider)
    facts = OrderFacts(order.number, order.title, order.amount, order.pay_before)
    return provider.begin(
        facts,
        payer=payer,
        credentials=credentials_of(provider),
        notify_url=notify_url(provider),
        now=now,
    )


def ask(request: Request) -> Answer:
    """Make a provider's request. Raises ``NotSent`` or ``NoAnswer``."""
    answer = shared_client(is_guarded=False).send(
        request.method, request.url, headers=request.headers, body=request.body
    )
    return Answer(answer.status, answer.headers, answer.body)
