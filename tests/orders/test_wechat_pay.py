"""WeChat Pay end to end over HTTP: order, payment, notice, refund; and what is forged or stale."""

import json
import time
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid, WrongState
from apps.orders.models import Payment, Refund
from apps.orders.providers.wechat_pay import to_fen, to_yuan
from apps.orders.services.beginning import begin_payment
from apps.orders.services.refunding import process_refunds
from apps.orders.services.refunds import request_refund
from tests.orders.conftest import broken_promises
from tests.orders.wechat_pay_server import KEY_ID, pay_sign_holds

URL = "/api/v1/payments/wechat_pay/notify"


@pytest.fixture
def order(make_order, wechat):
    return make_order(
        "0.57", provider="wechat_pay", title="车厘子" * 60, pay_before=database_now() + timedelta(hours=1)
    )


def send(notice, client=None):
    body, headers = notice
    return (client or Client(enforce_csrf_checks=True)).post(
        URL, body, content_type="application/json", headers=headers
    )


@pytest.mark.django_db(transaction=True)
def test_the_whole_way_of_the_money_over_http(order, wechat, live_server):
    instructions = begin_payment(order=order, payer="openid-1", now=database_now())
    assert instructions.kind == "wechat_jsapi"
    assert pay_sign_holds(dict(instructions.params))
    prepaid = wechat.prepaid[order.number]
    assert prepaid["amount"] == {"total": 57, "currency": "CNY"}
    assert prepaid["notify_url"].endswith(URL)
    assert prepaid["time_expire"].endswith("+08:00")

    body, headers = wechat.payment_notice(order.number, 57, transaction="4200001")
    answer = httpx.post(live_server.url + URL, content=body, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    order.refresh_from_db()
    assert (order.state, order.paid_amount) == ("paid", Decimal("0.57"))
    [payment] = Payment.objects.all()
    assert payment.transaction_no == "4200001"
    assert "openid" not in json.dumps(payment.data)

    wechat.faults = ["processing"]
    refund = request_refund(order=order, amount=order.amount, reason="没成团", key="r", now=database_now())
    process_refunds(now=database_now())
    body, headers = wechat.refund_notice(refund.number)
    for _again in range(2):
        assert httpx.post(live_server.url + URL, content=body, headers=headers).status_code == 204
    order.refresh_from_db()
    assert order.state == "refunded"
    assert wechat.paid_out == {refund.number: 57}
    assert not wechat.refused
    assert not broken_promises()


@pytest.mark.django_db
class TestNotices:
    def test_a_repeat_is_answered_as_the_first(self, order, wechat):
        notice = wechat.payment_notice(order.number, 57)
        assert [send(notice).status_code for _again in range(3)] == [204] * 3
        assert Payment.objects.count() == 1

    def test_what_wechat_did_not_sign_changes_nothing(self, order, wechat, caplog):
        body, headers = wechat.payment_notice(order.number, 57)
        forged = wechat.payment_notice(order.number, 57, forged=True)
        stale = wechat.payment_notice(order.number, 57, at=time.time() - 301)
        early = wechat.payment_notice(order.number, 57, at=time.time() + 310)
        sealed_otherwise = wechat.payment_notice(order.number, 57, key="f" * 32)
        wrong = {
            "forged": forged,
            "stale": stale,
            "early": early,
            "sealed": sealed_otherwise,
            "changed": (body.replace(b"TRANSACTION", b"TRANSACTIOM"), headers),
            "probe": (body, headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}),
            "another key": (body, headers | {"Wechatpay-Serial": KEY_ID + "1"}),
            "bare": (body, {}),
            "no stamp": (body, headers | {"Wechatpay-Timestamp": "soon"}),
        }
        for name, notice in wrong.items():
            answer = send(notice)
            assert answer.status_code == 401, name
            assert answer.json()["code"] == "FAIL"
        assert not Payment.objects.exists()
        assert "was refused" in caplog.text
        order.refresh_from_db()
        assert order.state == "awaiting"

    def test_of_another_merchant_or_unreadable(self, order, wechat):
        for content in ({"mchid": "1900000009"}, {"mchid": "1900000001", "trade_state": "SUCCESS"}, {}):
            assert send(wechat.notice("TRANSACTION.SUCCESS", content)).status_code == 401
        assert not Payment.objects.exists()

    def test_what_does_not_concern_us_is_taken_in_silence(self, order, wechat):
        content = {"mchid": "1900000001", "trade_state": "NOTPAY"}
        assert send(wechat.notice("COUPON.USE", content)).status_code == 204

    def test_another_amount_is_told_again_by_wechat_and_to_staff(self, order, wechat, architect):
        assert send(wechat.payment_notice(order.number, 56)).status_code == 500
        assert architect.notices.count() == 1

    def test_a_failed_refund_by_notice(self, order, wechat, architect):
        send(wechat.payment_notice(order.number, 57))
        wechat.faults = ["processing"]
        refund = request_refund(order=order, amount=order.amount, reason="x", key="r", now=database_now())
        process_refunds(now=database_now())
        assert send(wechat.refund_notice(refund.number, status="ABNORMAL")).status_code == 204
        refund.refresh_from_db()
        assert (refund.state, refund.code) == ("failed", "ABNORMAL")
        assert not broken_promises()


@pytest.mark.django_db
class TestBeginning:
    def test_needs_an_open_order_and_a_payer(self, order, wechat):
        with pytest.raises(Invalid):
            begin_payment(order=order, payer="", now=database_now())
        with pytest.raises(WrongState):
            begin_payment(order=order, payer="o", now=database_now() + timedelta(hours=2))
        send(wechat.payment_notice(order.number, 57))
        order.refresh_from_db()
        with pytest.raises(WrongState):
            begin_payment(order=order, payer="o", now=database_now())

    def test_wechats_refusal_and_its_absence_are_said(self, order, wechat, settings):
        right = settings.PAYMENT_CREDENTIALS["wechat_pay"]
        settings.PAYMENT_CREDENTIALS = {"wechat_pay": right | {"appid": "wx-another"}}
        with pytest.raises(Invalid, match="参数错误"):
            begin_payment(order=order, payer="o", now=database_now())
        settings.PAYMENT_CREDENTIALS = {"wechat_pay": right | {"serial_no": "another"}}
        with pytest.raises(Invalid, match="签名错误"):
            begin_payment(order=order, payer="o", now=database_now())
        settings.PAYMENT_CREDENTIALS = {"wechat_pay": right | {"base": "http://127.0.0.1:9"}}
        with pytest.raises(DomainError) as away:
            begin_payment(order=order, payer="o", now=database_now())
        assert away.value.code == "unreachable"
        settings.PAYMENT_CREDENTIALS = {}
        with pytest.raises(Invalid, match="WECHAT_PAY_MCHID"):
            begin_payment(order=order, payer="o", now=database_now())

    def test_by_hand_and_by_shop_there_are_words(self, make_order, webhook):
        for provider in ("manual", "webhook"):
            found = begin_payment(order=make_order(provider=provider), payer="", now=database_now())
            assert str(found.text)


@pytest.mark.django_db
def test_bodies_methods_and_providers_are_checked(client, wechat):
    assert client.get(URL).status_code == 405
    assert (
        client.post("/api/v1/payments/paypal/notify", b"{}", content_type="application/json").status_code
        == 404
    )
    assert client.post(URL, b"x" * (64 * 1024 + 1), content_type="application/json").status_code == 413
    assert send((b"", {})).status_code == 401
    assert (
        client.post("/api/v1/payments/manual/notify", b"{}", content_type="application/json").status_code
        == 400
    )
    assert not Refund.objects.exists()


@given(st.integers(0, 10**12))
def test_fen_and_yuan_are_the_same_money(fen):
    assert to_fen(to_yuan(fen)) == fen
    assert to_yuan(fen) == to_yuan(fen).quantize(Decimal("0.01"))


def test_fractions_of_a_fen_are_refused():
    with pytest.raises(ValueError, match="fractions"):
        to_fen(Decimal("0.005"))


def test_credentials_are_never_printed(settings):
    from apps.orders.providers.base import Credentials

    assert "hunter2" not in repr(Credentials({"api_v3_key": "hunter2"}))
