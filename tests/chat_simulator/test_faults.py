"""Faults come as ordered, as often as ordered, and the witness knows which messages were taken (D3, D4)."""

from __future__ import annotations

import httpx
import pytest

KEY = "fault-robot-key"
OK = {"errcode": 0, "errmsg": "ok"}


@pytest.fixture
def send(simulator):
    simulator.robots([{"platform": "wecom", "key": KEY, "name": "小群", "groups": ["群"]}])

    def post(content="你好", timeout=5.0):
        payload = {"msgtype": "text", "text": {"content": content}}
        with httpx.Client(timeout=timeout, trust_env=False) as client:
            return client.post(f"{simulator.url}/cgi-bin/webhook/send?key={KEY}", json=payload)

    return post


@pytest.mark.parametrize("suffix", ["", "_after_accept"])
def test_hang_and_reset_count_the_request_and_only_the_late_kind_keeps_the_message(simulator, send, suffix):
    simulator.fault(f"hang{suffix}", key=KEY)
    with pytest.raises(httpx.ReadTimeout):
        send("挂起", timeout=0.3)
    simulator.fault(f"reset{suffix}", key=KEY)
    with pytest.raises(httpx.ReadError):
        send("断开")
    for content in ("挂起", "断开"):
        [message] = simulator.messages(text=content)
        assert message["accepted"] is bool(suffix)
        assert message["fault"].endswith(suffix or message["fault"])
        assert simulator.count(text=content) == 1
    assert simulator.requests()["unanswered"] == 2
    assert send().json() == OK


def test_clearing_faults_lets_hanging_clients_go(simulator, send):
    simulator.fault("hang", key=KEY, times=None)
    with pytest.raises(httpx.ReadTimeout):
        send(timeout=0.2)
    simulator.clear_faults()
    assert send().json() == OK


@pytest.mark.parametrize("suffix", ["", "_after_accept"])
@pytest.mark.parametrize(
    ("kind", "status"), [("html", 200), ("garbage", 200), ("empty", 200), ("http_status", 502)]
)
def test_answers_that_are_not_a_verdict(simulator, send, kind, status, suffix):
    simulator.fault(kind + suffix, key=KEY, **({"code": 502} if kind == "http_status" else {}))
    response = send()
    assert response.status_code == status
    with pytest.raises(ValueError, match=r".*"):
        response.json()
    assert len(simulator.accepted()) == (1 if suffix else 0)


def test_truncated_answer_breaks_off(simulator, send):
    simulator.fault("truncated_after_accept", key=KEY)
    with pytest.raises(httpx.RemoteProtocolError):
        send()
    assert len(simulator.accepted()) == 1


def test_refusal_with_a_chosen_code(simulator, send):
    simulator.fault("refuse", key=KEY, code=93000, times=2)
    assert [send().json()["errcode"] for _ in range(3)] == [93000, 93000, 0]
    simulator.fault("refuse", platform="wecom", code=-1)
    assert send().json()["errcode"] == -1
    assert simulator.messages()[-1]["verdict"]["code"] == -1


def test_http_429_carries_retry_after(simulator, send):
    simulator.fault("http_status", key=KEY, code=429, retry_after=7)
    response = send()
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


def test_slow_answers_late_but_takes_the_message_at_once(simulator, send):
    simulator.fault("slow", key=KEY, ms=400, times=2)
    with pytest.raises(httpx.ReadTimeout):
        send("慢", timeout=0.1)
    assert len(simulator.accepted(text="慢")) == 1
    assert send("慢二").json() == OK


def test_fault_for_one_content_leaves_the_others_alone(simulator, send):
    simulator.fault("refuse", text="坏", code=40058)
    assert send("好").json() == OK
    assert send("坏").json()["errcode"] == 40058
    assert send("坏").json() == OK


def test_a_message_the_platform_refuses_itself_does_not_use_up_a_late_fault(simulator, send):
    simulator.fault("reset_after_accept", key=KEY)
    assert send("").json()["errcode"] == 44004
    with pytest.raises(httpx.ReadError):
        send("到了")
    assert len(simulator.accepted()) == 1


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "explode"},
        {"kind": "refuse"},
        {"kind": "hang", "times": 0},
        {"kind": "slow_after_accept"},
        [1],
        {"kind": "slow", "ms": -1},
    ],
)
def test_an_unreadable_order_is_refused_with_a_sentence(simulator, order):
    response = simulator.http.post("/_control/faults", json=order)
    assert response.status_code == 400
    assert response.json()["error"]
