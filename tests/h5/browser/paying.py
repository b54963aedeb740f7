"""Paying where money is taken by hand: the member waits on the payment page, staff mark the order paid."""

from itertools import count

from apps.accounts.models import User
from apps.core.clock import database_now
from apps.orders.models import Order
from apps.orders.services.payments import mark_paid
from tests.h5.browser.phone import Phone

_references = count(1)


def pay_by_hand(phone: Phone, cashier: User, amount: str) -> None:
    """The page shows the amount, and moves on by itself when the money is there (without scripts: when reloaded)."""
    phone.at("pay")
    phone.sees(amount)
    order = Order.objects.get(member=phone.member, state="awaiting")
    mark_paid(order=order, actor=cashier, reference=f"转账 {next(_references)}", now=database_now())
    phone.at("entry")
