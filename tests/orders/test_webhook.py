"""The shop's signed notices: forged, replayed and expired ones are refused."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.clock import database_now
from apps.orders.models import Payment
from apps.orders.providers.base import BadNotice, Credentials, PaymentNotice
from apps.orders.providers.registry import all_providers
from apps.orders.providers.webhook import PROVIDER, SIGNATURE_HEADER, sign
from apps.orders.services.refunds import request_refund
from tests.orders.conftest import broken_promises

URL = "/api/v1/payments/webhook/notify"


def payload(order, /, **changes):
    content = {
        "type": "payment",
        "order": order.number,
        "transaction": "SHOP-1",
        "amount": str(order.amount),
        "paid_at": "2026-03-02T09:30:00+08:00",
    }
    return json.dumps(content | changes).encode()


def send(body, key, *, at=None, header=None):
    stamp = int(time.time() if at is None else at)
    value = sign(key, stamp, body) if header is None else header
    return Client(enforce_csrf_checks=True).post(
        URL, body, content_type="application/json", headers={SIGNATURE_HEADER: value}
    )


@pytest.mark.django_db
def test_a_signed_notice_pays_the_order_once(make_order, webhook):
    order = make_order("12.50")
    for _again in range(2):
        answer = send(payload(order), webhook)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    order.refresh_from_db()
    assert (order.state, order.paid_amount) == ("paid", Decimal("12.50"))
    assert Payment.objects.count() == 1


@pytest.mark.django_db
def test_forged_replayed_and_expired_notices_are_refused(make_order, webhook):
    order = make_order("12.50")
    body, now = payload(order), int(time.time())
    good = sign(webhook, now, body)
    refused = {
        "another key": send(body, "another-key"),
        "expired": send(body, webhook, at=now - 301),
        "from the future": send(body, webhook, at=now + 310),
        "replayed with a new time": send(body, webhook, header=good.replace(f"t={now}", f"t={now + 1}")),
        "another body": send(payload(order, amount="0.01"), webhook, header=good),
        "bare": send(body, webhook, header=""),
        "no digest": send(body, webhook, header=f"t={now}"),
        "odd digits": send(body, webhook, header=f"t=²,v1={good[-64:]}".encode().decode("latin-1")),
    }
    assert {name: answer.status_code for name, answer in refused.items()} == dict.fromkeys(refused, 401)
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_without_a_key_nothing_is_believed(make_order, settings):
    settings.PAYMENT_CREDENTIALS = {"webhook": {"key": ""}}
    assert send(payload(make_order("12.50")), "").status_code == 409
    assert not Payment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"amount": "12.505"},
        {"amount": "NaN"},
        {"amount": "-1"},
        {"amount": True},
        {"amount": None},
        {"order": ""},
        {"order": 5},
        {"order": "O\x00"},
        {"transaction": "x" * 65},
        {"paid_at": "2026-03-02T09:30:00"},
        {"paid_at": "yesterday"},
    ],
    ids=str,
)
def test_unreadable_notices_are_refused(make_order, webhook, change):
    assert send(payload(make_order("12.50"), **change), webhook).status_code == 401
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_another_amount_is_a_conflict(make_order, webhook, architect):
    answer = send(payload(make_order("12.50"), amount="12.49"), webhook)
    assert (answer.status_code, answer.json()) == (409, {"ok": False, "error": "invalid"})


@pytest.mark.django_db
def test_the_shop_tells_what_it_paid_back(make_order, webhook):
    order = make_order("12.50", paid=True)
    refund = request_refund(order=order, amount=Decimal("2.50"), reason="x", key="r", now=database_now())
    told = {"type": "refund", "refund": refund.number, "transaction": "B1", "amount": 2.5, "status": "done"}
    assert send(json.dumps(told | {"amount": "2.49"}).encode(), webhook).status_code == 409
    for _again in range(2):
        assert send(json.dumps(told).encode(), webhook).status_code == 200
    refund.refresh_from_db()
    order.refresh_from_db()
    assert (refund.state, refund.provider_no, order.state) == ("done", "B1", "partly_refunded")
    assert not broken_promises()


@settings(suppress_health_check=[HealthCheck.differing_executors])
@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_body_is_read_or_refused(body):
    """Signed nonsense raises nothing but ``BadNotice``."""
    now = right_now()
    headers = {SIGNATURE_HEADER.lower(): sign("k", int(now.timestamp()), body)}
    try:
        found = PROVIDER.read_notice(headers, body, credentials=Credentials({"key": "k"}), now=now)
    except BadNotice:
        return
    assert found is None or isinstance(found, PaymentNotice)


def right_now():
    return datetime.now(UTC)


@pytest.mark.parametrize("provider", all_providers().values(), ids=lambda provider: provider.key)
def test_every_provider_keeps_the_contract(provider):
    """The registry's contract: words for people, credentials by name, an answer for good and bad notices."""
    assert str(provider.label)
    assert str(provider.help_text)
    assert all(variable.isupper() for variable in provider.variables.values())
    assert isinstance(provider.is_refund_by_person, bool)
    assert isinstance(provider.is_refund_idempotent, bool)
    assert provider.reply(problem="bad_notice").status >= 400
    values = Credentials(dict.fromkeys(provider.variables, "x"))
    with pytest.raises(BadNotice):
        provider.read_notice({}, b"{}", credentials=values, now=right_now())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"transaction": "half \ud800"},
        {"order": "\udfff"},
        {"amount": "99999999999999.00"},
        {"amount": "1e20"},
        {"paid_at": "0001-01-01T00:00:00+14:00"},
        {"paid_at": "9999-12-31T23:59:59-14:00"},
        {"type": "refund", "refund": "\ud800", "status": "done"},
        {"type": "refund", "status": "failed", "reason": "\u0000"},
        {"type": ["payment"]},
    ],
    ids=range(9),
)
def test_signed_nonsense_is_refused_and_never_breaks_anything(make_order, webhook, changes):
    """S2: the signature says who sent it, not that it makes sense; a late payment is not held to the order's amount."""
    order = make_order("12.50")
    send(payload(order), webhook)
    refund = request_refund(order=order, amount=order.amount, reason="退", key="r", now=database_now())
    answer = send(payload(order, **({"transaction": "SHOP-2", "refund": refund.number} | changes)), webhook)
    assert answer.status_code in (200, 401, 409), answer.content
    assert not Payment.objects.filter(paid_at__year__lt=2000).exists()
