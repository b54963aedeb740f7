"""DingTalk, Feishu, Telegram and the generic webhook: signatures, limits, verdicts."""

from __future__ import annotations

import json

import pytest

from chat_simulator import dingtalk, feishu, webhook

TOKEN = "d5f8e6a1b2c3"
BOT = "123456:AAbbCCddEEff"


def test_dingtalk_sign_fits_the_known_vector():
    assert dingtalk.sign("SECtest", "1700000000000") == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="


def test_feishu_sign_fits_the_known_vector():
    assert feishu.sign("test-secret", "1700000000") == "mbm4Y4oluIPQ00qlBIhX8vAZ0EKv3nw0LuTb91jPL84="


@pytest.fixture
def ding(local):
    local.robots([{"platform": "dingtalk", "key": TOKEN, "secret": "SECtest", "keywords": ["群"]}])

    def send(
        content="群早",
        timestamp="1700000000000",
        sign="aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g=",
        token=TOKEN,
    ):
        params = {"access_token": token, "timestamp": timestamp, "sign": sign}
        payload = {"msgtype": "text", "text": {"content": content}, "at": {"isAtAll": True}}
        response = local.http.post("/robot/send", params=params, json=payload)
        assert response.status_code == 200
        return response.json()

    return send


def test_dingtalk_checks_sign_time_keyword_and_token(local, ding):
    assert ding() == {"errcode": 0, "errmsg": "ok"}
    assert ding(sign="aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D")["errmsg"] == "sign not match"
    assert ding(sign="")["errcode"] == 310000
    assert ding(timestamp="1700000000")["errmsg"] == "invalid timestamp"
    assert ding(content="早")["errmsg"] == "keywords not in content"
    assert ding(token="unknown-token")["errcode"] == 300005
    local.clock.now += 3601
    assert ding()["errmsg"] == "invalid timestamp"
    assert local.accepted()[0]["extra"]["mentions"] == ["@all"]


def test_dingtalk_is_silent_for_ten_minutes_after_twenty(local):
    local.robots([{"platform": "dingtalk", "key": TOKEN}])

    def send():
        payload = {"msgtype": "markdown", "markdown": {"title": "t", "text": "# 群"}}
        return local.http.post("/robot/send", params={"access_token": TOKEN}, json=payload).json()

    assert [send()["errcode"] for _ in range(21)] == [0] * 20 + [130101]
    local.clock.now += 599
    assert send()["punish"] == "deny"
    local.clock.now += 2
    assert send()["errcode"] == 0


@pytest.mark.parametrize(
    ("kind", "part", "shown"),
    [
        ("link", {"title": "活动", "text": "详情", "messageUrl": "https://example.com/"}, "活动"),
        (
            "actionCard",
            {"title": "t", "text": "正文", "singleTitle": "去看", "singleURL": "https://e.com/"},
            "正文",
        ),
        ("feedCard", {"links": [{"title": "甲", "messageURL": "https://e.com/"}, {"title": "乙"}]}, "甲\n乙"),
    ],
)
def test_dingtalk_cards_are_read(local, kind, part, shown):
    local.robots([{"platform": "dingtalk", "key": TOKEN}])
    response = local.http.post(
        "/robot/send", params={"access_token": TOKEN}, json={"msgtype": kind, kind: part}
    )
    assert response.json()["errcode"] == 0
    assert local.messages()[0]["text"] == shown


def feishu_post(local, payload):
    response = local.http.post(f"/open-apis/bot/v2/hook/{TOKEN}", json=payload)
    return response.status_code, response.json()


def test_feishu_checks_the_sign_in_the_body(local):
    local.robots([{"platform": "feishu", "key": TOKEN, "secret": "test-secret", "keywords": ["群"]}])
    good = {"timestamp": "1700000000", "sign": "mbm4Y4oluIPQ00qlBIhX8vAZ0EKv3nw0LuTb91jPL84="}
    payload = {"msg_type": "text", "content": {"text": "群早"}}
    status, body = feishu_post(local, good | payload)
    assert (status, body["code"], body["StatusCode"]) == (200, 0, 0)
    for wrong in ({}, good | {"sign": "x"}, good | {"sign": "签"}, good | {"timestamp": "1700000001"}):
        assert feishu_post(local, wrong | payload)[1]["code"] == 19021
    assert feishu_post(local, good | {"msg_type": "text", "content": {"text": "早"}})[1]["code"] == 19024
    local.clock.now += 3601
    assert feishu_post(local, good | payload)[1]["code"] == 19021


def test_feishu_limits_size_and_rate(local):
    local.robots([{"platform": "feishu", "key": TOKEN}])
    payload = {"msg_type": "text", "content": {"text": "x"}}
    assert [feishu_post(local, payload)[1]["code"] for _ in range(6)] == [0] * 5 + [11232]
    local.clock.now += 1
    assert feishu_post(local, payload)[1]["code"] == 0
    status, body = feishu_post(local, {"msg_type": "text", "content": {"text": "x" * 20480}})
    assert (status, body["code"]) == (400, 9499)
    unknown = local.http.post("/open-apis/bot/v2/hook/nobody-has-this", json=payload)
    assert unknown.json()["code"] == 19001
    for _ in range(94):
        local.clock.now += 0.25
        assert feishu_post(local, payload)[1]["code"] == 0
    assert feishu_post(local, payload)[1]["code"] == 11232


def telegram(local, payload, token=BOT, **kwargs):
    response = local.http.post(f"/bot{token}/sendMessage", json=payload, **kwargs)
    return response.status_code, response.json()


def test_telegram_gives_a_message_id_and_its_own_errors(local):
    local.robots([{"platform": "telegram", "key": BOT, "groups": ["-100123"]}])
    status, body = telegram(local, {"chat_id": -100123, "text": "hi"})
    assert status == 200
    assert body["result"]["message_id"] == local.messages()[0]["id"]
    cases = [
        (401, telegram(local, {"chat_id": -100123, "text": "hi"}, token="1:unknown")),
        (400, telegram(local, {"chat_id": -100999, "text": "hi"})),
        (400, telegram(local, {"chat_id": -100123, "text": ""})),
        (400, telegram(local, {"chat_id": -100123, "text": "x" * 4097})),
        (400, telegram(local, {"chat_id": -100123, "text": "1.5", "parse_mode": "MarkdownV2"})),
    ]
    for expected, (status, body) in cases:
        assert (status, body["ok"], body["error_code"]) == (expected, False, expected)
    local.clock.now += 1
    assert telegram(local, {"chat_id": -100123, "text": r"1\.5 `a.b`", "parse_mode": "MarkdownV2"})[0] == 200


def test_telegram_limits_each_chat_with_retry_after(local):
    local.robots([{"platform": "telegram", "key": BOT}])
    assert telegram(local, {"chat_id": 1, "text": "a"})[0] == 200
    assert telegram(local, {"chat_id": 2, "text": "a"})[0] == 200
    status, body = telegram(local, {"chat_id": 1, "text": "b"})
    assert (status, body["parameters"]["retry_after"]) == (429, 1)
    for _ in range(19):
        local.clock.now += 1
        assert telegram(local, {"chat_id": 1, "text": "a"})[0] == 200
    local.clock.now += 1
    response = local.http.post(f"/bot{BOT}/sendMessage", data={"chat_id": "1", "text": "form"})
    assert response.status_code == 429
    assert response.headers["retry-after"] == str(response.json()["parameters"]["retry_after"]) == "40"


def test_webhook_records_headers_and_checks_the_signature(local):
    local.robots(
        [{"platform": "webhook", "key": "crm"}, {"platform": "webhook", "key": "signed", "secret": "s3cret"}]
    )
    response = local.http.post("/webhook/crm", json={"text": "新订单"}, headers={"X-Timestamp": "17"})
    assert (response.status_code, response.json()["ok"]) == (200, True)
    [message] = local.messages(key="crm")
    assert (message["text"], message["extra"]["headers"]["x-timestamp"]) == ("新订单", "17")

    body = json.dumps({"group": "城东"}).encode()
    good = webhook.sign("s3cret", 1_700_000_000, body)
    for header, content, status in [
        (good, body, 200),
        (good, body + b" ", 401),
        (webhook.sign("other", 1_700_000_000, body), body, 401),
        (webhook.sign("s3cret", 1_700_000_000 - 301, body), body, 401),
        ("", body, 401),
    ]:
        headers = {"X-Community-Ops-Signature": header}
        assert local.http.post("/webhook/signed", content=content, headers=headers).status_code == status
    assert len(local.accepted(key="signed")) == 1
    assert local.http.post("/webhook/nobody", json={}).status_code == 404
    assert local.http.post("/webhook/crm", content=b"<xml/>").status_code == 400
