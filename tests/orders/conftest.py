"""Members, orders, an owner that keeps a diary, and a WeChat Pay of our own."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection, connections

from apps.accounts.models import Team
from apps.core.clock import database_now
from apps.core.invariants import all_invariants
from apps.members.models import Member
from apps.orders.models import Order, Payment
from apps.orders.services import owners
from apps.orders.services.orders import create_order
from apps.orders.services.payments import record_payment
from tests.orders import wechat_pay_server
from tests.orders.wechat_pay_server import WechatPayServer

_numbers = count(1)


@pytest.fixture
def member(db: None) -> Member:
    return Member.objects.create(phone="+8613800138000", nickname="小鹿")


@pytest.fixture
def make_order(member: Member) -> Callable[..., Order]:
    """``make_order("99.90", paid=True, due=-1)``: an order, paid by webhook, whose time ends ``due`` seconds on."""

    def make(price: str = "99.90", *, paid: bool = False, due: float | None = None, **fields: Any) -> Order:
        now = database_now()
        values = {"member": member, "title": "车厘子 2 斤", "provider": "webhook", "now": now} | fields
        order = create_order(unit_price=Decimal(price), **values)
        if paid:
            pay(order)
            order.refresh_from_db()
        if due is not None:
            Order.objects.filter(pk=order.pk).update(pay_before=now + timedelta(seconds=due))
            order.refresh_from_db()
        return order

    return make


def pay(order: Order, *, amount: Decimal | None = None, transaction: str = "", **fields: Any) -> Payment:
    """A notice of the order's provider that the whole amount, or ``amount``, was paid."""
    now = database_now()
    values: dict[str, Any] = {
        "provider": order.provider,
        "transaction_no": transaction or f"T{next(_numbers)}",
        "number": order.number,
        "amount": order.amount if amount is None else amount,
        "paid_at": now,
        "now": now,
    }
    return record_payment(**values | fields)


class Diary:
    """An owner whose entry is a team's row: ``lock`` locks it, and every call is written down."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def lock(self, order: Order) -> None:
        Team.objects.select_for_update().get(pk=int(order.purpose_ref.partition(":")[0]))

    def paid(self, order: Order, now: Any) -> None:
        self.calls.append(("paid", order.pk))

    def lapsed(self, order: Order, now: Any) -> None:
        self.calls.append(("lapsed", order.pk))

    def cancelled(self, order: Order, now: Any) -> None:
        self.calls.append(("cancelled", order.pk))

    def refunded(self, order: Order, refund: Any, now: Any) -> None:
        self.calls.append((f"refunded {order.state}", order.pk))

    def late_payment(self, order: Order, payment: Any, now: Any) -> None:
        self.calls.append(("late", order.pk))

    def of(self, order: Order) -> list[str]:
        return [call for call, pk in self.calls if pk == order.pk]


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    monkeypatch.setattr(owners, "_owners", {})
    owner = Diary()
    owners.register_owner("seat", owner)
    return owner


@pytest.fixture
def wechat(settings: Any) -> Iterator[WechatPayServer]:
    """The stand-in, and our settings pointing to it."""
    from apps.core import outbound

    with WechatPayServer() as server:
        settings.PAYMENT_CREDENTIALS = {
            "webhook": {"key": "shared-key-of-the-shop"},
            "wechat_pay": wechat_credentials(server),
        }
        settings.DELIVERY_READ_SECONDS = 0.5
        settings.DELIVERY_TOTAL_SECONDS = 1.0
        for client in outbound._clients.values():
            client.close()
        outbound._clients.clear()
        yield server
        for client in outbound._clients.values():
            client.close()
        outbound._clients.clear()


def wechat_credentials(server: WechatPayServer) -> dict[str, str]:
    return {
        "base": server.url,
        "mchid": wechat_pay_server.MCHID,
        "appid": wechat_pay_server.APPID,
        "serial_no": wechat_pay_server.SERIAL,
        "private_key": wechat_pay_server.private_pem(wechat_pay_server.merchant_key()),
        "api_v3_key": wechat_pay_server.API_V3_KEY,
        "public_key_id": wechat_pay_server.KEY_ID,
        "public_key": wechat_pay_server.public_pem(wechat_pay_server.platform_key()),
    }


@pytest.fixture
def webhook(settings: Any) -> str:
    """The shared key of the shop."""
    settings.PAYMENT_CREDENTIALS = {"webhook": {"key": "shared-key-of-the-shop"}}
    return "shared-key-of-the-shop"


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run each act in a thread with a connection of its own, all begun together; returns results or exceptions."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def broken_promises() -> list[tuple[str, str, int]]:
    """What ``manage.py check_invariants`` would report, here also inside a test's transaction."""
    found = []
    with connection.cursor() as cursor:
        for item in all_invariants():
            cursor.execute(f"SELECT count(*) FROM ({item.sql}) AS violation")
            if violations := cursor.fetchone()[0]:
                found.append((item.promise, item.name, violations))
    return found
