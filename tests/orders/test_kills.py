"""Refunds by counting what the provider paid out: workers killed with SIGKILL on both sides of the request."""

import signal
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.clock import database_now
from apps.orders.models import Refund
from apps.orders.services.refunding import process_refunds
from apps.orders.services.refunds import request_refund
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT
from tests.orders.conftest import broken_promises, wechat_credentials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture
def killed_at(wechat):
    """``killed_at(failpoint)`` → a worker that took due refunds and died there."""

    def run(failpoint: str) -> None:
        secrets = {f"WECHAT_PAY_{name.upper()}": value for name, value in wechat_credentials(wechat).items()}
        worker = subprocess.run(
            [sys.executable, "-m", "tests.orders.runner"],
            cwd=ROOT,
            env=child_environment(wechat.url, FAILPOINT=failpoint, **secrets),
            timeout=60,
            check=False,
        )
        assert worker.returncode == -signal.SIGKILL

    return run


@pytest.fixture
def refund(make_order):
    order = make_order("88.88", paid=True, provider="wechat_pay")
    return request_refund(order=order, amount=Decimal("88.88"), reason="没成团", key="r", now=database_now())


@pytest.mark.parametrize(
    ("failpoint", "paid_before_death"), [("refund.sending", 0), ("refund.answered", 8888)]
)
def test_killed_around_the_request_pays_once(killed_at, refund, wechat, failpoint, paid_before_death):
    killed_at(failpoint)
    refund.refresh_from_db()
    assert (refund.state, refund.attempt_count) == ("sending", 1)
    assert sum(wechat.paid_out.values()) == paid_before_death
    now = database_now()
    assert process_refunds(now=now) == 0, "a lease that still runs is not taken over"
    asked = len(wechat.requests)
    process_refunds(now=now + timedelta(seconds=61))
    refund.refresh_from_db()
    assert refund.state == "done"
    assert wechat.requests[asked][0] == "GET", "in doubt it is asked what became of it, before anything else"
    assert wechat.paid_out == {refund.number: 8888}
    process_refunds(now=now + timedelta(days=1))
    assert wechat.paid_out == {refund.number: 8888}
    assert Refund.objects.count() == 1
    assert not broken_promises()
