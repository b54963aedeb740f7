"""The machine's way with refunds, against a server that verifies and signs (D2–D4 for money)."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from apps.accounts.models import Notice
from apps.core.clock import database_now
from apps.orders.models import Refund
from apps.orders.services.refunding import process_refunds
from apps.orders.services.refunds import request_refund
from tests.orders.conftest import at_once, broken_promises

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refund(make_order, wechat, architect):
    order = make_order("88.88", paid=True, provider="wechat_pay")
    return request_refund(
        order=order, amount=Decimal("30.01"), reason="阶梯价退差", key="r", now=database_now()
    )


def step(refund, minutes=0.0):
    """One tick, ``minutes`` from now; returns the state afterwards."""
    process_refunds(now=database_now() + timedelta(minutes=minutes))
    refund.refresh_from_db()
    return refund.state


def test_a_refund_is_done_with_one_request(refund, wechat):
    assert step(refund) == "done"
    assert wechat.requests == [("POST", "/v3/refund/domestic/refunds")]
    assert wechat.paid_out == {refund.number: 3001}
    assert wechat.refunds[refund.number]["amount"] == {"refund": 3001, "total": 8888, "currency": "CNY"}
    assert refund.provider_no == wechat.refunds[refund.number]["refund_id"]
    refund.order.refresh_from_db()
    assert refund.order.state == "partly_refunded"
    assert not wechat.refused
    assert not broken_promises()


def test_processing_is_asked_again_until_it_is_done(refund, wechat):
    wechat.faults = ["processing"]
    assert step(refund) == "sending"
    assert step(refund) == "sending"
    assert len(wechat.requests) == 1, "not before a minute has passed"
    assert step(refund, 1.1) == "sending"
    wechat.refunds[refund.number]["status"] = "SUCCESS"
    assert step(refund, 3) == "done"
    assert wechat.paid_out == {refund.number: 3001}
    assert [method for method, _path in wechat.requests] == ["POST", "GET", "GET"]


def test_no_answer_is_unknown_and_found_out(refund, wechat):
    wechat.faults = ["hang"]
    assert step(refund) == "unknown"
    assert step(refund, 1.1) == "done"
    assert wechat.paid_out == {refund.number: 3001}
    assert not broken_promises()


def test_an_answer_that_wechat_did_not_sign_says_nothing(refund, wechat):
    wechat.faults = ["unsigned"]
    assert step(refund) == "unknown"
    assert step(refund, 1.1) == "done"
    assert wechat.paid_out == {refund.number: 3001}


@pytest.mark.parametrize(("fault", "state"), [("busy", "requested"), ("system_error", "unknown")])
def test_a_busy_provider_is_asked_later(refund, wechat, fault, state):
    wechat.faults = [fault]
    assert step(refund) == state
    assert wechat.paid_out == {}
    assert step(refund, 1.1) == "done"
    assert wechat.paid_out == {refund.number: 3001}


@pytest.mark.parametrize(("fault", "is_closed"), [("not_enough", False), ("closed", True)])
def test_a_refusal_is_final_until_a_person_tries_again(refund, wechat, fault, is_closed):
    wechat.faults = [fault]
    assert step(refund) == "failed"
    assert refund.is_closed is is_closed
    refund.order.refresh_from_db()
    assert refund.order.refund_amount == 0
    assert step(refund, 600) == "failed"
    assert len(wechat.requests) == 1
    assert Notice.objects.count() == 1
    assert not broken_promises()


def test_a_server_that_is_down_loses_nothing(refund, wechat, settings):
    right = dict(settings.PAYMENT_CREDENTIALS["wechat_pay"])
    settings.PAYMENT_CREDENTIALS = {"wechat_pay": right | {"base": "http://127.0.0.1:9"}}
    assert step(refund) == "requested"
    assert refund.code == "not_sent"
    settings.PAYMENT_CREDENTIALS = {"wechat_pay": right}
    assert step(refund, 1.1) == "done"


@pytest.mark.parametrize(
    "change", [{"mchid": ""}, {"private_key": "nonsense"}], ids=["missing", "unreadable"]
)
def test_wrong_settings_wait_for_whoever_mends_them(refund, wechat, settings, change):
    right = dict(settings.PAYMENT_CREDENTIALS["wechat_pay"])
    settings.PAYMENT_CREDENTIALS = {"wechat_pay": right | change}
    assert step(refund) == "requested"
    assert refund.error
    assert not wechat.requests
    settings.PAYMENT_CREDENTIALS = {"wechat_pay": right}
    assert step(refund, 1.1) == "done"


def test_missing_settings_are_told(refund, wechat, settings, architect):
    settings.PAYMENT_CREDENTIALS = {}
    assert step(refund) == "requested"
    assert Notice.objects.filter(user=architect).count() == 1


def test_many_workers_pay_each_refund_once(make_order, wechat):
    for number in range(12):
        order = make_order("5", paid=True, provider="wechat_pay")
        request_refund(order=order, amount=Decimal(5), reason="x", key=f"r{number}", now=database_now())
    taken = at_once(*[partial(process_refunds, now=database_now())] * 4)
    assert sum(taken) == 12
    assert set(Refund.objects.values_list("state", flat=True)) == {"done"}
    assert sorted(wechat.paid_out.values()) == [500] * 12
    assert len(wechat.requests) == 12
    assert not broken_promises()
